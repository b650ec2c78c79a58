import { isError } from 'ethers';

/** A node that answers, but does not have the block the question is about. */
export class NodeBehindError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NodeBehindError';
  }
}

interface NodeReply {
  readonly code: number | null;
  /** The node's own words. */
  readonly message: string;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** What the node itself said, which ethers keeps in different places for different methods. */
function nodeReply(error: unknown): NodeReply {
  const outer = record(error);
  const inner = record(outer.error ?? record(outer.info).error);
  const body = record(outer.info).responseBody;
  return {
    code: typeof inner.code === 'number' ? inner.code : null,
    message: [inner.message, body].filter((text) => typeof text === 'string').join(' '),
  };
}

// ethers' own words for "the question itself is wrong": no other node would answer it better.
const wrongQuestion = ['INVALID_ARGUMENT', 'MISSING_ARGUMENT', 'UNEXPECTED_ARGUMENT', 'NOT_IMPLEMENTED'];

/** Whether another node may answer what this one failed at: everything but a revert and a mistake of our own. */
export function retryElsewhere(error: unknown): boolean {
  if (error instanceof NodeBehindError) return true;
  if (isError(error, 'CALL_EXCEPTION')) {
    // ethers calls every failed eth_call a call exception; only these are the contract's own refusal.
    const reply = nodeReply(error);
    return error.data === null && reply.code !== 3 && !/revert/i.test(reply.message);
  }
  const { code, argument } = record(error);
  // An answer that is no value of its kind: ethers blames its own reading of it.
  if (argument === '%response') return true;
  return typeof code === 'string' && !wrongQuestion.includes(code);
}

/** Whether the node itself is ill (so that it is left alone for a while), or merely refused this question. */
export function nodeIsIll(error: unknown): boolean {
  return !(error instanceof NodeBehindError) && !isLogLimit(error);
}

/** Whether a node refused a range of logs as too large; a rate limit is not meant. */
export function isLogLimit(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isLogLimit);
  const { code, message } = nodeReply(error);
  if (/\brate\b|429|too many requests|request count|quota|per second/i.test(message)) return false;
  if (code === -32005 || code === -32602) return true;
  return /(block|log|result|response|query)[^.]*(range|limit|more than|exceed|too (large|many|big))/i.test(message);
}

/** Whether a node did not answer in time, which a smaller range of logs may cure. */
export function isTimeout(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isTimeout);
  return isError(error, 'TIMEOUT');
}
