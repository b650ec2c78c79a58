import { readFileSync } from 'node:fs';
import { effectTypes } from '../../../server/domain/transition.ts';
import { filesBelow } from '../../house/sources.ts';
import type { Death } from './crashLife.ts';

/** One row of F1: where, because of what, in which life. */
export interface PlannedDeath extends Death {
  readonly label: string;
  readonly source: string;
  /** What may end later than the usual limit, and why. */
  readonly late?: string;
}

/** Every change of a payment passes these; each is died at for each source. */
const labelsOfEveryChange = ['tailRead', 'beforeInsert', 'afterInsert', 'beforeProject', 'projected', 'answered'];

/** The provider may still be working on the first question for an address, so nobody asks again before its lease is over. */
const addressLease = 'the address is asked for again after 45 s';

interface Source {
  readonly name: string;
  /** `<actor>/<kind of signal>`, as the coordinator is called by it. */
  readonly by: string;
  readonly life: Death['life'];
  /** Keeps out the sources that could be faster; a change of `ROLES` ends with the death. */
  readonly env?: Readonly<Record<string, string>>;
  readonly late?: string;
}

const noMonitor = { ROLES: 'web,worker' };
const noPolls = { SHKEEPER_POLL_SECONDS: '3600' };

/** Everything that tells the coordinator about payments. */
const sources: readonly Source[] = [
  { name: 'buyer API', by: 'user:stage-buyer/intentOpened', life: 'trade', late: addressLease },
  { name: 'webhook', by: 'provider:shkeeper/providerReported', life: 'trade' },
  { name: 'poller', by: 'poller:shkeeper/providerReported', life: 'polled', env: noMonitor },
  { name: 'manual confirm', by: 'user:stage-buyer/hintGiven', life: 'hinted' },
  { name: 'chain monitor', by: 'chainMonitor/transferConfirmed', life: 'uncalled', env: noPolls },
  { name: 'due work (look at the chain)', by: 'verifier/transferConfirmed', life: 'hinted', env: noMonitor },
  { name: 'due work (payout)', by: 'payouts/payoutSubmitted', life: 'trade' },
  { name: 'admin API', by: 'user:stage-admin/settlementPrepared', life: 'trade' },
  { name: 'relay', by: 'relay/payoutSucceeded', life: 'payout' },
];

const changes: readonly PlannedDeath[] = sources.flatMap(({ name, by, life, env, late }) =>
  labelsOfEveryChange.map((label) => ({
    ...{ label, source: name, at: `${label}@${by}:1`, life },
    ...(env === undefined ? {} : { env }),
    ...(late === undefined ? {} : { late }),
  })),
);

const single = (
  label: string,
  source: string,
  life: Death['life'],
  more: Partial<PlannedDeath> = {},
): PlannedDeath => ({
  ...{ label, source, life, at: `${label}:1` },
  ...more,
});

/** Effects by the life that has them. */
const effects: readonly (readonly [string, Death['life'], string?])[] = [
  ['askAddress', 'trade', addressLease],
  ['verify', 'trade'],
  ['drivePayout', 'trade'],
  ['requestForward', 'trade'],
  ['openPayoutRecord', 'payout'],
  ['reportPayout', 'payout'],
  ['setRequestStatus', 'trade', addressLease],
  ['acceptOffer', 'trade'],
  ['event', 'trade', addressLease],
  ['alarm', 'paidTwice'],
];

const others: readonly PlannedDeath[] = [
  single('intentOpened', 'buyer API', 'trade', { late: addressLease }),
  single('addressAnswered', 'buyer API', 'trade', { late: addressLease }),
  single('idempotencyStored', 'admin API', 'payout'),
  single('relayLeased', 'relay', 'trade', { at: 'relayLeased:3' }),
  single('effectMarked', 'relay', 'trade', { at: 'effectMarked:3' }),
  single('due:taken', 'due work', 'trade', { at: 'due:taken:2' }),
  single('due:worked', 'due work', 'trade', { at: 'due:worked:2' }),
  single('payoutClaimed', 'due work', 'unanswered', {
    env: { PAYOUT_MANUAL_AFTER_SECONDS: '3' },
    late: 'nobody may guess: a person ends it',
  }),
  single('payoutPosted', 'due work', 'trade'),
  single('payoutRecorded', 'due work', 'trade'),
  single('monitor:afterObserve', 'chain monitor', 'trade', { at: 'monitor:afterObserve:2' }),
  single('monitor:beforeCursor', 'chain monitor', 'trade', { at: 'monitor:beforeCursor:12' }),
  single('monitor:cursorMoved', 'chain monitor', 'trade', { at: 'monitor:cursorMoved:6' }),
];

/** Every death of F1. */
export const plannedDeaths: readonly PlannedDeath[] = [
  ...changes,
  ...others,
  ...effects.flatMap(([type, life, late]) =>
    ['beforeEffect', 'afterEffect'].map((side) =>
      single(`${side}:${type}`, 'relay', life, late === undefined ? {} : { late }),
    ),
  ),
];

/** Every label that the server's source can be killed at; `${…}` of a label stands for each type of effect. */
export function labelsOfSource(): string[] {
  const called = filesBelow('server', '.ts').flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/\bcrash\((?:'([^']+)'|`([^`]+)`)\)/g)].map(
      ([, plain, template]) => plain ?? template ?? '',
    ),
  );
  return [
    ...new Set(
      called.flatMap((label) =>
        label.includes('${') ? effectTypes.map((type) => label.replace(/\$\{.*\}/, type)) : label,
      ),
    ),
  ].sort();
}
