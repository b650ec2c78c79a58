import type { Terms } from './escrowTerms.ts';
import { DAY, type Deployed, type EscrowWorld, PRICE, roles } from './escrowWorld.ts';
import { type ChainReceipt, readArtifact } from './localChain.ts';

/** What `PickyToken` answers to a receiver: the order of its enum. */
export const PICKY = {
  honest: 0,
  refuses: 1,
  falseUnmoved: 2,
  falseMoved: 3,
  eatsGas: 4,
  toll: 5,
  bonus: 6,
  hungry: 7,
} as const;

/** One unit of a token of 18 decimals. */
export const UNIT = 10n ** 18n;
/** The usual split that closes a payment, its fee of 1 %, and the seller's net. */
export const SPLIT = { toSeller: 60n * UNIT, toBuyer: 40n * UNIT };
export const SPLIT_FEE = (60n * UNIT) / 100n;
export const SPLIT_NET = SPLIT.toSeller - SPLIT_FEE;
export const RELEASE = { toSeller: PRICE, toBuyer: 0n };
export const REFUND = { toSeller: 0n, toBuyer: PRICE };
export const MODES = ['pool', 'vault'] as const;
export type Mode = (typeof MODES)[number];

/** Makes a token that answers each receiver in its own way the one that the world's verbs use. */
export async function usePicky(world: EscrowWorld): Promise<Deployed> {
  world.token = await world.deploy(readArtifact('mocks/PickyToken.sol', 'PickyToken'));
  return world.token;
}

/** Chooses what a `PickyToken` answers to a receiver. */
export async function answer(world: EscrowWorld, to: string, value: number): Promise<void> {
  await world.send(world.token, roles.deployer, 'setAnswer', [to, value]);
}

/** The issuer stops an account, or lets it go again. */
export async function blacklist(world: EscrowWorld, account: string, listed = true): Promise<void> {
  await world.send(world.token, roles.deployer, 'setBlacklisted', [account, listed]);
}

/** The issuer destroys tokens of an account. */
export async function burn(world: EscrowWorld, account: string, amount: bigint): Promise<void> {
  await world.send(world.token, roles.deployer, 'burn', [account, amount]);
}

/** An account without a key, with nothing in any asset, that takes what comes. */
export function plainAccount(index: number): string {
  return `0x${(0xacc0_0000 + index).toString(16).padStart(40, '0')}`.toLowerCase();
}

/** A contract that receives native coin as a test chooses. */
export async function useReceiver(world: EscrowWorld): Promise<Deployed> {
  return world.deploy(readArtifact('mocks/TestReceiver.sol', 'TestReceiver'));
}

/** Where the money of a payment is, and what the escrow says of it. */
export async function moneyOf(world: EscrowWorld, terms: Terms) {
  const id = world.idOf(terms);
  const { escrow } = world;
  const { owed, fees } = await world.book(terms.token);
  const [sellerShare, refundToShare] = await world.read(escrow, 'vaultCredit', [id]);
  const [sellerCredit] = await world.read(escrow, 'credits', [terms.seller, terms.token]);
  const [refundToCredit] = await world.read(escrow, 'credits', [terms.refundTo, terms.token]);
  const { remaining, released, status } = await world.payment(terms);
  return {
    seller: await world.balance(terms.seller, terms.token),
    refundTo: await world.balance(terms.refundTo, terms.token),
    treasury: await world.balance(roles.treasury.address, terms.token),
    escrow: await world.balance(escrow.address, terms.token),
    vault: await world.balance(await world.vaultOf(terms), terms.token),
    owed,
    fees,
    sellerCredit: BigInt(sellerCredit),
    refundToCredit: BigInt(refundToCredit),
    sellerShare: BigInt(sellerShare),
    refundToShare: BigInt(refundToShare),
    remaining: BigInt(remaining),
    released: BigInt(released),
    status: BigInt(status),
  };
}

/** The names of the escrow's own events of a transaction, in order. */
export function eventNames(world: EscrowWorld, receipt: ChainReceipt): string[] {
  return world.events(receipt).map((event) => event.name);
}

/** The values of each `Credited` of a transaction, without the id. */
export function creditedOf(world: EscrowWorld, receipt: ChainReceipt): unknown[][] {
  return world
    .events(receipt)
    .filter((event) => event.name === 'Credited')
    .map((event) => event.args.toArray().slice(1));
}

/** The three exits that time opens. */
export type Timer = 'reclaim' | 'claim' | 'forceResolve';
export const TIMERS: readonly Timer[] = ['reclaim', 'claim', 'forceResolve'];

/** Brings a payment to the second in which a timer opens; its record must be Funded, or its vault must hold the amount. */
export async function ripen(world: EscrowWorld, terms: Terms, timer: Timer): Promise<void> {
  let end = terms.deliverBy;
  if (timer !== 'reclaim') {
    if (timer === 'claim') await world.act(roles.seller, 'markDelivered', [terms]);
    else await world.act(roles.buyer, 'freeze', [terms]);
    end = (await world.chain.now()) + (timer === 'claim' ? terms.inspection : 45 * DAY);
  }
  await world.chain.setNextTime(end + 1);
}

/** Puts code on an account that burns about this much gas whenever it is called, whatever it is told. */
export async function makeHungry(world: EscrowWorld, account: string, gas: number): Promise<void> {
  // PUSH3 rounds, then a loop of 26 gas: JUMPDEST, PUSH1 1, SWAP1, SUB, DUP1, PUSH1 back, JUMPI, STOP.
  const rounds = Math.floor(gas / 26)
    .toString(16)
    .padStart(6, '0');
  await world.chain.setCode(account, `0x62${rounds}5b6001900380600457`);
}
