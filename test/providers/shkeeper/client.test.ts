import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { createShkeeperClient, type ShkeeperClient } from '../../../server/providers/shkeeper/client.ts';
import { ShkeeperError } from '../../../server/providers/shkeeper/shkeeperError.ts';
import { startHttpDouble } from './httpDouble.ts';

const wallet = '0x55d398326f99059fF775485246999027B3197955';
const hash = 'ab'.repeat(32);
const request = { externalId: 'AMN_1', coin: 'BNB-USDT', fiat: 'USD', amount: '100', callbackUrl: 'http://a/b' };
const order = { externalId: 'po-1', coin: 'BNB-USDT', amount: '5.5', destination: wallet, callbackUrl: 'http://a/p' };
const payment = { status: 'success', id: 7, amount: '102', exchange_rate: '1', wallet, recalculate_after: 0 };
const traceback = 'Traceback (most recent call last):\n  File "/shkeeper/api_v1.py", line 1';

/** The six error shapes of shkeeper.md §3.4 with the code each becomes. */
const errorShapes = [
  { name: 'E1', http: 200, body: { status: 'error', message: 'Bad API key' }, code: 'provider_auth' },
  { name: 'E1 as HTTP 500', http: 500, body: { status: 'error', message: 'boom' }, code: 'provider_unavailable' },
  { name: 'E2', http: 200, body: { status: 'error', msg: 'no funds' }, code: 'provider_refused' },
  { name: 'E3', http: 400, body: { error: 'external_id is required' }, code: 'provider_request' },
  { name: 'E4', http: 200, body: { status: 'error', message: "'amount'", traceback }, code: 'provider_request' },
  { name: 'E5', http: 500, body: '<html>Internal Server Error</html>', code: 'provider_protocol' },
  { name: 'E6', http: 302, body: '<html>Redirecting</html>', code: 'provider_auth' },
  {
    name: 'a lagging coin',
    http: 200,
    body: { status: 'error', message: 'BNB-USDT payment gateway is unavailable' },
    code: 'provider_unavailable',
  },
  { name: 'an answer without its fields', http: 200, body: { status: 'success' }, code: 'provider_protocol' },
] as const;

/** Every function of the client that throws. */
const reads: Record<string, (client: ShkeeperClient) => Promise<unknown>> = {
  listCoins: (client) => client.listCoins(),
  quote: (client) => client.quote('BNB-USDT', 'USD', '100'),
  requestPayment: (client) => client.requestPayment(request),
  getInvoices: (client) => client.getInvoices('AMN_1'),
  getTxInfo: (client) => client.getTxInfo(hash, 'AMN_1'),
  getFeeDepositAddress: (client) => client.getFeeDepositAddress('BNB-USDT'),
  getPayoutStatus: (client) => client.getPayoutStatus('po-1'),
  getTask: (client) => client.getTask('BNB-USDT', 'task'),
};

async function failureOf(promise: Promise<unknown>): Promise<ShkeeperError> {
  const outcome = await promise.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  );
  expect(outcome).to.be.instanceOf(ShkeeperError);
  return outcome as ShkeeperError;
}

describe('createShkeeperClient', () => {
  let double: Awaited<ReturnType<typeof startHttpDouble>>;
  let client: ShkeeperClient;
  let answer: (response: ServerResponse) => void;
  let pauses: number[];

  const respond = (http: number, body: unknown) => {
    answer = (response) => {
      response.writeHead(http, http === 302 ? { location: '/login' } : { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
  };

  beforeEach(async () => {
    pauses = [];
    double = await startHttpDouble((_request, response) => answer(response));
    client = createShkeeperClient({
      url: `${double.url}/`,
      apiKey: 'the-api-key',
      payoutUser: 'admin',
      payoutPassword: 'the-password',
      delay: async (ms) => {
        pauses.push(ms);
      },
    });
  });
  afterEach(() => double.stop());

  for (const [name, call] of Object.entries(reads)) {
    for (const shape of errorShapes) {
      it(`${name} turns ${shape.name} into ${shape.code}`, async () => {
        respond(shape.http, shape.body);
        const error = await failureOf(call(client));
        expect(error.code).to.equal(shape.code);
        expect(JSON.stringify([error.message, error.details])).not.to.match(/Traceback|api_v1/);
        expect(double.seen.every((seen) => seen.url.startsWith('/api/v1/'))).to.equal(true);
      });
    }
  }

  it('asks and reads the happy answers', async () => {
    respond(200, { status: 'success', crypto: ['BNB-USDT'], crypto_list: [{ name: 'BNB-USDT', display_name: 'x' }] });
    expect(await client.listCoins()).to.deep.equal(['BNB-USDT']);
    respond(200, { status: 'success', fiat: 'USD', amount_fiat: '100', amount_crypto: '102', exchange_rate: '1' });
    expect(await client.quote('BNB-USDT', 'USD', '100')).to.deep.equal({ amountCrypto: '102', exchangeRate: '1' });
    respond(200, payment);
    expect(await client.requestPayment(request)).to.deep.equal({
      address: wallet,
      providerAmount: '102',
      exchangeRate: '1',
      providerInvoiceId: '7',
    });
    respond(200, { status: 'success', invoices: [{ external_id: 'AMN_1' }, { external_id: 'AMN_2' }] });
    expect(await client.getInvoices('AMN_1')).to.deep.equal([{ external_id: 'AMN_1' }]);
    respond(200, { status: 'success', info: {} });
    expect(await client.getTxInfo(hash, 'AMN_1')).to.equal(null);
    respond(200, { status: 'success', info: { crypto: 'BNB-USDT', amount: '10', addr: wallet } });
    expect(await client.getTxInfo(hash, 'AMN_1')).to.deep.equal({
      coin: 'BNB-USDT',
      fiatAmount: '10',
      address: wallet,
    });
    respond(200, { status: 'success', crypto: 'BNB-USDT', fee_deposit_address: wallet });
    expect(await client.getFeeDepositAddress('BNB-USDT')).to.equal(wallet);
    const paths = double.seen.map((seen) => `${seen.method} ${seen.url}`);
    expect(paths).to.deep.equal([
      'GET /api/v1/crypto',
      'POST /api/v1/BNB-USDT/quote',
      'POST /api/v1/BNB-USDT/payment_request',
      'GET /api/v1/invoices/AMN_1',
      `GET /api/v1/tx-info/${hash}/AMN_1`,
      `GET /api/v1/tx-info/${hash}/AMN_1`,
      'GET /api/v1/BNB-USDT/fee-deposit-address',
    ]);
    expect(double.seen[0]?.headers).not.to.have.property('x-shkeeper-api-key');
    expect(double.seen[1]?.headers['x-shkeeper-api-key']).to.equal('the-api-key');
    expect(JSON.parse(String(double.seen[2]?.rawBody))).to.deep.equal({
      external_id: 'AMN_1',
      fiat: 'USD',
      amount: '100',
      callback_url: 'http://a/b',
    });
  });

  it('escapes an id that would otherwise be another path', async () => {
    respond(200, { status: 'success', invoices: [] });
    await client.getInvoices('../payout?x=1');
    expect(double.seen[0]?.url).to.equal('/api/v1/invoices/..%2Fpayout%3Fx%3D1');
  });

  it('bounds a message to one line of 300 characters and never shows a secret', async () => {
    respond(200, { status: 'error', message: `key the-api-key\n${'x'.repeat(1000)}` });
    const { message, details } = await failureOf(client.listCoins());
    expect(message).to.match(/^key \[secret\] x+$/);
    expect(message).to.have.length(300);
    expect(details.bodySha256).to.match(/^[0-9a-f]{64}$/);
  });

  it('repeats a read twice with jitter when no readable answer comes, and then gives up', async () => {
    respond(502, '<html>');
    expect((await failureOf(client.getInvoices('AMN_1'))).code).to.equal('provider_protocol');
    expect(double.seen).to.have.length(3);
    expect(pauses[0]).to.be.within(125, 375);
    expect(pauses[1]).to.be.within(250, 750);
  });

  it('succeeds when the second try does', async () => {
    answer = (response) => {
      respond(200, { status: 'success', crypto_list: [] });
      response.destroy();
    };
    expect(await client.listCoins()).to.deep.equal([]);
    expect(double.seen).to.have.length(2);
  });

  it('does not repeat an error the server stated, nor ever a payment request', async () => {
    respond(200, { status: 'error', message: 'Bad API key' });
    await failureOf(client.listCoins());
    expect(double.seen).to.have.length(1);
    respond(502, '<html>');
    await failureOf(client.requestPayment(request));
    expect(double.seen).to.have.length(2);
  });

  it('says time-out and cut connection apart from a refusal', async () => {
    const error = await failureOf(
      createShkeeperClient({
        url: double.url,
        apiKey: 'k',
        delay: async () => undefined,
        fetch: async () => {
          throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
        },
      }).requestPayment(request),
    );
    expect([error.code, error.message]).to.deep.equal(['provider_unavailable', 'no answer within 25000 ms']);
    answer = (response) => response.destroy();
    expect((await failureOf(client.requestPayment(request))).message).to.equal('the connection failed');
  });

  it('accepts only an EVM address as a wallet', async () => {
    for (const odd of ['TXLAQ63Xg1NAzckPwKHvzw7CSEmLMEqcdj', `0x${'0'.repeat(40)}`, wallet.slice(1), '', null, 7]) {
      respond(200, { ...payment, wallet: odd });
      expect((await failureOf(client.requestPayment(request))).code).to.equal('provider_protocol');
    }
  });

  it('keeps one payment request of an external id under way: the same one is shared, another refused', async () => {
    respond(200, payment);
    const both = [client.requestPayment(request), client.requestPayment({ ...request })];
    const other = failureOf(client.requestPayment({ ...request, amount: '101' }));
    const elsewhere = client.requestPayment({ ...request, externalId: 'AMN_2' });
    expect(await Promise.all(both)).to.have.length(2);
    expect((await other).code).to.equal('provider_request');
    await elsewhere;
    expect(double.seen).to.have.length(2);
    await client.requestPayment(request);
    expect(double.seen).to.have.length(3);
  });

  describe('createPayout', () => {
    it('posts once with Basic and a fee, and answers the task', async () => {
      respond(200, { external_id: 'po-1', task_id: 'task-1' });
      expect(await client.createPayout(order)).to.deep.equal({ outcome: 'submitted', taskId: 'task-1' });
      const [seen] = double.seen;
      expect(seen?.headers.authorization).to.equal(`Basic ${Buffer.from('admin:the-password').toString('base64')}`);
      expect(seen?.headers).not.to.have.property('x-shkeeper-api-key');
      expect(JSON.parse(String(seen?.rawBody))).to.deep.equal({
        amount: '5.5',
        destination: wallet,
        fee: '0',
        callback_url: 'http://a/p',
        external_id: 'po-1',
      });
    });

    const outcomes = [
      ['refused', 200, { status: 'error', msg: 'Not enough funds' }],
      ['refused', 200, { status: 'error', message: 'Bad HTTP Basic Auth credentials' }],
      ['refused', 200, { status: 'error', message: 'BNB-USDT payment gateway is unavailable' }],
      ['refused', 302, '<html>'],
      ['refused', 500, { status: 'error', message: "'fee'" }],
      ['refused', 500, { status: 'error', message: 'Unknown crypto: BNB-USDT' }],
      ['refused', 500, { status: 'error', message: 'Invalid callback_url: x' }],
      ['duplicate', 500, { status: 'error', message: 'Payout with this external_id already exists: po-1' }],
      ['submitted', 200, { status: 'error', msg: 'odd', task_id: 'task-1' }],
      ['unknown', 500, { status: 'error', message: "'task_id'" }],
      ['unknown', 500, { status: 'error', message: 'HTTPConnectionPool: Read timed out. (read timeout=10)' }],
      ['unknown', 500, { status: 'error', msg: 'odd', task_id: 'task-1' }],
      ['unknown', 500, '<html>Internal Server Error</html>'],
      ['unknown', 503, { status: 'error', message: 'BNB-USDT payment gateway is unavailable' }],
      ['unknown', 200, { status: 'error', message: 'a text nobody knows' }],
      ['unknown', 200, { status: 'success' }],
      ['unknown', 200, { result: [] }],
      ['unknown', 200, 'not json'],
    ] as const;
    for (const [outcome, http, body] of outcomes) {
      it(`reads HTTP ${http} ${JSON.stringify(body)} as ${outcome}, without a second POST`, async () => {
        respond(http, body);
        expect((await client.createPayout(order)).outcome).to.equal(outcome);
        expect(double.seen).to.have.length(1);
      });
    }

    it('reads a cut connection as unknown', async () => {
      answer = (response) => response.destroy();
      expect((await client.createPayout(order)).outcome).to.equal('unknown');
      expect(double.seen).to.have.length(1);
    });

    it('refuses what it must not send, before sending', async () => {
      const odd = [
        { ...order, amount: '1e3' },
        { ...order, amount: '-1' },
        { ...order, amount: '0.00' },
        { ...order, amount: '1,5' },
        { ...order, destination: wallet.slice(0, -1) },
        { ...order, externalId: '' },
      ];
      for (const bad of odd) expect((await client.createPayout(bad)).outcome).to.equal('refused');
      const keyless = createShkeeperClient({ url: double.url, apiKey: 'k' });
      expect((await keyless.createPayout(order)).outcome).to.equal('refused');
      expect(double.seen).to.have.length(0);
    });
  });

  it('reads payout status; no row is null and a 404 of somebody else is an error', async () => {
    respond(200, { id: 1, external_id: 'po-1', status: 'SUCCESS', amount: '5.0000000000', txid: hash.toUpperCase() });
    expect(await client.getPayoutStatus('po-1')).to.deep.equal({ status: 'SUCCESS', txHash: `0x${hash}` });
    respond(200, { id: 1, external_id: 'po-1', status: 'IN_PROGRESS', txid: null });
    expect(await client.getPayoutStatus('po-1')).to.deep.equal({ status: 'IN_PROGRESS', txHash: null });
    respond(404, { error: 'Payout not found' });
    expect(await client.getPayoutStatus('po-1')).to.equal(null);
    respond(404, { error: 'no such route' });
    expect((await failureOf(client.getPayoutStatus('po-1'))).code).to.equal('provider_request');
  });

  it('reads a task in each of its results', async () => {
    const read = async (status: string, result: unknown) => {
      respond(200, { status, result });
      return client.getTask('BNB-USDT', 'task-1');
    };
    expect(await read('PENDING', null)).to.deep.equal({ status: 'PENDING', txHashes: [], message: null });
    const short = 'Have not enough tokens on fee account, need 5 have 1';
    expect(await read('FAILURE', short)).to.deep.equal({ status: 'FAILURE', txHashes: [], message: short });
    const rows = [{ dest: wallet, amount: 5.5, status: 'success', txids: [hash, `0x${hash}`, 'odd'] }];
    expect(await read('SUCCESS', rows)).to.deep.equal({ status: 'SUCCESS', txHashes: [`0x${hash}`], message: null });
  });
});
