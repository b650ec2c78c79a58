/**
 * How a mutant stands beside the original in one build of all of them: as a value, a number, an account, a statement, or
 * the same in assembly. The others are built alone.
 */
export type Form =
  | 'value'
  | 'number'
  | 'account'
  | 'statement'
  | 'yulNumber'
  | 'yulCall'
  | 'yulStatement'
  | 'yulTrue'
  | 'yulFalse'
  | 'yulNegated'
  | 'alone';

/** One small change of a contract that a test should notice. */
export interface Mutant {
  /** Names it for good while its line stays: `EscrowPayout.sol:87:12 < to <=`. */
  readonly id: string;
  readonly file: string;
  /** Lines by which to find the tests that reach it: of the statement around it, or of all that name the constant. */
  readonly reach: number | { readonly constant: string };
  readonly start: number;
  readonly end: number;
  /** Stands in place of the range. */
  readonly text: string;
  readonly form: Form;
}

/** The file's text with the mutant in place. */
export function mutated(text: string, { start, end, text: replacement }: Mutant): string {
  return text.slice(0, start) + replacement + text.slice(end);
}
