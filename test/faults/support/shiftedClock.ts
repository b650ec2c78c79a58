import { readFileSync, writeFileSync } from 'node:fs';

/*
 * Loaded into a server before anything else (`--import`): its wall clock goes by the milliseconds that stand in CLOCK_SHIFT_FILE,
 * which may change at any time and are repeated in a file beside it once they hold. The monotonic clock goes on, as it does when the
 * time of a machine is set.
 */
const file = process.env.CLOCK_SHIFT_FILE ?? '';
const lookEveryMs = 100;
const realNow = Date.now;
let shiftMs = 0;

const now = () => realNow() + shiftMs;

function look(): void {
  const wanted = Number(readFileSync(file, 'utf8')) || 0;
  if (wanted === shiftMs) return;
  shiftMs = wanted;
  writeFileSync(`${file}.seen`, String(wanted));
}

look();
setInterval(look, lookEveryMs).unref();
// the same class under the same name: libraries look at both
globalThis.Date = new Proxy(Date, {
  construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});
