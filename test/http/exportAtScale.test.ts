import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { paymentStatuses } from '../../server/domain/state.ts';
import { exportColumns, flatRow } from '../../server/http/exports/columns.ts';
import { readCsv } from '../../server/http/exports/readCsv.ts';
import { createPresenter } from '../../server/http/present.ts';
import type { Place } from '../../server/ports/pages.ts';
import { encode } from '../../server/store/codec.ts';
import { buildState, buildTransition, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';
import { bearer, standIn } from './standIn.ts';

/** `npm run test:long` exports a hundred thousand. */
const rows = Number(process.env.EXPORT_ROWS ?? 3_000);
/** Live memory above what there was before: pages on their way, buffers of the socket, and what the test itself holds. */
const roomBytes = 48 * 1_048_576;
const inserted = 2_000;
const hostile = [
  '=1+1',
  '@SUM(A1)',
  "'=x",
  '-2+3',
  '\uff1dA1',
  'a,"b"\r\nc',
  "''",
  'plain',
  '+7',
  '-7.5',
  '\tx',
  ' =1',
];
const admin = { userId: 'admin-1', role: 'admin' } as const;
const gateway = { checksum: (address: string) => address };

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function liveBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe(`export of ${rows} payments from a real database`, () => {
  let opened: TestStore;
  let port: number;
  const server = createServer();
  before(async function () {
    this.timeout(600_000);
    opened = await openTestStore();
    const state = buildState({ buyerId: 'template' });
    await opened.store.transitions.project(buildTransition({ paymentId: state.id, state }));
    const payments = opened.database.collection<{ _id: string; state: object }>('payments');
    const template = await payments.findOne({ _id: state.id });
    if (template === null) throw new Error('no row');
    await payments.deleteOne({ _id: state.id });
    for (let first = 0; first < rows; first += inserted) {
      const copies = Array.from({ length: Math.min(inserted, rows - first) }, (_, n) => copyOf(template, first + n));
      await payments.insertMany(copies, { writeConcern: { w: 'majority' }, ordered: false });
    }
    server.on('request', standIn({ deps: { paymentReports: opened.store.paymentReports } }).app);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await opened.close();
  });

  function copyOf(template: { state: object }, n: number) {
    const text = hostile[n % hostile.length] ?? '';
    const own = {
      ...{ buyerId: `buyer-${n % 7}`, sellerId: `seller-${n % 3}`, requestId: `${text}${n}`, offerId: text },
      // Some of one moment, so that pages end among them.
      ...{ status: paymentStatuses[n % 7], openedAtMs: 1_800_000_000_000 + Math.floor(n / 5) },
      price: encode(BigInt(n) + 10n ** 18n),
    };
    const id = randomIds.payment();
    return {
      ...template,
      _id: id,
      ...own,
      state: { ...template.state, id, ...own, metadata: JSON.stringify({ text }) },
    };
  }

  async function open(query: string): Promise<IncomingMessage> {
    const path = `/api/payment/export?${query}`;
    const asked = get({ host: '127.0.0.1', port, path, headers: { authorization: bearer('admin') }, agent: false });
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect(answer.statusCode).to.equal(200);
    return answer.setEncoding('utf8');
  }

  /** The same payments as lists give them, page after page. */
  async function* listed() {
    const present = createPresenter({ gateway, publicUrl: 'https://pay.example' });
    let after: Place | null = null;
    do {
      const wanted = { limit: 200, order: 'newestFirst', offset: 0, after } as const;
      const page: Awaited<ReturnType<TestStore['store']['queries']['payments']>> = await opened.store.queries.payments(
        {},
        wanted,
      );
      for (const item of page.items) yield present.any(item, admin);
      after = page.next;
    } while (after !== null);
  }

  it('gives each once, equal to what lists show, by CSV and our reader, in constant memory', async () => {
    const expected = listed();
    const before = liveBytes();
    const growth: number[] = [];
    let count = 0;
    for await (const row of readCsv(await open('format=csv'))) {
      const { value } = await expected.next();
      if (value === undefined) throw new Error('more rows than payments');
      const flat = flatRow(value);
      const same = Object.fromEntries(exportColumns.map((column, n) => [column, flat[n]]));
      if (JSON.stringify(row) !== JSON.stringify(same)) expect(row).to.deep.equal(same);
      count += 1;
      if (count % Math.ceil(rows / 10) === 0) growth.push(liveBytes() - before);
    }
    expect(count).to.equal(rows);
    expect((await expected.next()).done).to.equal(true);
    console.log(
      `      live memory above the start, in MB: ${growth.map((bytes) => (bytes / 1_048_576).toFixed(1)).join(' ')}`,
    );
    expect(Math.max(...growth)).to.be.below(roomBytes);
  }).timeout(900_000);

  it('gives the same by JSON, and a part of it by filters', async () => {
    const expected = listed();
    let [rest, count] = ['', 0];
    for await (const chunk of await open('format=json')) {
      const lines = `${rest}${chunk as string}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter((text) => text.startsWith('{"id"') || text.startsWith('{"_id"'))) {
        const { value } = await expected.next();
        const text = line.replace(/,$/, '');
        if (text !== JSON.stringify(value)) expect(JSON.parse(text)).to.deep.equal(value);
        count += 1;
      }
      if (lines.some((line) => line.startsWith('],"count"'))) expect(lines.at(-1)).to.equal(`],"count":${rows}}`);
    }
    expect(count).to.equal(rows);
    let filtered = 0;
    for await (const row of readCsv(await open('format=csv&buyerId=buyer-3&status=completed'))) {
      expect(row).to.include({ buyerId: 'buyer-3', status: 'completed' });
      filtered += 1;
    }
    expect(filtered).to.equal(0);
    for await (const row of readCsv(await open('format=csv&buyerId=buyer-2&status=completed&sellerId=seller-1'))) {
      expect(row).to.include({ buyerId: 'buyer-2', sellerId: 'seller-1', status: 'completed' });
      filtered += 1;
    }
    expect(filtered).to.equal(Array.from({ length: rows }, (_, n) => n).filter((n) => n % 21 === 16).length);
  }).timeout(900_000);
});
