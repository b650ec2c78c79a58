import { expect } from 'chai';
import { decide } from '../../server/domain/payment.ts';
import type { EffectBody } from '../../server/domain/transition.ts';
import type { AppendResult } from '../../server/ports.ts';
import { digest } from '../../server/store/codec.ts';
import { buildIntentSignal, buildTransfer, randomIds } from '../support/factories.ts';
import { createSimulatedStore, SimulatedDatabase } from '../support/simulatedStore.ts';
import { actor, arrange, codeOf } from './coordinatorBench.ts';

describe('paymentCoordinator.observe, where the store or a limit says no', () => {
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
    const { coordinator } = arrange({ transitions, hints: undefined, startTimer });
    const answered = coordinator.observe('p', buildIntentSignal(), actor).catch((error: unknown) => error);
    await new Promise(setImmediate);
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
});
