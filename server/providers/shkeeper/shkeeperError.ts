const messageMax = 300;

/** Why a call to SHKeeper failed, in the words the commands decide on. */
export type ShkeeperErrorCode =
  | 'provider_auth'
  | 'provider_unavailable'
  | 'provider_request'
  | 'provider_protocol'
  | 'provider_unknown_outcome'
  | 'provider_refused'
  | 'provider_duplicate';

/** Facts beside the message; a body is only ever kept as its hash. */
export interface ShkeeperErrorDetails {
  readonly httpStatus?: number;
  readonly bodySha256?: string;
  /** True when no readable answer came at all, so that repeating a read makes sense. */
  readonly transient?: boolean;
}

/** A failed call to SHKeeper. */
export class ShkeeperError extends Error {
  readonly code: ShkeeperErrorCode;
  readonly details: ShkeeperErrorDetails;

  constructor(code: ShkeeperErrorCode, message: string, details: ShkeeperErrorDetails = {}) {
    super(boundMessage(message));
    this.name = 'ShkeeperError';
    this.code = code;
    this.details = details;
  }
}

/** One line of at most 300 characters, without the Python traceback some answers carry. */
export function boundMessage(message: string): string {
  const [head = ''] = message.split(/Traceback \(most recent call last\)/);
  return (head.trim() || 'no message').replace(/\s+/g, ' ').slice(0, messageMax);
}
