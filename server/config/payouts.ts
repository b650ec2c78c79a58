import { z } from 'zod';
import { list, setting, text } from './setting.ts';

const amountForm = /^(?:([A-Za-z0-9.]{1,16}):)?(\d{1,12}(?:\.\d{1,6})?)$/;
const address = /^0x[0-9a-fA-F]{40}$/;

const entriesOf = (value: string) => value.split(',').map((item) => item.trim());
const amounts = (standard: string) =>
  text
    .refine(
      (value) => entriesOf(value).every((entry) => amountForm.test(entry)),
      'must be like 1000 or 1000,BNB:2: an amount for all tokens, and others for those that are named',
    )
    .default(standard);

function readAmounts(value: string) {
  const read = entriesOf(value).map((entry) => amountForm.exec(entry) ?? []);
  const named = read.flatMap(([, token, amount = '0']) => (token ? [[token.toUpperCase(), amount] as const] : []));
  // Nothing leaves of a token that nobody gave an amount for.
  return { standard: read.find(([, token]) => !token)?.[2] ?? '0', tokens: Object.fromEntries(named) };
}

/** What may leave by payout to an address that somebody names; everything else a payout may go to stands in the terms of its payment. */
export const payoutSettings = {
  PAYOUT_MOST: setting(
    'policy',
    'the most of one payout to an address that an admin or a key names, in tokens: USDT:1000,BNB:2, or 1000 for all that are not named; of a token without an amount nothing leaves',
    amounts('USDT:1000,USDC:1000'),
  ),
  PAYOUT_MOST_PER_DAY: setting(
    'policy',
    'the most of all such payouts of a token on a network in 24 hours together, written the same way',
    amounts('USDT:5000,USDC:5000'),
  ),
  PAYOUT_KEY_DESTINATIONS: setting(
    'policy',
    "addresses, comma-separated, that a server's key may pay besides those that the terms of a payment name",
    list
      .pipe(z.array(z.string().regex(address, 'must be addresses (0x and 40 hex digits), comma-separated')))
      .transform((entries) => entries.map((entry) => entry.toLowerCase())),
  ),
} as const;

interface Read {
  readonly PAYOUT_MOST: string;
  readonly PAYOUT_MOST_PER_DAY: string;
  readonly PAYOUT_KEY_DESTINATIONS: readonly string[];
}

/** The limits as the use cases ask for them. */
export const payoutLimitsOf = (config: Read) => ({
  single: readAmounts(config.PAYOUT_MOST),
  daily: readAmounts(config.PAYOUT_MOST_PER_DAY),
  keyDestinations: config.PAYOUT_KEY_DESTINATIONS,
});
