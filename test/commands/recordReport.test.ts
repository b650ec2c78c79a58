import { expect } from 'chai';
import type { ProviderReport } from '../../server/domain/state.ts';
import { translateCallback, translatePayoutCallback } from '../../server/providers/shkeeper/translate.ts';
import { addressOf, type CommandsWorld, openCommandsWorld } from './commandsWorld.ts';

describe('recordReport and recordPayoutCallback', () => {
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());

  const headers = { 'x-shkeeper-timestamp': '1' };

  /** A callback as SHKeeper writes it. */
  function callback(externalId: string, address: string, txid = 'ab'.repeat(32)) {
    const body = {
      ...{ external_id: externalId, crypto: 'BNB-USDT', addr: address, fiat: 'USD', balance_fiat: '100' },
      ...{ balance_crypto: '100', paid: true, status: 'PAID' },
      transactions: [{ txid, date: '2026-01-01 00:00:00', amount_crypto: '100', amount_fiat: '100', trigger: true }],
    };
    const rawBody = Buffer.from(JSON.stringify(body));
    const translated = translateCallback(rawBody);
    if (!translated.ok) throw new Error(translated.reason);
    const report: ProviderReport = translated.report;
    return { report, rawBody, headers };
  }

  it('appends one transition for a delivery and its copies, keeps the raw bytes, and completes nothing', async () => {
    const state = await world.open();
    const delivery = callback(state.provider?.externalId ?? '', addressOf(state));
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.useCases.recordReport(delivery)));
    expect(answers.filter((answer) => answer === 'accepted')).to.have.length(1);
    expect(answers.filter((answer) => answer === 'duplicate')).to.have.length(9);
    const tail = await world.ports.store.tail(state.id);
    expect([tail?.kind, tail?.to, tail?.seq]).to.deep.equal(['providerReported', 'processing', 3]);
    expect(tail?.evidence.rawBody).to.equal(delivery.rawBody.toString('base64'));
    expect(tail?.evidence.headers).to.deep.equal(headers);
  });

  it('keeps a delivery for nobody raw and counts it', async () => {
    const foreign = callback('SOMEBODY_ELSE', `0x${'1'.repeat(40)}`);
    const unknown = callback(`AMN_${'0'.repeat(24)}`, `0x${'1'.repeat(40)}`);
    expect(await world.useCases.recordReport(foreign)).to.equal('unmatched');
    // A shop that shares the provider may put words of its own around what looks like ours.
    const { id, provider } = await world.open();
    for (const name of [`X${provider?.externalId}`, `${provider?.externalId}0`]) {
      expect(await world.useCases.recordReport(callback(name, provider?.address ?? ''))).to.equal('unmatched');
    }
    expect((await world.state(id)).status).to.equal('pending');
    expect(await world.useCases.recordReport(unknown)).to.equal('unmatched');
    const kept = await world.ports.providerEvents.list(10);
    expect(kept.map(({ body }) => body)).to.include.members([foreign.rawBody.toString(), unknown.rawBody.toString()]);
    expect((await world.ports.providerEvents.stats('shkeeper')).unmatched).to.equal(4);
  });

  it('only makes the next look at a payout due, and keeps a callback for nobody', async () => {
    const body = { payout_id: 'p-1', external_id: 'x-1-0', tx_hash: 'ab'.repeat(32), status: 'SUCCESS' };
    const rawBody = Buffer.from(JSON.stringify(body));
    const translated = translatePayoutCallback(rawBody);
    if (!translated.ok) throw new Error(translated.reason);
    const record = world.useCases.recordPayoutCallback;
    expect(await record({ callback: translated.report, rawBody, headers })).to.equal('unmatched');

    const state = await world.open();
    await world.pay(addressOf(state), state.price);
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    await world.useCases.forwardToVault(state.id);
    await world.work();
    const externalId = (await world.state(state.id)).forward?.externalId ?? '';
    const seq = (await world.ports.store.tail(state.id))?.seq;
    const own = { ...translated.report, externalId };
    expect(await record({ callback: own, rawBody, headers })).to.equal('accepted');
    expect((await world.ports.store.tail(state.id))?.seq).to.equal(seq);
    const [due] = await world.ports.dueWork.take(['drivePayout'], world.ports.clock.now(), 1_000, 1);
    expect(due?.paymentId).to.equal(state.id);
  });
});
