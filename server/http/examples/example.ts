/** One good call of an operation, and what it is answered. Tests send the call and compare the answer with its schema. */
export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly answer: unknown;
}
