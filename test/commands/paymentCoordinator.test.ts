import { expect } from 'chai';
import { claim } from '../../server/domain/claim.ts';
import { digest } from '../../server/store/codec.ts';
import { expiresAtMs, intent, prepared, report } from '../domain/factories.ts';
import { createTestClock } from '../support/clock.ts';
import { buildIntentSignal, buildTransfer, randomIds } from '../support/factories.ts';
import { actor, arrange } from './coordinatorBench.ts';

describe('paymentCoordinator.observe', () => {
  it('appends state, evidence, books and outbox as one linked transition, then answers, projects and wakes the relay', async () => {
    const { coordinator, database, transitions, crashes, open, woken } = arrange();
    const { paymentId, vault } = await open();
    const transfer = buildTransfer({ vault }, 100n);
    const evidence = { rawBody: Buffer.from('raw') };
    const context = { actor: 'monitor', idempotencyClaim: 'idem:a:b:c', evidence };
    crashes.length = 0;
    const observation = await coordinator.observe(paymentId, { kind: 'transferConfirmed', transfer }, context);
    expect(observation).to.deep.include({ outcome: 'changed', seq: 2 });
    const [first, second] = database.history(paymentId);
    expect(second).to.deep.include({ from: 'pending', to: 'completed', prev: first?.hash, actor: 'monitor' });
    expect(second?.claims)
      .to.include('idem:a:b:c')
      .and.include(claim.fund(first?.state.requestId ?? ''));
    expect(second?.effects.map(({ key }) => key)).to.deep.equal(second?.effects.map((_, n) => `${paymentId}-2-${n}`));
    expect(second?.evidence).to.deep.equal({ signal: { kind: 'transferConfirmed', transfer }, ...evidence });
    expect(second?.stateHash).to.equal(digest(second?.state));
    expect(database.projections.get(paymentId)?.seq).to.equal(2);
    expect(woken()).to.equal(2);
    expect(crashes).to.deep.equal([
      ...['tailRead', 'beforeInsert', 'afterInsert', 'beforeProject', 'answered', 'projected'],
    ]);
    expect(await transitions.claimant('idem:a:b:c')).to.deep.equal({ paymentId, seq: 2 });
  });

  it('answers a repeated signal from the log, without a write', async () => {
    const { coordinator, database, open } = arrange();
    const { paymentId, vault } = await open();
    const signal = { kind: 'transferConfirmed', transfer: buildTransfer({ vault }, 100n) } as const;
    await coordinator.observe(paymentId, signal, actor);
    expect(await coordinator.observe(paymentId, signal, actor)).to.deep.include({ outcome: 'noChange', seq: 2 });
    expect(database.history(paymentId)).to.have.length(2);
  });

  it('refuses what decide refuses, and everything about a payment that does not exist', async () => {
    const { coordinator, open } = arrange();
    const { paymentId } = await open();
    const refused = await coordinator.observe(paymentId, prepared(100n, 0n), actor);
    expect(refused).to.deep.include({ outcome: 'refused', code: 'not_funded' });
    const nobody = await coordinator.observe(randomIds.payment(), { kind: 'cancelRequested' }, actor);
    expect(nobody).to.deep.include({ outcome: 'refused', code: 'payment_not_found', state: null });
  });

  it('answers a second intent of the same trade with the first', async () => {
    const { coordinator, open } = arrange();
    const first = await open();
    const { requestId, offerId, buyerId } = first;
    const second = buildIntentSignal({ requestId, offerId, buyerId });
    expect(await coordinator.observe(randomIds.payment(), second, actor)).to.deep.equal({
      outcome: 'existing',
      paymentId: first.paymentId,
    });
  });

  it('answers an intent repeated under its key with the first, although the number of attempts has grown', async () => {
    const { coordinator } = arrange();
    const [paymentId, idempotencyClaim] = [randomIds.payment(), 'idem:buyer:intents:k'];
    const opening = buildIntentSignal();
    await coordinator.observe(paymentId, opening, { ...actor, idempotencyClaim });
    const { requestId, offerId, buyerId } = opening.intent;
    const again = buildIntentSignal({ requestId, offerId, buyerId, claimNumber: 1 });
    const repeated = await coordinator.observe(randomIds.payment(), again, { ...actor, idempotencyClaim });
    expect(repeated).to.deep.equal({ outcome: 'existing', paymentId });
    const other = await coordinator.observe(randomIds.payment(), buildIntentSignal(), { ...actor, idempotencyClaim });
    expect(other).to.deep.equal({ outcome: 'keyReused', claim: idempotencyClaim });
  });

  it('replays an action repeated under its key and refuses another one', async () => {
    const { coordinator, database, open } = arrange();
    const { paymentId, vault } = await open();
    await coordinator.observe(
      paymentId,
      { kind: 'transferConfirmed', transfer: buildTransfer({ vault }, 100n) },
      actor,
    );
    const keyed = { ...actor, idempotencyClaim: `idem:admin:release:${paymentId}` };
    await coordinator.observe(paymentId, prepared(100n, 0n), keyed);
    const digestOfOpen = 'digest-100-0';
    const voided = { kind: 'settlementVoided', digest: digestOfOpen, proof: 'expired' } as const;
    await coordinator.observe(paymentId, voided, actor);
    const repeated = await coordinator.observe(paymentId, prepared(100n, 0n), keyed);
    expect(repeated).to.deep.include({ outcome: 'duplicate', seq: 4 });
    const other = await coordinator.observe(paymentId, { kind: 'riskAssessed', hold: true }, keyed);
    expect(other).to.deep.equal({ outcome: 'keyReused', claim: keyed.idempotencyClaim });
    expect(database.history(paymentId)).to.have.length(4);
  });

  it('reports one delivery for two payments as a security event', async () => {
    const { coordinator, lines } = arrange();
    const [first, second] = [randomIds.payment(), randomIds.payment()];
    const { provider } = intent();
    for (const paymentId of [first, second]) {
      await coordinator.observe(paymentId, buildIntentSignal({ provider }), actor);
    }
    const signal = { kind: 'providerReported', report: report() } as const;
    expect((await coordinator.observe(first, signal, actor)).outcome).to.equal('changed');
    const taken = claim.event('shkeeper', report().deliveryKey);
    expect(await coordinator.observe(second, signal, actor)).to.deep.equal({
      ...{ outcome: 'conflict', claim: taken, holder: first },
    });
    expect(lines.map(({ level, fields }) => ({ level, ...fields }))).to.deep.include({
      ...{ level: 'warn', category: 'security', claim: taken, paymentId: second, holder: first },
      ...{ actor: 'test', kind: 'providerReported' },
    });
  });

  it('raises an alarm, but no security event, when an address belongs to another payment', async () => {
    const { coordinator, lines, open } = arrange();
    const first = await open();
    const opening = buildIntentSignal({ vault: first.vault });
    const observation = await coordinator.observe(randomIds.payment(), opening, actor);
    expect(observation).to.deep.include({ outcome: 'conflict', holder: first.paymentId });
    expect(lines.map(({ level }) => level)).to.deep.equal(['error']);
  });

  it('books the money of a payment that lost its request to another one', async () => {
    const { coordinator, database, open } = arrange();
    const winner = await open();
    const loser = await open(buildIntentSignal({ rail: 'web3', provider: null, requestId: winner.requestId }));
    for (const { paymentId, vault } of [winner, loser]) {
      const transfer = buildTransfer({ vault }, 100n);
      await coordinator.observe(paymentId, { kind: 'transferConfirmed', transfer }, actor);
    }
    expect(database.history(winner.paymentId).at(-1)?.to).to.equal('completed');
    const tail = database.history(loser.paymentId).at(-1);
    expect(tail?.state).to.deep.include({ status: 'failed', failureReason: 'already_funded' });
    expect(tail?.legs.reduce((sum, leg) => sum + leg.amount, 0n)).to.equal(0n);
  });

  it('decides with the time of the clock it was given', async () => {
    const clock = createTestClock();
    const { coordinator, open } = arrange({ clock });
    const { paymentId } = await open();
    expect((await coordinator.observe(paymentId, { kind: 'deadlinePassed' }, actor)).outcome).to.equal('noChange');
    clock.advance(expiresAtMs - clock.now() + 1);
    expect((await coordinator.observe(paymentId, { kind: 'deadlinePassed' }, actor)).outcome).to.equal('changed');
  });
});
