import { z } from 'zod';
import type { SimulatorSettings } from './settings.ts';

const errorShapes = ['E1', 'E2', 'E3', 'E4', 'E5', 'E6'] as const;

/**
 * The oddities of the original that can be set; the S-number of each is its name in the comments of this folder. `doublePayout` and
 * `holdPayouts` have none: they make the double forward and a queue whose worker is away.
 */
const switchSchemas = {
  /** S1 */ sign: z.enum(['timestamped', 'none', 'body', 'dedicated']),
  /** S1, the key of `dedicated` */ dedicatedSecret: z.string().min(1),
  /** S2 */ apiKeyHeader: z.boolean(),
  /** S3, seconds added to the clock that signs */ clockSkew: z.number().int(),
  /** S4 */ tamper: z.enum(['off', 'flipByte', 'reserialise', 'cutSignature', 'doubleHeader']),
  /** S5 */ ack: z.array(z.number().int()).min(1),
  /** S6 */ redeliver: z.boolean(),
  /** S7, in ticks */ notificationDelay: z.number().int().min(1),
  /** S9 */ reorder: z.boolean(),
  /** S9, copies sent in parallel */ duplicate: z.number().int().min(1).max(5),
  /** S10 */ lostUpdate: z.boolean(),
  /** S11 */ secondTransferLost: z.boolean(),
  /** S14 */ unconfirmed: z.boolean(),
  /** S15 */ txidStyle: z.enum(['bare', 'prefixed', 'upper', 'mixed']),
  /** S16, percent added to the crypto amount */ fee: z.number().min(0).max(100),
  /** S16, percent of the fiat amount */ limits: z.strictObject({ lower: z.number(), upper: z.number() }),
  /** S20, S37: how long the wallet behind the core takes to answer, the window in which parallel requests miss each other */
  walletMs: z.number().int().min(0).max(60_000),
  /** S28 */ noCallback: z.boolean(),
  /** S30, the word to use */ unknownStatus: z.string().nullable(),
  /** S32, how many callbacks for nobody the next tick sends */ unrelatedCallback: z.number().int().min(0).max(100),
  /** S33, for the next `times` calls of a route, or of every route */
  errorStyle: z
    .strictObject({
      shape: z.enum(errorShapes),
      route: z.string().optional(),
      times: z.number().int().min(1).default(1_000_000),
    })
    .nullable(),
  /** S35 */ slowBackend: z.boolean(),
  /** S36: v2.5.28 leaves the row in progress, later servers fail it */
  refuseBurnsId: z.enum(['off', 'inProgress', 'fail']),
  /** S42 */ failAfterBroadcast: z.boolean(),
  /** S45: signed and reported, but kept from the chain until switched off */ stuckTx: z.boolean(),
  /** S47 */ payoutCallback: z.boolean(),
  /** S48 */ sweep: z.strictObject({ enabled: z.boolean(), delayMs: z.number().int().min(0).optional() }),
  /** How many of the next payouts are sent twice */ doublePayout: z.number().int().min(0),
  holdPayouts: z.boolean(),
} as const;

const switchesSchema = z.strictObject(switchSchemas);
const patchSchema = switchesSchema.partial();
export type SwitchValues = z.infer<typeof switchesSchema>;
export type ErrorShape = (typeof errorShapes)[number];

const factory: SwitchValues = {
  sign: 'timestamped',
  dedicatedSecret: 'dedicated-webhook-secret',
  apiKeyHeader: true,
  clockSkew: 0,
  tamper: 'off',
  ack: [202],
  redeliver: true,
  notificationDelay: 1,
  reorder: false,
  duplicate: 1,
  lostUpdate: false,
  secondTransferLost: true,
  unconfirmed: false,
  txidStyle: 'bare',
  fee: 2,
  limits: { lower: 95, upper: 105 },
  walletMs: 20,
  noCallback: false,
  unknownStatus: null,
  unrelatedCallback: 0,
  errorStyle: null,
  slowBackend: false,
  refuseBurnsId: 'off',
  failAfterBroadcast: false,
  stuckTx: false,
  payoutCallback: false,
  sweep: { enabled: true },
  doublePayout: 0,
  holdPayouts: false,
};
/** `recommended` is v2.5.28 with the settings that we advise. */
const profiles: Readonly<Record<SimulatorSettings['profile'], SwitchValues>> = {
  factory,
  recommended: { ...factory, fee: 0, limits: { lower: 100, upper: 105 }, payoutCallback: true },
};

/** The switches in force, globally and for single external ids. */
export interface Switches {
  of(externalId: string | null): SwitchValues;
  /** Changes switches; null takes one back to the profile. Throws a `ZodError` on an unknown name or value. */
  set(change: Readonly<Record<string, unknown>>, externalId: string | null): void;
  /** Whether the payout at hand is to be sent twice; counts the switch down where it was set. */
  takeDouble(externalId: string | null): boolean;
}

/** Builds the switch board of a profile. */
export function createSwitches(profile: SimulatorSettings['profile']): Switches {
  const base = profiles[profile];
  let everywhere: Partial<SwitchValues> = {};
  const byExternalId = new Map<string, Partial<SwitchValues>>();
  const merge = (old: Partial<SwitchValues>, change: Readonly<Record<string, unknown>>): Partial<SwitchValues> => {
    const given = Object.entries(change).filter(([, value]) => value !== null);
    const reset = Object.keys(change).filter((name) => change[name] === null);
    const profileOf: Readonly<Record<string, unknown>> = base;
    // What is taken back is parsed along, so that a name nobody knows is refused there, too.
    const known = patchSchema.parse(Object.fromEntries([...given, ...reset.map((name) => [name, profileOf[name]])]));
    return Object.fromEntries(Object.entries({ ...old, ...known }).filter(([name]) => !reset.includes(name)));
  };
  const ownOf = (externalId: string | null) => (externalId === null ? undefined : byExternalId.get(externalId));
  const of = (externalId: string | null): SwitchValues => ({ ...base, ...everywhere, ...ownOf(externalId) });
  const set = (change: Readonly<Record<string, unknown>>, externalId: string | null): void => {
    if (externalId === null) everywhere = merge(everywhere, change);
    else byExternalId.set(externalId, merge(ownOf(externalId) ?? {}, change));
  };
  return {
    of,
    set,
    takeDouble(externalId) {
      const left = of(externalId).doublePayout;
      const scope = ownOf(externalId)?.doublePayout === undefined ? null : externalId;
      if (left > 0) set({ doublePayout: left - 1 }, scope);
      return left > 0;
    },
  };
}
