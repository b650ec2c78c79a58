/** Where Hardhat cannot explain a revert, as in code it did not build, it puts what was returned one level deeper than usual. */
export function withRevertData(error: unknown): unknown {
  if (!(error instanceof Error) || !('data' in error)) return error;
  const { data } = error;
  if (typeof data === 'object' && data !== null && 'data' in data) error.data = data.data;
  return error;
}
