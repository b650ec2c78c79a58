import { compare } from '../compare.ts';
import { examined } from '../examined.ts';
import { openConnection } from '../load/connection.ts';
import { httpSide, repeated } from '../load/httpSide.ts';
import { requestBytes } from '../load/requests.ts';
import { bearer } from '../load/tokens.ts';
import { type Prepared, populate } from '../population.ts';
import type { Stage } from '../stage.ts';
import type { Ratio, Setting } from './ratio.ts';

const listed = 50;
const connections = 16;
/** Deep enough to see whether a page costs what stands before it. */
const deepPages = 100;

const pageOf = (buyerId: string, cursor?: string) =>
  requestBytes({
    method: 'GET',
    path: `/api/payment?limit=${listed}${cursor === undefined ? '' : `&cursor=${cursor}`}`,
    headers: bearer('buyer', buyerId),
  });

/** The cursor of a page so many pages on, as a client gets there: page by page. */
async function cursorOf(port: number, buyerId: string, page: number): Promise<string> {
  const connection = await openConnection(port);
  let cursor: string | undefined;
  for (let read = 1; read < page; read += 1) {
    await connection.request(pageOf(buyerId, cursor));
    cursor = /"nextCursor":"([^"]+)"/.exec(connection.lastReply())?.[1];
    if (cursor === undefined) throw new Error(`page ${read} has no next one: ${connection.lastReply().slice(-300)}`);
  }
  connection.close();
  return cursor ?? '';
}

const firstBuyer = ([first]: readonly Prepared[]) => first?.buyerId ?? '';

/** What the first page and a deep one make the database look at. */
async function depthFigures(stage: Stage, port: number) {
  const count = deepPages * listed;
  const buyerId = firstBuyer(await populate(stage.client.db(), { count, transitions: 4, perBuyer: count }));
  const first = await examined(stage.client, port, pageOf(buyerId));
  const deep = await examined(stage.client, port, pageOf(buyerId, await cursorOf(port, buyerId, deepPages)));
  const figures = {
    firstPageMs: first.ms,
    [`page${deepPages}Ms`]: deep.ms,
    firstPageDocuments: first.documentsExamined,
    [`page${deepPages}Documents`]: deep.documentsExamined,
  };
  const grows = deep.documentsExamined > 2 * first.documentsExamined;
  const problem = `page ${deepPages} examines ${deep.documentsExamined} documents, page 1 ${first.documentsExamined}`;
  return { figures, problems: grows ? [problem] : [] };
}

async function measure({ stage, plan }: Setting) {
  const server = await stage.process('servers/holdfast.ts');
  const process = await stage.process('baselines/bareReads.ts');
  const wanted = { count: 20 * listed, transitions: 4, perBuyer: listed } as const;
  const buyerId = firstBuyer(await populate(stage.client.db(), wanted));
  const request = requestBytes({ method: 'GET', path: `/list/${buyerId}` });
  const ours = { name: 'GET payments', process: server, connections, supply: repeated(pageOf(buyerId)) };
  const theirs = { name: 'bare find().limit(50).lean()', process, connections, supply: repeated(request) };
  const comparison = await compare(stage.client, await httpSide(ours), await httpSide(theirs), plan);
  return { comparison, ...(await depthFigures(stage, await server.ask<number>('port'))) };
}

/** R10: fifty payments as their buyer sees them, beside fifty rows as they are. */
export const lists: Ratio = { key: 'R10', what: 'list of 50 payments / bare find', target: 0.7, measure };
