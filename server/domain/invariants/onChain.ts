import { arrivalKey, claim } from '../claim.ts';
import type { EscrowEvent } from '../evidence.ts';
import type { PaymentState, Transfer } from '../state.ts';
import { type BookedFact, type BookedFacts, contractMoney } from './bookedFacts.ts';
import type { Report } from './violation.ts';

/** What the chain shows of one payment up to a pinned block; facts below `since` were not read. */
export interface OnChain {
  readonly chainId: number;
  readonly escrow: string;
  readonly block: number;
  readonly since: number;
  /** When the block was pinned: what was told before then stands in it or below. */
  readonly pinnedAtMs: number;
  /** To the payment's own addresses. */
  readonly transfers: readonly Transfer[];
  /** That name the payment. */
  readonly events: readonly EscrowEvent[];
  /** By asset of the books. */
  readonly holdings: ReadonlyMap<string, { readonly inVault: boolean; readonly vault: bigint; readonly pool: bigint }>;
  /** Transitions whose fact names no payment on the chain and was looked for on its own: payouts, and withdrawals of the pool's credits. */
  readonly proven: ReadonlySet<string>;
}

/** One fact of the chain under the name that the books would have it by. */
interface Seen {
  readonly name: string;
  readonly txHash: string;
  readonly amount: bigint | null;
  /** A bump of the sequence changes a payment only when a settlement was open. */
  readonly optional?: boolean;
}

/** Funding of the pool: the transfer into the escrow belongs to the payment that the event names. */
function fundingOf(event: EscrowEvent, { chainId, escrow }: OnChain): Seen[] {
  if (event.event !== 'Funded' || event.source !== 0) return [];
  const { txHash, tokenAddress, termsId, amount } = event;
  return [{ name: arrivalKey({ chainId, txHash, receiver: escrow, tokenAddress, termsId }), txHash, amount }];
}

function outcomeOf(event: EscrowEvent): Seen[] {
  switch (event.event) {
    case 'Settled': {
      const { chainId, termsId, settleSeq, toSeller, toBuyer, txHash } = event.fact;
      return [{ name: claim.outcome(chainId, termsId, settleSeq), txHash, amount: toSeller + toBuyer }];
    }
    case 'Recovered':
      return [movementNamed(event.movement, event.movement.tokenAddress)];
    case 'RefundedLater':
      return [movementNamed(event.movement, 'refundedLater')];
    case 'Shortfall':
      return [movementNamed(event.movement, 'shortfall')];
    case 'SeqBumped':
      return [{ ...movementNamed(event.movement, 'seqBumped'), amount: null, optional: true }];
    case 'VaultCreditPaid': {
      const { movement, account } = event;
      return [{ name: claim.creditWithdrawal(movement, account), txHash: movement.txHash, amount: movement.amount }];
    }
    default:
      return [];
  }
}

function movementNamed(
  { chainId, txHash, termsId, amount }: { chainId: number; txHash: string; termsId: string; amount: bigint },
  what: string,
): Seen {
  return { name: claim.movement(chainId, txHash, termsId, what), txHash, amount };
}

/** Both directions of one kind of fact: seen and not booked, booked and not seen, and other sums. */
function compare(
  seen: readonly Seen[],
  booked: ReadonlyMap<string, BookedFact>,
  { block, since, proven }: OnChain,
  report: Report,
): void {
  const names = new Map(seen.map((fact) => [fact.name, fact]));
  for (const { name, txHash, amount, optional } of seen) {
    const held = booked.get(name);
    if (held === undefined && optional !== true)
      report(
        'I9',
        name.startsWith('out:') ? name : `tx:${name}`,
        `on the chain in ${txHash}, and no transition holds it`,
      );
    const differs = held !== undefined && held.amount !== null && amount !== null && held.amount !== amount;
    if (differs) report('I9', held.record, `it books ${held.amount}, ${txHash} moved ${amount}`);
  }
  for (const [name, { record, txHash, blockNumber }] of booked) {
    if (blockNumber > block || blockNumber < since || names.has(name) || proven.has(record)) continue;
    report('I9', record, `it holds ${name}, and the chain has nothing like it in ${txHash} up to block ${block}`);
  }
}

/** I9: every event on the chain that concerns a payment has exactly one transition, and the reverse. */
export function checkEvents(state: PaymentState, facts: BookedFacts, chain: OnChain, report: Report): void {
  const transfers = chain.transfers
    .filter((transfer) => transfer.blockNumber >= state.headBlock)
    .map((transfer) => ({ name: arrivalKey(transfer), txHash: transfer.txHash, amount: transfer.amount }));
  compare([...transfers, ...chain.events.flatMap((event) => fundingOf(event, chain))], facts.arrivals, chain, report);
  compare(chain.events.flatMap(outcomeOf), facts.events, chain, report);
  const payouts = new Map(facts.payouts.map((payout) => [claim.transfer(arrivalKey(payout.transfer), 0), payout]));
  compare([], payouts, chain, report);
  checkMarks(state, facts, chain, report);
}

const markOf = { Delivered: 'delivered', Frozen: 'disputeOpened' } as const;

function checkMarks(state: PaymentState, { marks }: BookedFacts, chain: OnChain, report: Report): void {
  for (const name of ['Delivered', 'Frozen'] as const) {
    const event = chain.events.find((one) => one.event === name);
    const mark = marks.get(markOf[name]);
    if (event !== undefined && 'movement' in event && mark === undefined)
      report('I9', state.id, `${name} is on the chain in ${event.movement.txHash}, and no transition holds it`);
    if (event === undefined && mark !== undefined && mark.atMs < chain.pinnedAtMs && chain.since <= state.headBlock)
      report('I9', mark.record, `it says ${name}, and the chain has no such event up to block ${chain.block}`);
  }
}

/** I8: what the contract has of a payment at the block is what the books say that it has, without what younger blocks made. */
export function checkHoldings(state: PaymentState, facts: BookedFacts, chain: OnChain, report: Report): void {
  const books = contractMoney(state);
  for (const [asset, { inVault, vault, pool }] of chain.holdings) {
    const [now, later] = [books.get(asset), facts.later.get(asset)];
    const accounts = (now?.accounts ?? 0n) - (later?.accounts ?? 0n);
    // Credits of a pool lie together with those of all payments; in a vault they lie beside its money.
    const credits = inVault ? (now?.credits ?? 0n) - (later?.credits ?? 0n) : 0n;
    const surplus = vault + pool - accounts - credits;
    const writtenOff = facts.writtenOff.get(asset) ?? 0n;
    if (surplus >= 0n && surplus <= writtenOff) continue;
    const has = `${vault} in the vault and ${pool} in the pool`;
    report('I8', state.id, `at block ${chain.block} it has ${has}, its books say ${accounts + credits} ${asset}`);
  }
}
