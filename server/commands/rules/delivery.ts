/** Headers that carry a secret; SHKeeper sends its API key in clear with every callback (shkeeper.md §2.1). */
const secretHeaders = ['x-shkeeper-api-key', 'authorization', 'cookie'];

/** A delivery's headers as they may be kept. */
export function keptHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !secretHeaders.includes(name.toLowerCase())));
}
