import { type BookedFacts, contractMoney } from '../../domain/invariants/bookedFacts.ts';
import { checkEvents, checkHoldings, type OnChain } from '../../domain/invariants/onChain.ts';
import type { Report } from '../../domain/invariants/violation.ts';
import { assetName } from '../../domain/ledger.ts';
import type { PaymentState, State } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { AskedHolding, ChainBooks } from '../../ports/audit.ts';
import type { ChainReader, Network } from '../../ports/outside.ts';

/** A network as of the block that the books are compared with. */
export interface PinnedNetwork {
  readonly network: Network;
  readonly number: number;
  readonly hash: string;
  readonly pinnedAtMs: number;
}

/** One log whose history was read, and where what is found of it goes. */
export interface ReadLog<S extends State = State> {
  readonly state: S;
  readonly facts: BookedFacts;
  readonly report: Report;
}

export interface ChainSources {
  readonly chain: Pick<ChainReader, 'transfersTo' | 'escrowEvents'>;
  readonly chainBooks: ChainBooks;
}

interface Place extends ChainSources {
  readonly pinned: PinnedNetwork;
  readonly since: number;
  readonly mostBlocks?: number;
}

const addressesOf = ({ vault, provider }: PaymentState) => [vault, ...(provider?.address ? [provider.address] : [])];

/** Compares logs of one network with the chain at its pinned block (I8, I9); facts in blocks below `since` are left alone. */
export async function compareWithChain(place: Place, logs: readonly ReadLog[]): Promise<void> {
  await compareStrays(place, logs);
  const payments = logs.filter((log): log is ReadLog<PaymentState> => log.state.direction === 'in');
  if (payments.length === 0) return;
  const { pinned, since } = place;
  const { network, number: block } = pinned;
  const from = payments.reduce((least, { state }) => Math.min(least, state.headBlock), Number.POSITIVE_INFINITY);
  const range = { from: Math.max(from, since), to: block };
  refuseLong(place, range);
  const { transfers, events } = await readFacts(place, payments, range);
  const holdings = await readHoldings(place, payments);
  for (const [n, { state, facts, report }] of payments.entries()) {
    const onChain: OnChain = {
      ...{ chainId: network.chainId, escrow: network.escrow, block, since, pinnedAtMs: pinned.pinnedAtMs },
      transfers: addressesOf(state).flatMap((address) => transfers.get(address) ?? []),
      events: events.get(state.termsId.toLowerCase()) ?? [],
      holdings: holdings[n] ?? new Map(),
      proven: await provenAlone(place, facts),
    };
    checkEvents(state, facts, onChain, report);
    checkHoldings(state, facts, onChain, report);
  }
}

/** A block takes a node so long that an old payment would keep somebody waiting for minutes. */
function refuseLong(
  { mostBlocks = Number.POSITIVE_INFINITY }: Place,
  { from, to }: { readonly from: number; readonly to: number },
): void {
  if (to - from <= mostBlocks) return;
  const message = `The payment began ${to - from} blocks ago, more than are read while somebody waits (${mostBlocks}); \`npm run audit\` reads them all.`;
  throw new AppError('report_too_large', message);
}

async function readFacts(
  { chain, chainBooks, pinned }: Place,
  payments: readonly ReadLog<PaymentState>[],
  range: { readonly from: number; readonly to: number },
) {
  const { name } = pinned.network;
  const addresses = payments.flatMap(({ state }) => addressesOf(state));
  const ids = payments.map(({ state }) => state.termsId);
  const empty = range.from > range.to;
  const transfers = empty ? [] : await chain.transfersTo(name, addresses, range.from, range.to);
  const events = empty ? [] : await chainBooks.eventsOf(name, ids, range);
  return {
    transfers: Map.groupBy(transfers, (transfer) => transfer.receiver),
    events: Map.groupBy(events, (event) => termsIdOf(event)),
  };
}

function termsIdOf(event: Awaited<ReturnType<ChainBooks['eventsOf']>>[number]): string {
  if (event.event === 'Settled') return event.fact.termsId;
  if (event.event === 'Funded') return event.termsId;
  return event.event === 'CreditWithdrawn' ? '' : event.movement.termsId;
}

/** What each payment has on the chain, in its own token and in every other that its books name. */
async function readHoldings({ chainBooks, pinned }: Place, payments: readonly ReadLog<PaymentState>[]) {
  const { network, number: block } = pinned;
  const asked: { readonly payment: number; readonly asset: string; readonly holding: AskedHolding }[] = [];
  for (const [payment, { state, facts }] of payments.entries()) {
    const named = new Set([assetName(state.asset), ...contractMoney(state).keys(), ...facts.later.keys()]);
    for (const token of network.tokens) {
      const asset = assetName(token);
      const { termsId, vault } = state;
      if (named.has(asset))
        asked.push({ payment, asset, holding: { termsId, vault, tokenAddress: token.tokenAddress } });
    }
  }
  const questions = asked.map(({ holding }) => holding);
  const answers = await chainBooks.holdingsAt(network.name, block, questions);
  const found = payments.map(() => new Map<string, (typeof answers)[number]>());
  for (const [n, { payment, asset }] of asked.entries()) {
    const answer = answers[n];
    const own = asset === assetName(payments[payment]?.state.asset ?? network.tokens[0] ?? missingToken());
    // The record in the pool is of the payment's own token.
    if (answer !== undefined) found[payment]?.set(asset, own ? answer : { ...answer, pool: 0n });
  }
  return found;
}

function missingToken(): never {
  throw new Error('a network without tokens has no holdings');
}

/** Facts that name no payment on the chain are looked for one by one: they are few. */
async function provenAlone({ chain, pinned, since }: Place, facts: BookedFacts): Promise<ReadonlySet<string>> {
  const { network, number: block } = pinned;
  const isDue = (blockNumber: number) => blockNumber <= block && blockNumber >= since;
  const proven = new Set<string>();
  for (const { record, transfer } of facts.payouts) {
    const { blockNumber, receiver, txHash, tokenAddress, amount } = transfer;
    if (!isDue(blockNumber)) continue;
    const there = await chain.transfersTo(network.name, [receiver], blockNumber, blockNumber);
    const same = (other: typeof transfer) =>
      other.txHash === txHash && other.tokenAddress === tokenAddress && other.amount === amount;
    if (there.some(same)) proven.add(record);
  }
  for (const [name, { record, blockNumber, txHash }] of facts.events) {
    const [, owner] = /:creditwithdrawn:(0x[0-9a-f]{40})$/.exec(name) ?? [];
    if (owner === undefined || !isDue(blockNumber)) continue;
    const there = await chain.escrowEvents(network.name, blockNumber, blockNumber);
    const isIt = (event: (typeof there)[number]) =>
      event.event === 'CreditWithdrawn' && event.withdrawal.txHash === txHash && event.withdrawal.account === owner;
    if (there.some(isIt)) proven.add(record);
  }
  return proven;
}

/** Money of nobody was booked as what a transfer to the escrow left over; each transfer must be there, with no less than that. */
async function compareStrays({ chain, pinned, since }: Place, logs: readonly ReadLog[]): Promise<void> {
  const { network, number: block } = pinned;
  for (const { facts, report } of logs.filter(({ state }) => state.direction === 'suspense')) {
    for (const [name, { record, transfer }] of facts.arrivals) {
      const { blockNumber, receiver, txHash, tokenAddress, amount } = transfer;
      if (blockNumber > block || blockNumber < since) continue;
      const there = await chain.transfersTo(network.name, [receiver], blockNumber, blockNumber);
      const found = there.find((other) => other.txHash === txHash && other.tokenAddress === tokenAddress);
      if (found === undefined || found.amount < amount)
        report('I9', record, `it holds ${name}, and the chain has nothing like it in block ${blockNumber}`);
    }
  }
}
