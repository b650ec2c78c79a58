import type { Parts } from '../model/parts.ts';

/** One deliberately broken part, and what breaks with it. */
export interface Mutant {
  readonly name: string;
  /** One sentence: what the broken product does otherwise. */
  readonly breaks: string;
  /** The parts of the product with this one broken. */
  readonly build: () => Parts | Promise<Parts>;
}
