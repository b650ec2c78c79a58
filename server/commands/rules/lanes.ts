/** Lets calls about one payment go one after the other. */
export interface Lanes {
  /** Runs `work` when the calls that came before it for the same payment have ended. */
  enter<T>(paymentId: string, work: () => Promise<T>): Promise<T>;
}

/**
 * Saves work and nothing else: writers of one process would only collide at the fence, all but one in vain. What makes a history safe is
 * the fence, so that a call that ran out of time may be passed.
 */
export function createLanes(): Lanes {
  const last = new Map<string, Promise<void>>();
  return {
    async enter(paymentId, work) {
      const before = last.get(paymentId);
      const { promise, resolve } = Promise.withResolvers<void>();
      last.set(paymentId, promise);
      try {
        if (before !== undefined) await before;
        return await work();
      } finally {
        resolve();
        if (last.get(paymentId) === promise) last.delete(paymentId);
      }
    },
  };
}
