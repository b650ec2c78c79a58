import { readFileSync } from 'node:fs';
import type { Terms } from './escrowTerms.ts';
import { DAY, type EscrowWorld, roles } from './escrowWorld.ts';

/** What an example of a page stands on: the payments it tells of, its day 0, and the names of accounts that are no role. */
export interface Example {
  readonly world: EscrowWorld;
  readonly payments: readonly Terms[];
  readonly start: number;
  /** The vault, where it is not the payment's own. */
  readonly vault?: string;
  readonly names: Readonly<Record<string, string>>;
}

/** A row of an example: what is shown, before and after. */
export type PageRow = readonly [label: string, before: string, after: string];

/** The rows that the page of a verb shows under "State before and after". */
export function rowsOf(verb: string): PageRow[] {
  const page = readFileSync(new URL(`../../docs/contract/${verb}.md`, import.meta.url), 'utf8');
  const table = /\| what \| before \| after \|\n\|---\|---\|---\|\n((?:\|.*\n)+)/.exec(page)?.[1] ?? '';
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [, label = '', before = '', after = ''] = line.split('|').map((cell) => plain(cell.trim()));
      return [label, before, after === 'unchanged' ? before : after];
    });
}

/** A number may be explained in brackets behind it; `code` marks say nothing. */
function plain(cell: string): string {
  return cell.replaceAll('`', '').replace(/^([\d,]+) \(.*\)$/, '$1');
}

const shown = (value: bigint | number) => BigInt(value).toLocaleString('en-US');
const pair = (first: bigint, second: bigint) => `${shown(first)} / ${shown(second)}`;
const STATUS_NAMES = ['None', 'Funded', 'Delivered', 'Frozen', 'Closed'];

function day(example: Example, time: bigint): string {
  return time === 0n ? '0' : `day ${(Number(time) - example.start) / DAY}`;
}

/** Accounts as the pages call them. */
async function accountOf(example: Example, name: string): Promise<string> {
  const { world, payments, vault } = example;
  const [terms] = payments;
  if (name === 'pool') return world.escrow.address;
  if (name === 'vault' && terms !== undefined) return vault ?? (await world.vaultOf(terms));
  const accounts: Readonly<Record<string, string>> = {
    buyer: roles.buyer.address,
    seller: roles.seller.address,
    refundTo: roles.refundTo.address,
    treasury: roles.treasury.address,
    'new wallet': example.names['new wallet'] ?? '',
    'who broadcasts': roles.stranger.address,
  };
  return accounts[name] ?? '';
}

type Reader = (example: Example, terms: Terms) => Promise<string>;

const ofRecord: Readonly<Record<string, Reader>> = {
  status: async ({ world, payments }, terms) => {
    const { status, inVault } = await world.payment(terms);
    const name = STATUS_NAMES[Number(status)] ?? '';
    return payments.length > 1 || status === 0n || status === 4n ? name : `${name} (${inVault ? 'vault' : 'pool'})`;
  },
  'remaining / released': async ({ world }, terms) => {
    const { remaining, released } = await world.payment(terms);
    return pair(remaining, released);
  },
  remaining: async ({ world }, terms) => shown((await world.payment(terms)).remaining),
  released: async ({ world }, terms) => shown((await world.payment(terms)).released),
  clock: async (example, terms) => day(example, (await example.world.payment(terms)).clock),
  seq: async ({ world }, terms) => shown((await world.payment(terms)).seq),
  bumps: async ({ world }, terms) => shown((await world.payment(terms)).bumps),
  'vault deployed': async ({ world }, terms) => ((await world.payment(terms)).vaultDeployed ? 'yes' : 'no'),
};

const ofEscrow: Readonly<Record<string, Reader>> = {
  'owed / fees of the token': async ({ world }) => {
    const { owed, fees } = await world.book();
    return pair(owed, fees);
  },
  'owed of the token': async ({ world }) => shown((await world.book()).owed),
  'vaultCredit(id): seller / refundTo': async ({ world }, terms) => {
    const [seller, refundTo] = await world.read(world.escrow, 'vaultCredit', [world.idOf(terms)]);
    return pair(seller, refundTo);
  },
  'credits(seller, token)': async ({ world }, { seller, token }) =>
    shown((await world.read(world.escrow, 'credits', [seller, token]))[0]),
  'redirectNonce(seller)': async ({ world }, { seller }) =>
    shown((await world.read(world.escrow, 'redirectNonce', [seller]))[0]),
  'refundedLater(id)': async ({ world }, terms) =>
    shown((await world.read(world.escrow, 'refundedLater', [world.idOf(terms)]))[0]),
  'config nonce': async ({ world }) => shown((await world.read(world.escrow, 'config')).nonce),
  'active signers (config().active)': async ({ world }) =>
    `0b${(await world.read(world.escrow, 'config')).active.toString(2).padStart(3, '0')}`,
  pausedUntil: async (example) => day(example, (await example.world.read(example.world.escrow, 'config')).pausedUntil),
};

function nameOf({ names }: Example, account: string): string {
  return Object.entries(names).find(([, address]) => address === account)?.[0] ?? account;
}

/** What the chain says to the label of a row; undefined for a row that tells a consequence, not a reading. */
export async function reading(example: Example, label: string): Promise<string | undefined> {
  const { world, payments } = example;
  const [terms] = payments;
  if (terms === undefined) return undefined;
  const account = /^balance of (?:the )?(.+?)(?: on chain 56)?$/.exec(label)?.[1];
  if (account !== undefined) return shown(await world.balance(await accountOf(example, account)));
  const [, kind, index] = /^(seat|rotation)\((\d)\)$/.exec(label) ?? [];
  if (kind === 'seat') return nameOf(example, (await world.read(world.escrow, 'seat', [index]))[0]);
  if (kind === 'rotation') {
    const { account: next, readyAt } = await world.read(world.escrow, 'rotation', [index]);
    return readyAt === 0n ? 'none' : `${nameOf(example, next)}, ready after ${day(example, readyAt)}`;
  }
  const reader = { ...ofRecord, ...ofEscrow }[label.replace(/ of A \/ B$/, '')];
  if (reader === undefined) return undefined;
  const all = label.endsWith(' of A / B') ? payments : [terms];
  return (await Promise.all(all.map((each) => reader(example, each)))).join(' / ');
}
