import { coordinatorMutants } from './coordinatorMutants.ts';
import { decisionMutants } from './decisionMutants.ts';
import { effectMutants } from './effectMutants.ts';
import type { Mutant } from './mutant.ts';
import { storeMutants } from './storeMutants.ts';

/** Every deliberately broken part; the model checker has to notice each. */
export const mutants: readonly Mutant[] = [
  ...storeMutants,
  ...decisionMutants,
  ...coordinatorMutants,
  ...effectMutants,
];
