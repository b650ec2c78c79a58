import { expect } from 'chai';
import { createShkeeperClient, type ShkeeperClient } from '../../../server/providers/shkeeper/client.ts';
import { type ClientStage, failureOf, hash, openClientStage, wallet } from './clientStage.ts';

const request = { externalId: 'AMN_1', coin: 'BNB-USDT', fiat: 'USD', amount: '100', callbackUrl: 'http://a/b' };
const payment = { status: 'success', id: 7, amount: '102', exchange_rate: '1', wallet, recalculate_after: 0 };
const traceback = 'Traceback (most recent call last):\n  File "/shkeeper/api_v1.py", line 1';

/** The six error shapes of the provider, with the code each becomes. */
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

describe('createShkeeperClient', () => {
  let stage: ClientStage;
  beforeEach(async () => {
    stage = await openClientStage();
  });
  afterEach(() => stage.double.stop());

  for (const [name, call] of Object.entries(reads)) {
    for (const shape of errorShapes) {
      it(`${name} turns ${shape.name} into ${shape.code}`, async () => {
        stage.respond(shape.http, shape.body);
        const error = await failureOf(call(stage.client));
        expect(error.code).to.equal(shape.code);
        expect(JSON.stringify([error.message, error.details])).not.to.match(/Traceback|api_v1/);
        expect(stage.double.seen.every((seen) => seen.url.startsWith('/api/v1/'))).to.equal(true);
      });
    }
  }

  it('asks and reads the happy answers', async () => {
    stage.respond(200, {
      status: 'success',
      crypto: ['BNB-USDT'],
      crypto_list: [{ name: 'BNB-USDT', display_name: 'x' }],
    });
    expect(await stage.client.listCoins()).to.deep.equal(['BNB-USDT']);
    stage.respond(200, {
      status: 'success',
      fiat: 'USD',
      amount_fiat: '100',
      amount_crypto: '102',
      exchange_rate: '1',
    });
    expect(await stage.client.quote('BNB-USDT', 'USD', '100')).to.deep.equal({
      amountCrypto: '102',
      exchangeRate: '1',
    });
    stage.respond(200, payment);
    expect(await stage.client.requestPayment(request)).to.deep.equal({
      address: wallet,
      providerAmount: '102',
      exchangeRate: '1',
      providerInvoiceId: '7',
    });
    stage.respond(200, { status: 'success', invoices: [{ external_id: 'AMN_1' }, { external_id: 'AMN_2' }] });
    expect(await stage.client.getInvoices('AMN_1')).to.deep.equal([{ external_id: 'AMN_1' }]);
    stage.respond(200, { status: 'success', info: {} });
    expect(await stage.client.getTxInfo(hash, 'AMN_1')).to.equal(null);
    stage.respond(200, { status: 'success', info: { crypto: 'BNB-USDT', amount: '10', addr: wallet } });
    expect(await stage.client.getTxInfo(hash, 'AMN_1')).to.deep.equal({
      coin: 'BNB-USDT',
      fiatAmount: '10',
      address: wallet,
    });
    stage.respond(200, { status: 'success', crypto: 'BNB-USDT', fee_deposit_address: wallet });
    expect(await stage.client.getFeeDepositAddress('BNB-USDT')).to.equal(wallet);
    const paths = stage.double.seen.map((seen) => `${seen.method} ${seen.url}`);
    expect(paths).to.deep.equal([
      'GET /api/v1/crypto',
      'POST /api/v1/BNB-USDT/quote',
      'POST /api/v1/BNB-USDT/payment_request',
      'GET /api/v1/invoices/AMN_1',
      `GET /api/v1/tx-info/${hash}/AMN_1`,
      `GET /api/v1/tx-info/${hash}/AMN_1`,
      'GET /api/v1/BNB-USDT/fee-deposit-address',
    ]);
    expect(stage.double.seen[0]?.headers).not.to.have.property('x-shkeeper-api-key');
    expect(stage.double.seen[1]?.headers['x-shkeeper-api-key']).to.equal('the-api-key');
    expect(JSON.parse(String(stage.double.seen[2]?.rawBody))).to.deep.equal({
      external_id: 'AMN_1',
      fiat: 'USD',
      amount: '100',
      callback_url: 'http://a/b',
    });
  });

  it('escapes an id that would otherwise be another path', async () => {
    stage.respond(200, { status: 'success', invoices: [] });
    await stage.client.getInvoices('../payout?x=1');
    expect(stage.double.seen[0]?.url).to.equal('/api/v1/invoices/..%2Fpayout%3Fx%3D1');
  });

  it('bounds a message to one line of 300 characters and never shows a secret', async () => {
    stage.respond(200, { status: 'error', message: `key the-api-key\n${'x'.repeat(1000)}` });
    const { message, details } = await failureOf(stage.client.listCoins());
    expect(message).to.match(/^key \[secret\] x+$/);
    expect(message).to.have.length(300);
    expect(details.bodySha256).to.match(/^[0-9a-f]{64}$/);
  });

  it('repeats a read twice with jitter when no readable answer comes, and then gives up', async () => {
    stage.respond(502, '<html>');
    expect((await failureOf(stage.client.getInvoices('AMN_1'))).code).to.equal('provider_protocol');
    expect(stage.double.seen).to.have.length(3);
    expect(stage.pauses[0]).to.be.within(125, 375);
    expect(stage.pauses[1]).to.be.within(250, 750);
  });

  it('succeeds when the second try does', async () => {
    stage.answerWith((response) => {
      stage.respond(200, { status: 'success', crypto_list: [] });
      response.destroy();
    });
    expect(await stage.client.listCoins()).to.deep.equal([]);
    expect(stage.double.seen).to.have.length(2);
  });

  it('does not repeat an error the server stated, nor ever a payment request', async () => {
    stage.respond(200, { status: 'error', message: 'Bad API key' });
    await failureOf(stage.client.listCoins());
    expect(stage.double.seen).to.have.length(1);
    stage.respond(502, '<html>');
    await failureOf(stage.client.requestPayment(request));
    expect(stage.double.seen).to.have.length(2);
  });

  it('says time-out and cut connection apart from a refusal', async () => {
    const error = await failureOf(
      createShkeeperClient({
        url: stage.double.url,
        apiKey: 'k',
        delay: async () => undefined,
        fetch: async () => {
          throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
        },
      }).requestPayment(request),
    );
    expect([error.code, error.message]).to.deep.equal(['provider_unavailable', 'no answer within 25000 ms']);
    stage.answerWith((response) => response.destroy());
    expect((await failureOf(stage.client.requestPayment(request))).message).to.equal('the connection failed');
  });

  it('accepts only an EVM address as a wallet', async () => {
    for (const odd of ['TXLAQ63Xg1NAzckPwKHvzw7CSEmLMEqcdj', `0x${'0'.repeat(40)}`, wallet.slice(1), '', null, 7]) {
      stage.respond(200, { ...payment, wallet: odd });
      expect((await failureOf(stage.client.requestPayment(request))).code).to.equal('provider_protocol');
    }
  });

  it('keeps one payment request of an external id under way: the same one is shared, another refused', async () => {
    stage.respond(200, payment);
    const both = [stage.client.requestPayment(request), stage.client.requestPayment({ ...request })];
    const other = failureOf(stage.client.requestPayment({ ...request, amount: '101' }));
    const elsewhere = stage.client.requestPayment({ ...request, externalId: 'AMN_2' });
    expect(await Promise.all(both)).to.have.length(2);
    expect((await other).code).to.equal('provider_request');
    await elsewhere;
    expect(stage.double.seen).to.have.length(2);
    await stage.client.requestPayment(request);
    expect(stage.double.seen).to.have.length(3);
  });

  it('reads payout status; no row is null and a 404 of somebody else is an error', async () => {
    stage.respond(200, {
      id: 1,
      external_id: 'po-1',
      status: 'SUCCESS',
      amount: '5.0000000000',
      txid: hash.toUpperCase(),
    });
    expect(await stage.client.getPayoutStatus('po-1')).to.deep.equal({ status: 'SUCCESS', txHash: `0x${hash}` });
    stage.respond(200, { id: 1, external_id: 'po-1', status: 'IN_PROGRESS', txid: null });
    expect(await stage.client.getPayoutStatus('po-1')).to.deep.equal({ status: 'IN_PROGRESS', txHash: null });
    stage.respond(404, { error: 'Payout not found' });
    expect(await stage.client.getPayoutStatus('po-1')).to.equal(null);
    stage.respond(404, { error: 'no such route' });
    expect((await failureOf(stage.client.getPayoutStatus('po-1'))).code).to.equal('provider_request');
  });

  it('reads a task in each of its results', async () => {
    const read = async (status: string, result: unknown) => {
      stage.respond(200, { status, result });
      return stage.client.getTask('BNB-USDT', 'task-1');
    };
    expect(await read('PENDING', null)).to.deep.equal({ status: 'PENDING', txHashes: [], message: null });
    const short = 'Have not enough tokens on fee account, need 5 have 1';
    expect(await read('FAILURE', short)).to.deep.equal({ status: 'FAILURE', txHashes: [], message: short });
    const rows = [{ dest: wallet, amount: 5.5, status: 'success', txids: [hash, `0x${hash}`, 'odd'] }];
    expect(await read('SUCCESS', rows)).to.deep.equal({ status: 'SUCCESS', txHashes: [`0x${hash}`], message: null });
  });
});
