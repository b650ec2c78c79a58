/** Ends with EX_USAGE when an argument is none of the known ones: a mistyped option must not run as if it had not been given. */
export function refuseUnknown(args: readonly string[], known: readonly string[]): void {
  const unknown = args.filter((argument) => !known.includes(argument));
  if (unknown.length === 0) return;
  process.stderr.write(`unknown argument ${unknown.join(', ')}; known: ${known.join(', ')}\n`);
  process.exit(64);
}
