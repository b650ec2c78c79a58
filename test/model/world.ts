import { arrivalKey, claim } from '../../server/domain/claim.ts';
import type { Signal, SignalOf } from '../../server/domain/signal.ts';
import type { Transfer } from '../../server/domain/state.ts';
import { addresses, intent, late, prepared, report, settled, transfer } from '../domain/factories.ts';

/** Something that the world says about a payment; said again and again until it is answered. */
export interface Action {
  readonly name: string;
  readonly paymentId: string;
  readonly signal: Signal;
  readonly idempotencyClaim?: string;
}

const hex = (digit: string, length: number) => digit.repeat(length);
const idOf = (digit: string) => hex(digit, 24);
const hashOf = (n: number) => `0x${n.toString(16).padStart(64, '0')}`;

/** `first` and `second` compete for one request; `hosted` pays through the provider, and `payout` is the record of what goes out of it. */
export const payments = {
  first: idOf('a'),
  second: idOf('b'),
  hosted: idOf('c'),
  payout: idOf('d'),
  again: idOf('e'),
  copied: idOf('f'),
} as const;
export const requests = ['chair', 'table'] as const;
export const offers = [
  { id: 'chair-1', requestId: 'chair' },
  { id: 'chair-2', requestId: 'chair' },
  { id: 'table-1', requestId: 'table' },
  { id: 'table-2', requestId: 'table' },
] as const;

function opening(digit: string, requestId: string, offerId: string, hosted: boolean): SignalOf<'intentOpened'> {
  const own = {
    requestId,
    offerId,
    buyerId: `buyer-${digit}`,
    termsId: `0x${hex(digit, 64)}`,
    vault: `0x${hex(digit, 40)}`,
  };
  return { kind: 'intentOpened', intent: intent({ ...own, ...(hosted ? {} : { rail: 'web3', provider: null }) }) };
}
const openings = {
  first: opening('a', 'chair', 'chair-1', false),
  second: opening('b', 'chair', 'chair-2', false),
  hosted: opening('c', 'table', 'table-1', true),
};

const into = (receiver: string, amount: bigint, n: number, overrides: Partial<Transfer> = {}) =>
  transfer(amount, { receiver, txHash: hashOf(n), ...overrides });
const { first, second, hosted } = openings;
const sixty = into(first.intent.vault, 60n, 1);
const forty = into(first.intent.vault, 40n, 2);
const hundred = into(first.intent.vault, 100n, 3);
const rival = into(second.intent.vault, 100n, 4);
const price = into(addresses.oneTime, 100n, 5);
const tip = into(addresses.oneTime, 7n, 6);
const forwarded = into(hosted.intent.vault, 100n, 7, { senders: [addresses.hotWallet] });
const belated = into(first.intent.vault, 100n, 8, late);
const remined = { blockNumber: 1002, blockHash: hashOf(1002) };
const confirmed = (of: Transfer): Signal => ({ kind: 'transferConfirmed', transfer: of });
const orphaned = (of: Transfer, epoch: number): Signal => ({
  kind: 'transferOrphaned',
  arrivalKey: arrivalKey(of),
  epoch,
});

function says(paymentId: string) {
  return (name: string, signal: Signal, key?: string): Action => ({
    ...{ name, paymentId, signal },
    ...(key === undefined ? {} : { idempotencyClaim: claim.idempotency('admin', 'route', `${paymentId}-${key}`) }),
  });
}
const ofFirst = says(payments.first);
const ofSecond = says(payments.second);
const ofHosted = says(payments.hosted);
const ofPayout = says(payments.payout);
const told = (deliveryKey: string, hashes: readonly number[]): Signal => ({
  kind: 'providerReported',
  report: report({
    deliveryKey,
    transactions: hashes.map((n) => ({ txHash: hashOf(n), coin: 'BNB-USDT', amount: '1', confirmed: true })),
  }),
});

const about = {
  first: [
    ofFirst('sixty arrive', confirmed(sixty)),
    ofFirst('forty arrive', confirmed(forty)),
    ofFirst('a hundred arrive', confirmed(hundred)),
    ofFirst('a hundred arrive late', confirmed(belated)),
    ofFirst('sixty are seen', { kind: 'transferSeen', transfer: sixty }),
    ofFirst('sixty are mined again', confirmed({ ...sixty, ...remined })),
    ofFirst('the block of sixty is gone', orphaned(sixty, 0)),
    ofFirst('the second block of sixty is gone', orphaned(sixty, 1)),
    ofFirst('the block of a hundred is gone', orphaned(hundred, 0)),
    ofFirst('cancel', { kind: 'cancelRequested' }, 'cancel'),
    ofFirst('time is over', { kind: 'deadlinePassed' }),
    ofFirst('accept late money', { kind: 'lateAccepted' }, 'late'),
    ofFirst('release all', prepared(100n, 0n), 'release'),
    ofFirst('refund all', prepared(0n, 100n), 'refund'),
    ofFirst('release forty', prepared(40n, 0n), 'forty'),
    ofFirst('refund sixty', prepared(0n, 60n), 'sixty'),
    ofFirst('the release is void', { kind: 'settlementVoided', digest: 'digest-100-0', proof: 'expired' }),
    ofFirst('the release is settled', settled(100n, 0n, { termsId: first.intent.termsId })),
  ],
  second: [
    ofSecond('screening holds the rival', { kind: 'riskAssessed', hold: true }, 'hold'),
    ofSecond('screening lets the rival go', { kind: 'riskAssessed', hold: false }, 'let go'),
    ofSecond('a rival hundred arrive', confirmed(rival)),
    ofSecond('the rival time is over', { kind: 'deadlinePassed' }),
    ofSecond('accept the late rival', { kind: 'lateAccepted' }, 'late'),
    ofSecond('cancel the rival', { kind: 'cancelRequested' }, 'cancel'),
  ],
  hosted: [
    ofHosted('the address is given', {
      ...{ kind: 'addressGiven', address: addresses.oneTime, providerAmount: '100', exchangeRate: '1' },
    }),
    ofHosted('the provider tells of one', told('one', [5])),
    ofHosted('the provider tells of two', told('two', [5, 6])),
    ofHosted('the price arrives', confirmed(price)),
    ofHosted('a tip arrives', confirmed(tip)),
    ofHosted('forward', { kind: 'forwardRequested', callbackUrl: 'https://example.org/payout' }),
    ofHosted('the forward arrives', confirmed(forwarded)),
    ofHosted('the block of the price is gone', orphaned(price, 0)),
    ofHosted(
      'pay the tip out',
      {
        ...{ kind: 'payoutRequested', payoutId: payments.payout, from: 'excess:provider', amount: 7n },
        destination: addresses.refundTo,
      },
      'payout',
    ),
    ofPayout('the payout is dead', { kind: 'payoutFailed', n: 1, proof: 'refused' }),
  ],
  doors: [
    says(payments.again)('open the same trade again', first),
    says(payments.copied)('open with a vault of another', {
      kind: 'intentOpened',
      intent: { ...first.intent, offerId: 'chair-3', termsId: `0x${hex('f', 64)}` },
    }),
  ],
};

/** What may be said at once in one run: about one payment, about rivals, or about everything. */
export const themes: readonly (readonly Action[])[] = [
  about.first,
  about.second,
  [...about.first, ...about.second, ...about.doors],
  about.hosted,
  Object.values(about).flat(),
];

const named = new Map(Object.values(about).flatMap((actions) => actions.map((action) => [action.name, action])));
function action(name: string): Action {
  const found = named.get(name);
  if (found === undefined) throw new Error(`nobody says: ${name}`);
  return found;
}

const opened = [
  ofFirst('open the first', first),
  ofSecond('open the second', second),
  ofHosted('open the hosted', hosted),
];
const hostedPaid = ['the address is given', 'the price arrives', 'a tip arrives'];

/** Where a run begins: what was said before, one after the other and without a fault. */
export const stages: readonly (readonly Action[])[] = [
  [],
  ['sixty arrive'],
  ['a hundred arrive'],
  ['a hundred arrive', 'release all'],
  ['sixty arrive', 'forty arrive', 'the block of sixty is gone'],
  ['time is over', 'a hundred arrive late'],
  hostedPaid,
  [...hostedPaid, 'pay the tip out'],
].map((names) => [...opened, ...names.map(action)]);
