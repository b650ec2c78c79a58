import fc from 'fast-check';
import type { Plan } from './play.ts';
import { faults } from './weather.ts';
import { stages, themes } from './world.ts';

const mostActions = 8;
const mostFaults = 8;
/** Calls of stores in a usual run; later faults do not happen. */
const calls = 80;
const deafEvery = 24;

/** Any run, from few actions without a fault in the order of their coming to many in any order. */
export const planArbitrary: fc.Arbitrary<Plan> = fc.record({
  stage: fc.nat({ max: stages.length - 1 }),
  theme: fc.nat({ max: themes.length - 1 }),
  picks: fc.array(fc.nat({ max: 63 }), { minLength: 2, maxLength: mostActions }),
  faults: fc.array(fc.record({ at: fc.nat({ max: calls }), fault: fc.constantFrom(...faults) }), {
    maxLength: mostFaults,
    size: 'max',
  }),
  order: fc.nat(),
  deaf: fc.nat({ max: deafEvery }),
  hints: fc.boolean(),
  batches: fc.boolean(),
});
