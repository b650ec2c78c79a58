import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 50;

/** Asks again and again until the answer is true or the time is over; answers whether it became true. */
export async function waitUntil(isTrue: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadlineMs = Date.now() + limitMs;
  for (;;) {
    if (await isTrue()) return true;
    if (Date.now() >= deadlineMs) return false;
    await pause(POLL_MS);
  }
}
