/** Throws unless two plain values are the same; for checks that run a million times, where chai's proxies would take all the time. */
export function insist(what: string, found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} instead of ${String(wanted)}`);
}
