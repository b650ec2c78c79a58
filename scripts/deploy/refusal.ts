/** A reason not to go on that the operator can do something about; printed as one screen. */
export class Refusal extends Error {
  readonly reasons: readonly string[];
  constructor(title: string, reasons: readonly string[] = []) {
    super(title);
    this.name = 'Refusal';
    this.reasons = reasons;
  }
}

/** The screen of a refusal. */
export function renderRefusal({ message, reasons }: Refusal): string {
  return [`Refused: ${message}`, ...reasons.map((reason) => `  - ${reason}`)].join('\n');
}

/** The words of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
