const ANSWER_LIMIT_MS = 5000;

/** One JSON-RPC call to a chain node; throws when it does not answer or answers with an error. */
export async function rpc(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  });
  const body: unknown = await response.json();
  if (typeof body !== 'object' || body === null || !('result' in body)) {
    throw new Error(`${method} failed: ${JSON.stringify(body)}`);
  }
  return body.result;
}
