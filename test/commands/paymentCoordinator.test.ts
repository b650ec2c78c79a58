import { expect } from 'chai';
import { createPaymentCoordinator, type PaymentCoordinatorDeps } from '../../server/commands/paymentCoordinator.ts';
import { claim } from '../../server/domain/claim.ts';
import { decide } from '../../server/domain/payment.ts';
import type { EffectBody } from '../../server/domain/transition.ts';
import { AppError } from '../../server/errors.ts';
import type { AppendResult } from '../../server/ports.ts';
import { digest } from '../../server/store/codec.ts';
import { expiresAtMs, intent, prepared, report } from '../domain/factories.ts';
import { createTestClock } from '../support/clock.ts';
import { buildIntentSignal, buildTransfer, createTestLogger, randomIds } from '../support/factories.ts';
import { createSimulatedStore, SimulatedDatabase } from '../support/simulatedStore.ts';

const actor = { actor: 'test' };

function arrange(overrides: Partial<PaymentCoordinatorDeps> = {}) {
  const database = new SimulatedDatabase();
  const transitions = createSimulatedStore(database);
  const { logger, lines } = createTestLogger();
  const crashes: string[] = [];
  let woken = 0;
  const coordinator = createPaymentCoordinator({
    ...{ transitions, decide, digest, ids: randomIds, logger, clock: createTestClock() },
    crash: (label) => void crashes.push(label),
    wakeRelay: () => {
      woken += 1;
    },
    pause: () => Promise.resolve(),
    ...overrides,
  });
  const open = async (
    intent = buildIntentSignal({ rail: 'web3', provider: null }),
    paymentId = randomIds.payment(),
  ) => {
    await coordinator.observe(paymentId, intent, actor);
    return { paymentId, ...intent.intent };
  };
  return { database, transitions, coordinator, lines, crashes, open, woken: () => woken };
}

const codeOf = (error: unknown) => (error instanceof AppError ? error.code : error);

describe('paymentCoordinator.observe', () => {
  it('appends state, evidence, books and outbox as one linked transition, then projects and wakes the relay', async () => {
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
      ...['tailRead', 'beforeInsert', 'afterInsert', 'beforeProject', 'projected', 'answered'],
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

  describe('an outcome nobody knows', () => {
    const failing = (answers: (AppendResult['outcome'] | 'lost')[]) => {
      const database = new SimulatedDatabase();
      const store = createSimulatedStore(database);
      const append: typeof store.append = async (batch) => {
        const answer = answers.shift() ?? 'appended';
        if (answer !== 'unknown') await store.append(batch);
        return answer === 'appended' ? [{ outcome: answer }] : [{ outcome: 'unknown', cause: new Error('cut') }];
      };
      return { ...arrange({ transitions: { ...store, append } }), truth: database };
    };
    const paymentId = randomIds.payment();

    it('is success when the transition is found to be ours', async () => {
      const { coordinator, truth } = failing(['lost']);
      const observation = await coordinator.observe(paymentId, buildIntentSignal(), actor);
      expect(observation).to.deep.include({ outcome: 'changed', seq: 1 });
      expect(truth.history(paymentId)).to.have.length(1);
    });

    it('is busy when it is not found, and the repeat neither doubles nor loses it', async () => {
      const { coordinator, truth } = failing(['unknown']);
      const opening = buildIntentSignal();
      expect(codeOf(await coordinator.observe(paymentId, opening, actor).catch((error: unknown) => error))).to.equal(
        'busy',
      );
      expect((await coordinator.observe(paymentId, opening, actor)).outcome).to.equal('changed');
      expect(truth.history(paymentId)).to.have.length(1);
    });
  });

  it('gives up after twenty tries with busy', async () => {
    let appends = 0;
    let pauses = 0;
    const transitions = {
      ...createSimulatedStore(new SimulatedDatabase()),
      append: async () => {
        appends += 1;
        return [{ outcome: 'sequenceTaken' } as const];
      },
    };
    const pause = async () => {
      pauses += 1;
    };
    const { coordinator } = arrange({ transitions, pause });
    const failure = await coordinator.observe('p', buildIntentSignal(), actor).catch((error: unknown) => error);
    expect(codeOf(failure)).to.equal('busy');
    expect({ appends, pauses }).to.deep.equal({ appends: 20, pauses: 20 });
  });

  it('answers busy at its deadline and writes nothing afterwards', async () => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<null>();
    const database = new SimulatedDatabase();
    const transitions = { ...createSimulatedStore(database), tail: () => held };
    let ring = () => {};
    const startTimer = (_ms: number, callback: () => void) => {
      ring = callback;
      return () => {};
    };
    const { coordinator } = arrange({ transitions, startTimer });
    const answered = coordinator.observe('p', buildIntentSignal(), actor).catch((error: unknown) => error);
    ring();
    expect(codeOf(await answered)).to.equal('busy');
    letGo(null);
    await new Promise(setImmediate);
    expect(database.rows.size).to.equal(0);
  });

  it('answers success at its deadline when only the projection is slow', async () => {
    const database = new SimulatedDatabase();
    const { promise: projecting, resolve: reached } = Promise.withResolvers<void>();
    const project = () => {
      reached();
      return new Promise<void>(() => {});
    };
    let ring = () => {};
    const startTimer = (_ms: number, callback: () => void) => {
      ring = callback;
      return () => {};
    };
    const { coordinator } = arrange({ transitions: { ...createSimulatedStore(database), project }, startTimer });
    const answered = coordinator.observe('p', buildIntentSignal(), actor);
    await projecting;
    ring();
    expect(await answered).to.deep.include({ outcome: 'changed', seq: 1 });
  });

  it('answers success when the projection fails, since the relay repeats it', async () => {
    const project = () => Promise.reject(new Error('down'));
    const store = createSimulatedStore(new SimulatedDatabase());
    const { coordinator, lines } = arrange({ transitions: { ...store, project } });
    expect((await coordinator.observe('p', buildIntentSignal(), actor)).outcome).to.equal('changed');
    expect(lines.map(({ level }) => level)).to.deep.equal(['warn']);
  });

  it('refuses an amount that the database could not hold exactly, and says so loudly', async () => {
    const { coordinator, database, lines, open } = arrange();
    const { paymentId, vault } = await open();
    const transfer = buildTransfer({ vault }, 10n ** 40n, { asset: 'bsc:0xevil', tokenAddress: '0xevil' });
    const observation = await coordinator.observe(paymentId, { kind: 'transferConfirmed', transfer }, actor);
    expect(observation).to.deep.include({ outcome: 'refused', code: 'limit_reached' });
    expect(database.history(paymentId)).to.have.length(1);
    expect(lines.at(-1)).to.deep.include({ level: 'error' });
  });

  it('refuses more effects than one document may carry', async () => {
    const effects = Array.from({ length: 65 }, (): EffectBody => ({ type: 'verify' }));
    const { coordinator } = arrange({
      decide: (...args) => {
        const decision = decide(...args);
        return decision.outcome === 'change' ? { ...decision, effects } : decision;
      },
    });
    const observation = await coordinator.observe('p', buildIntentSignal(), actor);
    expect(observation).to.deep.include({ outcome: 'refused', code: 'limit_reached', detail: '65 effects' });
  });

  it('refuses what the store has no room for, once, and raises an alarm', async () => {
    let appends = 0;
    const store = createSimulatedStore(new SimulatedDatabase());
    const append = async () => {
      appends += 1;
      return [{ outcome: 'tooLarge', bytes: 1_048_577 } as const];
    };
    const { coordinator } = arrange({ transitions: { ...store, append } });
    const observation = await coordinator.observe('p', buildIntentSignal(), actor);
    const refusal = { outcome: 'refused', code: 'limit_reached', detail: '1048577 bytes', state: null };
    expect(observation).to.deep.equal(refusal);
    expect(appends).to.equal(1);
  });

  it('keeps a fact whose raw evidence is too large, with a hash instead of the bytes', async () => {
    const { coordinator, database } = arrange();
    const evidence = { rawBody: Buffer.alloc(300_000) };
    await coordinator.observe('p', buildIntentSignal(), { ...actor, evidence });
    expect(database.history('p')[0]?.evidence).to.deep.equal({ omittedBytes: 300_007, sha256: digest(evidence) });
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
