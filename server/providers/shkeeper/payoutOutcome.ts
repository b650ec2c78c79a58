import type { PayoutAnswer } from '../../ports/outside.ts';
import { boundMessage, ShkeeperError } from './shkeeperError.ts';

/** A refusal that never left this process. */
export const notSent = (message: string): PayoutAnswer => ({ outcome: 'refused', message });

/**
 * Texts that the core answers before it asks the wallet, also as HTTP 500. No other quoted key name
 * belongs here: it may be the core tripping over the wallet's answer, after the wallet took the payout.
 */
const beforeWallet = /^'fee'$|^Unknown crypto|^Invalid callback_url/;
/** The wallet is not asked for a coin that is switched off; with HTTP 200 only. */
const switchedOff = /payment gateway is unavailable|unavailable because of lagging|is not enabled/;

/**
 * Sorts the error of a payout's one POST: `refused` is a clear word that SHKeeper did not take it, `duplicate` that its
 * row exists already, `unknown` everything else, above all a 5xx and a time-out: the money may be on its way.
 */
export function outcomeOfError(error: unknown): PayoutAnswer {
  if (!(error instanceof ShkeeperError)) return { outcome: 'unknown', message: boundMessage(String(error)) };
  const { code, details } = error;
  const message = boundMessage(`${code}: ${error.message}`);
  if (code === 'provider_duplicate') return { outcome: 'duplicate', message };
  const refusedInFull = details.httpStatus === 200 && (code === 'provider_refused' || switchedOff.test(error.message));
  const refused = code === 'provider_auth' || beforeWallet.test(error.message) || refusedInFull;
  return { outcome: refused ? 'refused' : 'unknown', message };
}
