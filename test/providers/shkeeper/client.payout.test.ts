import { expect } from 'chai';
import { createShkeeperClient } from '../../../server/providers/shkeeper/client.ts';
import { type ClientStage, openClientStage, wallet } from './clientStage.ts';

const order = { externalId: 'po-1', coin: 'BNB-USDT', amount: '5.5', destination: wallet, callbackUrl: 'http://a/p' };

describe('createShkeeperClient.createPayout', () => {
  let stage: ClientStage;
  beforeEach(async () => {
    stage = await openClientStage();
  });
  afterEach(() => stage.double.stop());

  it('posts once with Basic and a fee, and answers the task', async () => {
    stage.respond(200, { external_id: 'po-1', task_id: 'task-1' });
    expect(await stage.client.createPayout(order)).to.deep.equal({ outcome: 'submitted', taskId: 'task-1' });
    const [seen] = stage.double.seen;
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
      stage.respond(http, body);
      expect((await stage.client.createPayout(order)).outcome).to.equal(outcome);
      expect(stage.double.seen).to.have.length(1);
    });
  }

  it('reads a cut connection as unknown', async () => {
    stage.answerWith((response) => response.destroy());
    expect((await stage.client.createPayout(order)).outcome).to.equal('unknown');
    expect(stage.double.seen).to.have.length(1);
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
    for (const bad of odd) expect((await stage.client.createPayout(bad)).outcome).to.equal('refused');
    const keyless = createShkeeperClient({ url: stage.double.url, apiKey: 'k' });
    expect((await keyless.createPayout(order)).outcome).to.equal('refused');
    expect(stage.double.seen).to.have.length(0);
  });
});
