/** A question of the parent to a process of the bench. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

/** Its answer. */
export type Answer =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: string };

/** What a process of the bench can be asked. */
export type Handlers = Readonly<Record<string, (input: unknown) => unknown>>;

const own: Handlers = {
  cpu: () => process.cpuUsage(),
  memory: () => process.memoryUsage(),
};

/** Answers the parent's questions until it goes; then this process ends, too. */
export function answerParent(handlers: Handlers, stop: () => unknown): void {
  const all: Handlers = { ...own, ...handlers };
  const end = async () => {
    await stop();
    process.exit(0);
  };
  process.on('message', async ({ id, name, input }: Question) => {
    if (name === 'stop') return end();
    try {
      process.send?.({ id, answer: await all[name]?.(input) });
    } catch (error) {
      process.send?.({ id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.once('disconnect', () => process.exit(0));
  process.send?.({ id: 0, answer: null });
}
