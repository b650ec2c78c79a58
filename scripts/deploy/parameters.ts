import { readFileSync } from 'node:fs';
import { isAddress } from 'ethers';
import { z } from 'zod';
import { messageOf, Refusal } from './refusal.ts';

// Bounds that the contract's constructor checks (contracts/EscrowCustody.sol, contracts/SignerSet.sol).
const MOST_SIGNERS = 8;
const HIGHEST_FEE_CAP_BPS = 1_000;
const SHORTEST_DISPUTE_DAYS = 21;
const LONGEST_DISPUTE_DAYS = 366;
const DAY_SECONDS = 86_400;

/** The constructor's arguments as an operator writes them down. */
export interface EscrowParameters {
  readonly signers: readonly string[];
  readonly threshold: number;
  readonly guardian: string;
  readonly treasury: string;
  readonly feeCapBps: number;
  readonly disputeTimeoutSeconds: number;
}

const address = z
  .string('is missing')
  .refine((text) => /^0x[0-9a-fA-F]{40}$/.test(text) && isAddress(text), 'is no address with a right checksum')
  // 0x1111… is what the example file holds; whoever keeps it would lock the money for ever.
  .refine((text) => !/^0x(.)\1{39}$/.test(text), 'is zero or a placeholder');

const between = (low: number, high: number, unit: string) => {
  const rule = `must be a whole number from ${low} to ${high}${unit}`;
  return z.int(rule).min(low, rule).max(high, rule);
};

const schema = z
  .strictObject({
    signers: z
      .array(address, 'is missing: a list of 1 to 8 addresses')
      .min(1, `needs 1 to ${MOST_SIGNERS} addresses`)
      .max(MOST_SIGNERS, `needs 1 to ${MOST_SIGNERS} addresses`),
    threshold: between(1, MOST_SIGNERS, ' and at most the number of signers'),
    guardian: address,
    treasury: address,
    feeCapBps: between(0, HIGHEST_FEE_CAP_BPS, ' bps'),
    disputeTimeoutDays: between(SHORTEST_DISPUTE_DAYS, LONGEST_DISPUTE_DAYS, ' days'),
  })
  .superRefine(({ signers, threshold, guardian, treasury }, context) => {
    const say = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (threshold > signers.length) say('threshold', `must be at most the number of signers, ${signers.length}`);
    const seats = [...signers, guardian, treasury].map((seat) => seat.toLowerCase());
    const twice = seats.filter((seat, index) => seats.indexOf(seat) !== index);
    if (twice.length > 0)
      say('signers', `signers, guardian and treasury must all differ: ${twice.join(', ')} is twice`);
  });

type Environment = Readonly<Record<string, string | undefined>>;

/** Whole numbers become numbers; anything else stays as it is, for the schema to complain about. */
const numberOf = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : text);
const listOf = (text: string) => text.split(',').map((item) => item.trim());
const fromEnvironment = {
  signers: ['ESCROW_SIGNERS', listOf],
  threshold: ['ESCROW_THRESHOLD', numberOf],
  guardian: ['ESCROW_GUARDIAN', String],
  treasury: ['ESCROW_TREASURY', String],
  feeCapBps: ['ESCROW_FEE_CAP_BPS', numberOf],
  disputeTimeoutDays: ['ESCROW_DISPUTE_TIMEOUT_DAYS', numberOf],
} as const;

function readFile(file: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw new Refusal(`the parameters cannot be read`, [`${file}: ${messageOf(error)}`]);
  }
  throw new Refusal('the parameters cannot be read', [`${file} holds no JSON object`]);
}

/** The parameters from a JSON file, single ones overridden by `ESCROW_…` variables; throws a `Refusal` naming every problem. */
export function readParameters(file: string | undefined, environment: Environment): EscrowParameters {
  const overrides = Object.entries(fromEnvironment).flatMap(([name, [variable, read]]) => {
    const text = environment[variable]?.trim();
    return text ? [[name, read(text)] as const] : [];
  });
  return checkParameters({ ...(file === undefined ? {} : readFile(file)), ...Object.fromEntries(overrides) });
}

/** Checks parameters against the bounds of the constructor; throws a `Refusal` naming every problem. */
export function checkParameters(value: unknown): EscrowParameters {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'parameters'}: ${issue.message}`);
    throw new Refusal('the parameters are not those of an escrow', problems);
  }
  const { disputeTimeoutDays, ...rest } = parsed.data;
  return { ...rest, disputeTimeoutSeconds: disputeTimeoutDays * DAY_SECONDS };
}
