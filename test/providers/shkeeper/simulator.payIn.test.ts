import { expect } from 'chai';
import { translateCallback, translateInvoice } from '../../../server/providers/shkeeper/translate.ts';
import { eventually } from '../../support/eventually.ts';
import { apiKey, coin, type LocalChain, openLocalChain, openStage, verdictOf } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;

describe('the SHKeeper simulator, pay-in', () => {
  let chain: LocalChain;
  let stage: Stage;
  let count = 0;
  /** An external id of this test alone. */
  const nextId = () => {
    count += 1;
    return `AMN_in_${count}`;
  };
  const bodyOf = (seen: { rawBody: Buffer } | undefined) => JSON.parse(String(seen?.rawBody));
  const report = (seen: { rawBody: Buffer } | undefined) => {
    const translation = translateCallback(seen?.rawBody ?? Buffer.alloc(0));
    if (!translation.ok) throw new Error(translation.reason);
    return translation.report;
  };

  before(async () => {
    chain = await openLocalChain();
    stage = await openStage(chain);
  });
  beforeEach(() => stage.answerWith(202));
  after(async () => {
    await stage.stop();
    chain.close();
  });

  it('calls back about a real transfer with a signature our verifier accepts, and once it is acknowledged no more', async () => {
    const id = nextId();
    const { address, providerAmount } = await stage.request(id);
    expect(providerAmount).to.equal('100');
    const txHash = await stage.pay(id, '100');
    const [seen] = stage.got(id);
    expect(verdictOf(seen)).to.deep.equal({ ok: true, scheme: 'timestamped' });
    expect(seen?.headers['x-shkeeper-api-key']).to.equal(apiKey);
    expect(report(seen)).to.deep.include({ externalId: id, reportedStatus: 'PAID', paid: true, coin, address });
    expect(report(seen).transactions).to.deep.equal([{ txHash, coin, amount: '100', confirmed: true }]);
    expect(bodyOf(seen).transactions[0].txid).to.equal(txHash.slice(2));
    await stage.settle(2);
    expect(stage.got(id)).to.have.length(1);
  });

  it('repeats on every tick until exactly 202 comes, signed afresh, with the state of that moment', async () => {
    const id = nextId();
    await stage.request(id);
    for (const status of [200, 204, 500]) {
      stage.answerWith(status);
      if (status === 200) await stage.pay(id, '60');
      else await stage.control('tick', {});
    }
    await stage.pay(id, '40');
    expect(stage.got(id)).to.have.length(5);
    expect(stage.got(id).map((seen) => verdictOf(seen).ok)).to.deep.equal([true, true, true, true, true]);
    stage.answerWith(202);
    await stage.control('tick', {});
    const done = stage.got(id).length;
    const last = stage.got(id).slice(-2);
    expect(last.map((seen) => bodyOf(seen).status)).to.deep.equal(['PAID', 'PAID']);
    await stage.control('tick', { count: 3 });
    expect(stage.got(id)).to.have.length(done);
    const { deliveries } = await stage.control(`deliveries?externalId=${id}`);
    expect(deliveries?.map((one) => one.status).slice(0, 3)).to.deep.equal([200, 204, 500]);
  });

  it('says PAID at 95 % and asks for 102 in the factory profile', async () => {
    const factory = await openStage(chain, { profile: 'factory' });
    try {
      expect((await factory.request('AMN_factory')).providerAmount).to.equal('102');
      expect(await factory.client.quote(coin, 'USD', '100')).to.deep.equal({ amountCrypto: '102', exchangeRate: '1' });
      await factory.pay('AMN_factory', '95.12');
      expect(report(factory.got('AMN_factory')[0])).to.include({ reportedStatus: 'PAID', paid: true });
    } finally {
      await factory.stop();
    }
  });

  it('keeps (external id, URL, fiat) as the identity: in place when serial, two addresses when parallel or elsewhere', async () => {
    const id = nextId();
    const first = await stage.request(id);
    const again = await stage.request(id, '70');
    expect([again.address, again.providerInvoiceId]).to.deep.equal([first.address, first.providerInvoiceId]);
    const moved = { externalId: id, coin, fiat: 'USD', amount: '70', callbackUrl: `${stage.callbackUrl}/2` };
    expect((await stage.client.requestPayment(moved)).address).not.to.equal(first.address);
    expect(await stage.client.getInvoices(id)).to.have.length(2);
    const body = { external_id: nextId(), fiat: 'USD', amount: '1', callback_url: stage.callbackUrl };
    await stage.control('switches', { externalId: body.external_id, walletMs: 1_000 });
    const post = async () => {
      const init = { method: 'POST', headers: { 'x-shkeeper-api-key': apiKey }, body: JSON.stringify(body) };
      const response = await fetch(`${stage.url}/api/v1/${coin}/payment_request`, init);
      return ((await response.json()) as { wallet: string }).wallet;
    };
    expect(new Set(await Promise.all(Array.from({ length: 8 }, post))).size).to.be.greaterThan(1);
  });

  it('answers the list, tx-info, the coins and the hot wallet', async () => {
    const id = nextId();
    const { address } = await stage.request(id);
    const txHash = await stage.pay(id, '40');
    const [invoice] = await stage.client.getInvoices(id);
    const translation = translateInvoice(invoice);
    expect(translation.ok && translation.report).to.deep.include({ reportedStatus: 'PARTIAL', address, coin });
    expect(await stage.client.getTxInfo(txHash, id)).to.deep.equal({ coin, fiatAmount: '40', address });
    expect(await stage.client.getTxInfo(txHash, 'another')).to.equal(null);
    expect(await stage.client.listCoins()).to.deep.equal([coin]);
    expect(await stage.client.getFeeDepositAddress(coin)).to.equal(chain.hotWallet);
  });

  it('sweeps a one-time address to the hot wallet with real transactions, and not while the switch is off', async () => {
    const id = nextId();
    const { address } = await stage.request(id);
    await stage.control('switches', { externalId: id, sweep: { enabled: false } });
    await stage.pay(id, '25');
    await stage.settle(4);
    expect(await chain.balanceOf(address)).to.equal(25n * 10n ** 18n);
    const before = await chain.balanceOf(chain.hotWallet);
    await stage.control('switches', { externalId: id, sweep: null });
    await stage.settle(6);
    expect(await chain.balanceOf(address)).to.equal(0n);
    expect((await chain.balanceOf(chain.hotWallet)) - before).to.equal(25n * 10n ** 18n);
  });

  it('signs as the switches say: S1, S2, S3 and S4', async () => {
    const cases = [
      [{ sign: 'none' }, 'signature_missing'],
      [{ sign: 'body' }, 'timestamp_missing'],
      [{ sign: 'dedicated' }, 'signature_mismatch'],
      [{ clockSkew: -302 }, 'timestamp_outside_window'],
      [{ tamper: 'flipByte' }, 'signature_mismatch'],
      [{ tamper: 'reserialise' }, 'signature_mismatch'],
      [{ tamper: 'cutSignature' }, 'signature_malformed'],
      [{ tamper: 'doubleHeader' }, 'signature_malformed'],
    ] as const;
    const ids = cases.map(nextId);
    for (const [index, [change]] of cases.entries()) {
      const id = ids[index] ?? '';
      await stage.request(id);
      await stage.control('switches', { externalId: id, ...change, apiKeyHeader: false });
      await stage.control('pay', { externalId: id, amount: '100' });
    }
    await chain.mine(3);
    await stage.control('tick', {});
    for (const [index, [, reason]] of cases.entries()) {
      const seen = stage.receiver.seen.find((one) => String(one.rawBody).includes(`"${ids[index]}"`));
      expect(verdictOf(seen), JSON.stringify(cases[index])).to.deep.equal({ ok: false, reason });
      expect(seen?.headers).not.to.have.property('x-shkeeper-api-key');
    }
    const dedicated = stage.got(ids[2] ?? '')[0];
    expect(verdictOf(dedicated, ['dedicated-webhook-secret', apiKey]).ok).to.equal(true);
  });

  it('sends copies in parallel, halves balances, and loses the second transfer of a transaction: S9, S10, S11', async () => {
    const id = nextId();
    const { address } = await stage.request(id);
    await stage.control('switches', { externalId: id, duplicate: 3, lostUpdate: true });
    await chain.payTwiceAtOnce(address, '50');
    await chain.mine(3);
    await stage.control('tick', {});
    expect(await chain.balanceOf(address)).to.equal(100n * 10n ** 18n);
    const bodies = stage.got(id).map(bodyOf);
    expect(bodies).to.have.length(3);
    expect(bodies[0]).to.deep.include({ balance_fiat: '25', status: 'PARTIAL' });
    expect(bodies[0].transactions.map((one: { amount_crypto: string }) => one.amount_crypto)).to.deep.equal(['50']);
  });

  it('reports both transfers of a transaction when S11 is off', async () => {
    const id = nextId();
    const { address } = await stage.request(id);
    await stage.control('switches', { externalId: id, secondTransferLost: false });
    await chain.payTwiceAtOnce(address, '50');
    await chain.mine(3);
    await stage.control('tick', {});
    expect(bodyOf(stage.got(id)[0])).to.deep.include({ balance_fiat: '100', status: 'PAID' });
  });

  it('sends the unconfirmed shape first: S14', async () => {
    const id = nextId();
    await stage.request(id);
    await stage.control('switches', { externalId: id, unconfirmed: true });
    const txHash = await stage.pay(id, '100');
    expect(report(stage.got(id)[0])).to.include({ shape: 'unconfirmed', reportedStatus: 'unconfirmed' });
    await stage.control('tick', {});
    expect(stage.got(id).map((seen) => report(seen).shape)).to.deep.equal(['unconfirmed', 'confirmed']);
    expect(stage.got(id).map((seen) => report(seen).transactions[0]?.txHash)).to.deep.equal([txHash, txHash]);
  });

  it('spells transaction ids in every style, which our normaliser reads as one: S15', async () => {
    const spelled: string[] = [];
    for (const txidStyle of ['bare', 'prefixed', 'upper', 'mixed']) {
      const id = nextId();
      await stage.request(id);
      await stage.control('switches', { externalId: id, txidStyle });
      const txHash = await stage.pay(id, '100');
      spelled.push(
        bodyOf(stage.got(id)[0])
          .transactions[0].txid.replace(/[0-9a-f]{64}/, 'lower')
          .slice(0, 7),
      );
      expect(report(stage.got(id)[0]).transactions[0]?.txHash).to.equal(txHash);
      const translation = translateInvoice((await stage.client.getInvoices(id))[0]);
      expect(translation.ok && translation.report.transactions[0]?.txHash).to.equal(txHash);
    }
    expect(spelled.filter((one) => one === 'lower')).to.have.length(2);
    expect(spelled[1]).to.equal('0xlower');
    expect(spelled[2]).to.match(/^0x[0-9A-F]{5}$/);
  });

  it('stays silent, speaks unknown words and calls about nobody: S28, S30, S32', async () => {
    const [silent, odd] = [nextId(), nextId()];
    await stage.request(silent);
    await stage.control('switches', { externalId: silent, noCallback: true });
    await stage.pay(silent, '100');
    expect(stage.got(silent)).to.have.length(0);
    const translation = translateInvoice((await stage.client.getInvoices(silent))[0]);
    expect(translation.ok && translation.report.reportedStatus).to.equal('PAID');
    await stage.request(odd);
    await stage.control('switches', { externalId: odd, unknownStatus: 'HALF_PAID' });
    await stage.pay(odd, '100');
    expect(report(stage.got(odd)[0]).reportedStatus).to.equal('HALF_PAID');
    expect(bodyOf(stage.got(odd)[0])).to.have.property('surprise');
    await stage.control('switches', { unrelatedCallback: 2 });
    await stage.control('tick', { count: 2 });
    const nobody = stage.receiver.seen.filter((seen) => seen.rawBody.includes('"nobody-'));
    expect(nobody).to.have.length(2);
    expect(verdictOf(nobody[0]).ok).to.equal(true);
  });

  it('counts a zero-value transfer as a payment, as the original does: S13', async () => {
    const id = nextId();
    await stage.request(id);
    await stage.pay(id, '0');
    expect(report(stage.got(id)[0])).to.deep.include({ reportedStatus: 'PARTIAL', transactions: [] });
  });

  it('refuses an unknown switch and takes switches back', async () => {
    const id = nextId();
    const refused = await stage.control('switches', { nonsense: true }).catch((error: Error) => error.message);
    expect(refused).to.match(/nonsense/);
    expect((await stage.control('switches', { externalId: id, fee: 5 })).fee).to.equal(5);
    expect((await stage.control('switches', { externalId: id, fee: null })).fee).to.equal(0);
    expect((await stage.control(`switches?externalId=${id}`)).fee).to.equal(0);
  });

  it('goes on answering while the chain is gone, and says so', async () => {
    const alone = await openStage(chain, { rpcUrl: 'http://127.0.0.1:1', tickMs: 20 });
    try {
      expect((await alone.request(nextId())).address).to.match(/^0x[0-9a-fA-F]{40}$/);
      const tried = async () => (await fetch(`${alone.url}/control/health`)).json() as Promise<{ lastProblem: string }>;
      const health = await eventually(async () => ((await tried()).lastProblem ? await tried() : null), {
        timeoutMs: 10_000,
        what: 'a failed look at the chain',
      });
      expect(health).to.deep.include({ ok: false, head: null });
      expect((await fetch(`${alone.url}/control/health`)).status).to.equal(503);
    } finally {
      await alone.stop();
    }
  });

  it('outlives a dead receiver and bad requests', async () => {
    const id = nextId();
    const dead = { externalId: id, coin, fiat: 'USD', amount: '5', callbackUrl: 'http://127.0.0.1:1/nobody' };
    await stage.client.requestPayment(dead);
    await stage.pay(id, '5');
    const bad = await fetch(`${stage.url}/api/v1/${coin}/quote`, {
      method: 'POST',
      headers: { 'x-shkeeper-api-key': apiKey },
      body: '{',
    });
    expect([bad.status, bad.headers.get('content-type')]).to.deep.equal([500, 'text/html; charset=utf-8']);
    expect((await fetch(`${stage.url}/api/v1/%E0%A4%A`)).status).to.equal(500);
    expect((await fetch(`${stage.url}/elsewhere`)).status).to.equal(404);
    const { ok, unacknowledged } = await stage.control('health');
    expect(ok).to.equal(true);
    expect(unacknowledged).to.be.greaterThan(0);
    const { deliveries } = await stage.control(`deliveries?externalId=${id}`);
    expect(deliveries?.[0]?.status).to.equal(null);
  });
});
