import { expect } from 'chai';
import fc from 'fast-check';
import { arrivalKey } from '../../server/domain/claim.ts';
import { createSimulatedStore, SimulatedDatabase, type StoreMutant } from '../support/simulatedStore.ts';
import { type Action, buildWorld, type Chance, type Fault, faults, send, violationsOf } from './coordinatorModel.ts';

const seed = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31);
const runs = Number(process.env.MODEL_RUNS ?? 2_000);
const calm: Chance = { turn: () => Promise.resolve(), fault: () => 'none' };
const actionCount = buildWorld().actions.length;

/** About one call in eight goes wrong. */
const fault = fc.oneof(
  { weight: 35, arbitrary: fc.constant<Fault>('none') },
  { weight: 5, arbitrary: fc.constantFrom(...faults) },
);
const plan = fc.record({
  picks: fc.array(fc.nat({ max: actionCount - 1 }), { minLength: 3, maxLength: 8 }),
  tape: fc.array(fault, { maxLength: 60 }),
});

interface Run {
  readonly database: SimulatedDatabase;
  readonly payments: readonly string[];
  readonly acknowledged: { action: Action; seq: number }[];
}

/** Random actions at once with faults, then a quiet time in which everything is said once more and the relay catches up. */
async function play(scheduler: fc.Scheduler, { picks, tape }: { picks: number[]; tape: Fault[] }, mutant: StoreMutant) {
  const database = new SimulatedDatabase(mutant);
  const { openings, actions, payments } = buildWorld();
  const run: Run = { database, payments, acknowledged: [] };
  const wild: Chance = {
    turn: (label) => scheduler.schedule(Promise.resolve(), label),
    fault: () => tape.pop() ?? 'none',
  };
  const act = async (chance: Chance, action: Action) => {
    const observation = await send(database, chance, action);
    if (observation?.outcome === 'changed') run.acknowledged.push({ action, seq: observation.seq });
    return observation;
  };
  for (const opening of openings) await act(calm, opening);
  const chosen = picks.flatMap((pick) => actions[pick] ?? []);
  await scheduler.waitFor(Promise.all(chosen.map((action) => act(wild, action))));
  database.operations += 1_000;
  for (const action of chosen) await act(calm, action);
  await checkMoney(run, chosen);
  const store = createSimulatedStore(database);
  for (const paymentId of payments) for (const one of database.history(paymentId)) await store.project(one);
  return run;
}

/** Every transfer that was told, and not taken back last, is booked once. */
async function checkMoney({ database }: Run, chosen: readonly Action[]): Promise<void> {
  for (const { paymentId, signal } of chosen) {
    if (signal.kind !== 'transferConfirmed' || database.mutant !== 'none') continue;
    const state = database.history(paymentId).at(-1)?.state;
    const keys = state?.direction === 'in' ? state.arrivals.map(arrivalKey) : [];
    if (!keys.includes(arrivalKey(signal.transfer))) throw new Error('money arrived and was not recorded');
  }
}

const holds = (mutant: StoreMutant) =>
  fc.asyncProperty(fc.scheduler(), plan, async (scheduler, chosen) => {
    const { database, payments, acknowledged } = await play(scheduler, chosen, mutant);
    expect(violationsOf(database, payments, acknowledged)).to.deep.equal([]);
  });

describe('paymentCoordinator, every interleaving and every crash', () => {
  it(`keeps the invariants in ${runs} random schedules (MODEL_SEED=${seed})`, async function () {
    this.timeout(120_000);
    await fc.assert(holds('none'), { seed, numRuns: runs });
  });

  for (const mutant of ['noSequenceFence', 'noClaimFence', 'blindProjection'] as const) {
    it(`notices a store with ${mutant}, so the check can fail`, async function () {
      this.timeout(60_000);
      const result = await fc.check(holds(mutant), { seed, numRuns: runs, endOnFailure: true });
      expect(result.failed).to.equal(true);
    });
  }
});
