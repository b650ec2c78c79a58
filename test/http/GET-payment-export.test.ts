import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import request from 'supertest';
import { AppError } from '../../server/errors.ts';
import type { AppDeps } from '../../server/http/appDeps.ts';
import { readCsv } from '../../server/http/exports/readCsv.ts';
import type { PaymentQuery, PaymentReports } from '../../server/ports/paymentReads.ts';
import type { Versioned } from '../../server/ports.ts';
import { eventually } from '../support/eventually.ts';
import { paymentState, payoutState, recorded } from './records.ts';
import { bearer, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const idOf = (digit: string) => digit.repeat(24);
const metadata = '{"note":"=1+1,\\"x\\"\\n"}';
const rows: readonly Versioned[] = [
  recorded(paymentState({ id: idOf('1'), requestId: '=HYPERLINK("http://evil.example")', metadata })),
  recorded(payoutState({ id: idOf('2'), requestId: '-5' })),
];
type Each = PaymentReports['each'];

/** An app over what `each` gives; says what was asked for. */
function over(each: Each, deps: Partial<AppDeps> = {}) {
  const asked: PaymentQuery[] = [];
  const paymentReports: PaymentReports = {
    sums: async () => [],
    each: (query) => {
      asked.push(query);
      return each(query);
    },
  };
  return { ...standIn({ deps: { paymentReports, ...deps } }), asked };
}
const giving = (pages: readonly (readonly Versioned[])[]) =>
  over(async function* () {
    yield* pages;
  });

/** Payments without end, which say how many pages were taken and whether the reading was ended. */
function endless(deps: Partial<AppDeps> = {}) {
  const seen = { pages: 0, ended: 0 };
  const page = Array.from({ length: 100 }, () => rows[0] as Versioned);
  const each: Each = async function* () {
    try {
      for (;;) {
        seen.pages += 1;
        yield page;
      }
    } finally {
      seen.ended += 1;
    }
  };
  return { ...over(each, deps), seen };
}

const ended = (seen: { readonly ended: number }, times: number) =>
  eventually(() => seen.ended === times, { timeoutMs: 20_000, what: 'the reading to end' });

/** Serves the app, and opens exports of which one reads as much as one likes. */
async function served(app: ReturnType<typeof standIn>['app']) {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    async open(userId: string, format = 'json'): Promise<IncomingMessage> {
      const headers = { authorization: bearer('buyer', userId) };
      const asked = get({
        host: '127.0.0.1',
        port,
        path: `/api/payment/export?format=${format}`,
        headers,
        agent: false,
      });
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      return answer;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('GET /api/payment/export', () => {
  it('answers JSON in the envelope, with the count at its end, as an attachment that nobody sniffs', async () => {
    const { as } = giving([rows.slice(0, 1), rows.slice(1)]);
    const answer = await as('admin').get('/api/payment/export');
    expect(answer.status).to.equal(200);
    expect(answer.body).to.include({ success: true, count: 2 });
    expect(answer.body.data.map(({ id }: { id: string }) => id)).to.deep.equal([idOf('1'), idOf('2')]);
    expect(answer.get('content-type')).to.match(/^application\/json/);
    expect(answer.get('content-disposition')).to.equal('attachment; filename="payments.json"');
    expect(answer.get('x-content-type-options')).to.equal('nosniff');
    expect(answer.get('cache-control')).to.equal('no-store');
  });

  it('answers CSV whose cells calculate nothing, and which the reader brings back as it was', async () => {
    const { as } = giving([rows]);
    const answer = await as('admin').get('/api/payment/export?format=csv');
    expect(answer.get('content-type')).to.match(/^text\/csv; charset=utf-8/);
    expect(answer.get('content-disposition')).to.equal('attachment; filename="payments.csv"');
    expect(answer.get('x-content-type-options')).to.equal('nosniff');
    expect(answer.text).to.include('"\'=HYPERLINK(""http://evil.example"")"').and.to.include('"-5"');
    const read = [];
    for await (const row of readCsv([answer.text])) read.push(row);
    expect(read.map((row) => row.purchaseRequestId)).to.deep.equal(['=HYPERLINK("http://evil.example")', '-5']);
    expect(read[0]).to.include({ id: idOf('1'), direction: 'in', metadata, amountExact: '100', failureReason: '' });
    expect(read[1]).to.include({ id: idOf('2'), direction: 'out', receivedAmount: '' });
  });

  it('has its frame when there is nothing in it', async () => {
    const { as } = giving([]);
    expect((await as('buyer').get('/api/payment/export')).body).to.deep.equal({ success: true, data: [], count: 0 });
    expect((await as('buyer').get('/api/payment/export?format=csv')).text).to.match(/^"id","direction",.*"seq"\r\n$/);
  });

  it('asks for what is the caller’s and for all statuses, and hands the filters on', async () => {
    const { as, asked } = giving([]);
    await as('buyer').get('/api/payment/export?status=success&network=BSC&from=2026-11-01');
    await as('seller').get('/api/payment/export');
    await as('auditor').get('/api/payment/export?buyerId=buyer-2');
    await as('seller').get('/api/payment/export/seller-1');
    await as('seller').get('/api/payment/export?sellerId=seller-2');
    const from = { fromMs: Date.UTC(2026, 10, 1) };
    expect(asked).to.deep.equal([
      { buyerId: 'buyer-1', statuses: ['completed'], network: 'bsc', ...from },
      { sellerId: 'seller-1' },
      { buyerId: 'buyer-2' },
      { userId: 'seller-1' },
    ]);
  });

  it('is nobody else’s: 401 without a token, 404 for another user, 403 for a filter of operators', async () => {
    const { app, as, asked } = giving([rows]);
    for (const path of ['/api/payment/export', '/api/payment/export/buyer-1'])
      expectProblem(await request(app).get(path), 401, 'not_authenticated');
    expectProblem(await as('buyer').get('/api/payment/export/buyer-2'), 404, 'not_found');
    expectProblem(await as('buyer').get('/api/payment/export?buyerId=buyer-2'), 403, 'forbidden');
    expect(asked).to.deep.equal([]);
  });

  it('refuses other formats and what is no filter', async () => {
    const { as } = giving([rows]);
    for (const query of ['format=xml', 'format=csv&format=json', 'limit=1', 'status=paid', 'q=1', 'fields=id'])
      expectProblem(await as('buyer').get(`/api/payment/export?${query}`), 400, 'validation_failed');
  });

  it('says so plainly when the first page cannot be read', async () => {
    const world = over(async function* () {
      yield await Promise.reject(new AppError('busy', 'The database cannot be reached right now; repeat unchanged.'));
    });
    expectProblem(await world.as('buyer').get('/api/payment/export'), 503, 'busy');
    expectProblem(await world.as('buyer').get('/api/payment/export?format=csv'), 503, 'busy');
  });

  it('breaks the transfer off when a later page cannot be read, so that a part is never taken for all', async () => {
    for (const format of ['json', 'csv']) {
      const world = over(async function* () {
        yield rows;
        throw new AppError('busy', 'The database cannot be reached right now; repeat unchanged.');
      });
      const broken = await world
        .as('buyer')
        .get(`/api/payment/export?format=${format}`)
        .catch((error: unknown) => error);
      expect(broken, format)
        .to.be.instanceOf(Error)
        .with.property('message')
        .that.match(/aborted|hang up|terminated/);
      expect(world.logged.map(({ message }) => message)).to.include('an export was broken off');
    }
  });

  it('reads no faster than it is read, and no more once its reader has left', async () => {
    const world = endless();
    const { open, close } = await served(world.app);
    try {
      for (const format of ['json', 'csv']) {
        const before = world.seen.pages;
        const answer = await open('buyer-1', format);
        let bytes = 0;
        for await (const chunk of answer) {
          bytes += (chunk as Buffer).length;
          if (bytes > 4 * 1_048_576) break;
        }
        await ended(world.seen, format === 'json' ? 1 : 2);
        // What is on its way is bounded by the buffers of sockets, some 10 MB each; a page has about 100 KB.
        expect(world.seen.pages - before).to.be.below(600);
      }
    } finally {
      close();
    }
  });

  it('runs two at a time for a user, and gives the place back when one ends or is left', async () => {
    const world = endless();
    const { open, close } = await served(world.app);
    try {
      const running = [await open('buyer-1'), await open('buyer-1')];
      const third = await open('buyer-1');
      expect(third.statusCode).to.equal(429);
      const other = await open('buyer-2');
      expect(other.statusCode).to.equal(200);
      running[0]?.destroy();
      await ended(world.seen, 1);
      expect((await open('buyer-1')).statusCode).to.equal(200);
    } finally {
      close();
    }
  });

  it('ends after a time even for a reader who takes a little again and again, and the place is free', async () => {
    const ends: AbortController[] = [];
    const exportEnd = () => {
      const end = new AbortController();
      ends.push(end);
      return end.signal;
    };
    const world = endless({ exportEnd });
    const { open, close } = await served(world.app);
    try {
      const held = [await open('buyer-1', 'json'), await open('buyer-1', 'csv')];
      expect((await open('buyer-1')).statusCode).to.equal(429);
      const broken = held.map((answer) => once(answer.resume(), 'end').catch((error: unknown) => error));
      for (const end of ends) end.abort();
      // What came is plainly a part: the transfer is broken off.
      for (const outcome of await Promise.all(broken)) expect(outcome).to.be.instanceOf(Error);
      await ended(world.seen, 2);
      expect((await open('buyer-1')).statusCode).to.equal(200);
    } finally {
      close();
    }
  });
});
