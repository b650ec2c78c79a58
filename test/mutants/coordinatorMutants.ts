import type { createPaymentCoordinator } from '../../server/commands/paymentCoordinator.ts';
import { realParts } from '../model/parts.ts';
import type { Mutant } from './mutant.ts';
import { importPatched } from './patchedModule.ts';

const file = 'server/commands/paymentCoordinator.ts';
interface Coordinators {
  readonly createPaymentCoordinator: typeof createPaymentCoordinator;
}

/** The coordinator with one place of its source changed. */
const patched = (name: string, find: string, replace: string) => async () => {
  const { createPaymentCoordinator: createCoordinator } = await importPatched<Coordinators>(file, name, [
    { file, find, replace },
  ]);
  return { ...realParts, createCoordinator };
};

const unknown = "throw busy('The outcome of this change is not known yet.', result.cause);";

/** Coordinators that forget one step of the loop. */
export const coordinatorMutants: readonly Mutant[] = [
  {
    name: 'attempt not compared',
    breaks: 'Whatever stands under the number that was tried is taken for the own transition.',
    build: patched('attempt', 'stored?.attempt === transition.attempt', 'stored !== null'),
  },
  {
    name: 'unknown answered as failure',
    breaks: 'A change that is not seen after an unknown outcome is answered as refused, although it may still show up.',
    build: patched(
      'failure',
      unknown,
      "return { outcome: 'refused', code: 'limit_reached', detail: '', state: null };",
    ),
  },
  {
    name: 'unknown answered as success',
    breaks: 'A change that is not seen after an unknown outcome is answered as done.',
    build: patched('success', unknown, 'return succeed(call, transition);'),
  },
  {
    name: 'lost claim forgotten',
    breaks: 'A decision is made again without being told which claim it lost, so that it never ends.',
    build: () => ({
      ...realParts,
      decide: (state, signal, context) => realParts.decide(state, signal, { ...context, lostClaims: new Set() }),
    }),
  },
  {
    name: 'key not claimed',
    breaks: "A transition does not claim its caller's idempotency key, so that a repeat is carried out again.",
    build: () => ({
      ...realParts,
      createCoordinator(deps) {
        const coordinator = realParts.createCoordinator(deps);
        return { observe: (paymentId, signal, { actor }) => coordinator.observe(paymentId, signal, { actor }) };
      },
    }),
  },
  {
    name: 'hint trusted',
    breaks: 'An answer that changes nothing rests on the copy in `payments`, which may be old.',
    build: patched('hint', 'if (isNewest || deps.hints === undefined) return true;', 'return true;'),
  },
  {
    name: 'memory trusted',
    breaks: 'An answer rests on what this process last saw of the payment, whatever others did since.',
    build: patched('memory', 'last !== undefined && (await hints.isTail(last))', 'last !== undefined'),
  },
  {
    name: 'history not linked',
    breaks: 'A transition does not name the hash of the one before it.',
    build: patched('linked', 'prev: tail?.hash ?? genesis', 'prev: genesis'),
  },
];
