import { arrivalKey, claim } from '../claim.ts';
import { account } from '../ledger.ts';
import type { Signal } from '../signal.ts';
import type { State, Transfer } from '../state.ts';
import type { Transition } from '../transition.ts';

/** A fact of the chain that a step of a log holds; `amount` is null where the event carries none. */
export interface BookedFact {
  /** The transition. */
  readonly record: string;
  readonly txHash: string;
  readonly blockNumber: number;
  readonly amount: bigint | null;
}
export interface BookedTransfer extends BookedFact {
  readonly transfer: Transfer;
}

/** Money of a payment that the chain keeps in its vault or for it in the pool, and credits of its receivers. */
export interface ContractMoney {
  readonly accounts: bigint;
  readonly credits: bigint;
}

/** Everything one log holds of the chain, and what of its books younger blocks made. */
export interface BookedFacts {
  /** Transfers that were booked and not reversed, by `arrivalKey`. */
  readonly arrivals: ReadonlyMap<string, BookedTransfer>;
  /** Events of the escrow, by the claim that makes each count once. */
  readonly events: ReadonlyMap<string, BookedFact>;
  /** Transfers that prove payouts. */
  readonly payouts: readonly BookedTransfer[];
  /** Steps that mirror a mark of the contract, by their kind. */
  readonly marks: ReadonlyMap<'delivered' | 'disputeOpened', { readonly record: string; readonly atMs: number }>;
  /** By asset: what facts above the block did to the payment's money in the contract, and what an admin wrote off that still lies there. */
  readonly later: ReadonlyMap<string, ContractMoney>;
  readonly writtenOff: ReadonlyMap<string, bigint>;
}

const nothing: ContractMoney = { accounts: 0n, credits: 0n };

/** What the books say that the contract has of a payment, by asset. */
export function contractMoney(state: State): ReadonlyMap<string, ContractMoney> {
  const sums = new Map<string, ContractMoney>();
  if (state.direction !== 'in') return sums;
  const own = [
    account.excess('contract', state.id),
    account.held('contract', state.id),
    account.pending('contract', state.id),
  ];
  for (const entry of state.balances) {
    const { accounts, credits } = sums.get(entry.asset) ?? nothing;
    if (own.includes(entry.account)) sums.set(entry.asset, { accounts: accounts + entry.amount, credits });
    else if (entry.account.startsWith('credit:')) sums.set(entry.asset, { accounts, credits: credits + entry.amount });
  }
  return sums;
}

/** What caused a step; the first of a log, and evidence that was too large to be kept, carry none. */
export const signalOf = ({ evidence }: Pick<Transition, 'evidence'>): Signal | null =>
  (evidence.signal as Signal | undefined) ?? null;

/** The event of the escrow that a signal tells of, under the claim it uses up. */
export function eventOf(signal: Signal): {
  readonly name: string;
  readonly txHash: string;
  readonly blockNumber: number;
  readonly amount: bigint | null;
} | null {
  if (signal.kind === 'settlementConfirmed') {
    const { fact } = signal;
    const name = claim.outcome(fact.chainId, fact.termsId, fact.settleSeq);
    return { name, txHash: fact.txHash, blockNumber: fact.blockNumber, amount: fact.toSeller + fact.toBuyer };
  }
  if (!('movement' in signal)) return null;
  const { movement } = signal;
  const { chainId, txHash, termsId, blockNumber } = movement;
  const named = (what: string) => claim.movement(chainId, txHash, termsId, what);
  switch (signal.kind) {
    case 'recovered':
      return { name: named(movement.tokenAddress), txHash, blockNumber, amount: movement.amount };
    case 'creditWithdrawn':
      return { name: claim.creditWithdrawal(movement, signal.account), txHash, blockNumber, amount: movement.amount };
    case 'seqBumped':
      return { name: named(signal.kind), txHash, blockNumber, amount: null };
    default:
      return { name: named(signal.kind), txHash, blockNumber, amount: movement.amount };
  }
}

/** Collects, step by step, what one log holds of the chain; grows with its facts, not with its steps. */
export function createBookedFacts(pinnedBlock: number): {
  step(step: Transition, before: Transition | null): void;
  facts: BookedFacts;
} {
  const arrivals = new Map<string, BookedTransfer>();
  const events = new Map<string, BookedFact>();
  const payouts: BookedTransfer[] = [];
  const marks = new Map<'delivered' | 'disputeOpened', { record: string; atMs: number }>();
  const later = new Map<string, ContractMoney>();
  const writtenOff = new Map<string, bigint>();

  /** Takes the step's fact up; answers the block it stands in, or null for a step without one. */
  function take({ id: record, atMs, state }: Transition, signal: Signal): number | null {
    switch (signal.kind) {
      case 'transferConfirmed':
      case 'forwardConfirmed':
      case 'strayReceived': {
        const { transfer } = signal;
        const { txHash, blockNumber, amount } = transfer;
        arrivals.set(arrivalKey(transfer), { record, txHash, blockNumber, amount, transfer });
        return blockNumber;
      }
      case 'transferOrphaned': {
        const gone = arrivals.get(signal.arrivalKey);
        arrivals.delete(signal.arrivalKey);
        return gone?.blockNumber ?? null;
      }
      case 'payoutSucceeded': {
        const { transfer } = signal;
        if (state.direction !== 'in' || transfer === null) return null;
        payouts.push({
          record,
          txHash: transfer.txHash,
          blockNumber: transfer.blockNumber,
          amount: transfer.amount,
          transfer,
        });
        return transfer.blockNumber;
      }
      case 'delivered':
      case 'disputeOpened':
        marks.set(signal.kind, { record, atMs });
        return null;
      case 'writtenOff':
        if (/^(excess|held):contract:|^credit:/.test(signal.account))
          writtenOff.set(signal.asset, (writtenOff.get(signal.asset) ?? 0n) + signal.amount);
        return null;
      default: {
        const event = eventOf(signal);
        if (event === null) return null;
        events.set(event.name, { record, txHash: event.txHash, blockNumber: event.blockNumber, amount: event.amount });
        return event.blockNumber;
      }
    }
  }

  return {
    facts: { arrivals, events, payouts, marks, later, writtenOff },
    step(step, before) {
      const signal = signalOf(step);
      const block = signal === null ? null : take(step, signal);
      if (block === null || block <= pinnedBlock) return;
      addDifference(later, step.state, before?.state ?? null);
    },
  };
}

function addDifference(later: Map<string, ContractMoney>, now: State, before: State | null): void {
  const [after, was] = [contractMoney(now), before === null ? new Map<string, ContractMoney>() : contractMoney(before)];
  for (const asset of new Set([...after.keys(), ...was.keys()])) {
    const [a, b, sum] = [after.get(asset) ?? nothing, was.get(asset) ?? nothing, later.get(asset) ?? nothing];
    later.set(asset, {
      accounts: sum.accounts + a.accounts - b.accounts,
      credits: sum.credits + a.credits - b.credits,
    });
  }
}
