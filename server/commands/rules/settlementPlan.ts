import { excessAt, heldBy } from '../../domain/facts.ts';
import type { SignalOf } from '../../domain/signal.ts';
import type { OpenSettlement, PaymentState } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { ChainReader, EscrowGateway } from '../../ports/outside.ts';
import type { Clock, PaymentCoordinator, Policy, TransitionStore } from '../../ports.ts';
import { readAmount } from './amount.ts';
import { unfinalSum } from './finality.ts';
import { recordedPayment } from './refusal.ts';
import { isOutcomeBooked, proofOfVoid } from './settlementProof.ts';
import type { SettlementWish } from './settlementRoute.ts';

export interface SettlementPlanPorts {
  readonly store: Pick<TransitionStore, 'claimant'>;
  readonly coordinator: PaymentCoordinator;
  readonly gateway: Pick<EscrowGateway, 'record' | 'finalRecord' | 'settlementPayload'>;
  readonly chain: ChainReader;
  readonly clock: Clock;
  readonly policy: Pick<Policy, 'settlementValidHours'>;
}

/** What an admin asks for, as it came. */
export interface WishWords {
  readonly kind: 'release' | 'refund';
  readonly amount?: string | number | undefined;
  readonly toSeller?: string | number | undefined;
  readonly toBuyer?: string | number | undefined;
}

/** The wish in base units of the payment's token. */
export function readWish(state: PaymentState, words: WishWords): SettlementWish {
  const read = (value: string | number | undefined, field: string) => {
    if (value === undefined) return null;
    // "0" is a plain word beside the other half of a split.
    return field !== 'amount' && String(value) === '0' ? 0n : readAmount(value, state.asset.decimals, field);
  };
  const wish = {
    kind: words.kind,
    amount: read(words.amount, 'amount'),
    toSeller: read(words.toSeller, 'toSeller'),
    toBuyer: read(words.toBuyer, 'toBuyer'),
  };
  if (wish.amount !== null && (wish.toSeller !== null || wish.toBuyer !== null)) {
    throw new AppError('validation_failed', 'Give either amount, or toSeller and toBuyer.');
  }
  return wish;
}

/** Until when what is prepared now may be broadcast, in unix seconds. */
export function validUntilOf({ clock, policy }: Pick<SettlementPlanPorts, 'clock' | 'policy'>): number {
  return Math.floor(clock.now() / 1000) + policy.settlementValidHours * 3600;
}

/** The end of a prepared settlement as people write it. */
export const validUntilText = ({ validUntil }: { readonly validUntil: number }) =>
  new Date(validUntil * 1000).toISOString();

/** The refusal of a settlement beside one that is open. */
export function settlementOpen(open: OpenSettlement): AppError {
  return new AppError('settlement_open', 'Another settlement of this payment is prepared and not over yet.', {
    details: { validUntil: validUntilText(open) },
  });
}

/** Frees a prepared settlement whose time is over, where that can be proven; the state as it is then. */
export async function freeExpired(
  ports: SettlementPlanPorts,
  state: PaymentState,
  actor: string,
): Promise<PaymentState> {
  const open = state.settlement;
  if (open === null || open.validUntil * 1000 >= ports.clock.now()) return state;
  const proof = await proofOfVoid(ports, state);
  if (proof === null) return state;
  const signal = { kind: 'settlementVoided', digest: open.digest, proof } as const;
  return recordedPayment(await ports.coordinator.observe(state.id, signal, { actor }));
}

/** Reads from the contract what the settlement of these amounts has to say, and whether its money is final. */
export async function planSettlement(
  ports: SettlementPlanPorts,
  state: PaymentState,
  amounts: { readonly toSeller: bigint; readonly toBuyer: bigint; readonly validUntil: number },
): Promise<SignalOf<'settlementPrepared'>> {
  const { chain, gateway } = ports;
  const { toSeller, toBuyer } = amounts;
  const { network } = state.asset;
  const head = await chain.head(network);
  const [record, past] = await Promise.all([
    gateway.record(network, state.termsId),
    gateway.record(network, state.termsId, head.finalized),
  ]);
  if (record.status === 'closed') throw new AppError('already_final', 'The escrow contract closed this payment.');
  // A node that lags names a sequence that is used up: a settlement for it could never happen, and would stand in the way of another.
  if (record.settleSeq < past.settleSeq || (await isOutcomeBooked(ports, state, record.settleSeq))) {
    throw new AppError('escrow_not_final', 'The node that was asked lags behind; repeat the request.');
  }
  const amount = toSeller + toBuyer;
  if (record.status !== 'none' && record.remaining < amount && amount <= heldBy(state, 'contract')) {
    throw new AppError('escrow_not_final', 'The contract has paid out of this payment; ask again once that is final.');
  }
  const spare = excessAt(state, 'contract') - (state.status === 'completed' ? 0n : toBuyer);
  const final = (await unfinalSum(chain, state, head, 'contract')) <= spare;
  const told = { ...amounts, settleSeq: record.settleSeq };
  const { digest } = gateway.settlementPayload(network, state.termsId, told);
  const settlement = toSeller > 0n && toBuyer > 0n ? 'split' : toSeller > 0n ? 'release' : 'refund';
  return { kind: 'settlementPrepared', settlement, ...told, digest, final };
}
