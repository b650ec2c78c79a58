/** What must hold of the books at any time. */
export const invariants = [
  'I1',
  'I2',
  'I3',
  'I4',
  'I5',
  'I6',
  'I7',
  'I8',
  'I9',
  'I10',
  'I11',
  'I12',
  'I13',
  'I14',
] as const;
export type Invariant = (typeof invariants)[number];

/** One thing that does not hold; `record` is the transition, payment, claim or transaction to look at. */
export interface Violation {
  readonly invariant: Invariant;
  readonly record: string;
  readonly detail: string;
}

/** Where a check says what it found. */
export type Report = (invariant: Invariant, record: string, detail: string) => void;

/** A report that keeps what it is told. */
export function createReport(): { readonly violations: readonly Violation[]; readonly report: Report } {
  const violations: Violation[] = [];
  return { violations, report: (invariant, record, detail) => void violations.push({ invariant, record, detail }) };
}
