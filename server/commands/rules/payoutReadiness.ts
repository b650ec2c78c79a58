import type { ChainHead } from '../../domain/evidence.ts';
import { deadlineFacts, excessAt } from '../../domain/facts.ts';
import { account, assetName } from '../../domain/ledger.ts';
import type { PaymentState } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { ChainReader, EscrowGateway, PayInProvider } from '../../ports/outside.ts';
import type { Queries, TransitionStore } from '../../ports.ts';
import { unfinalSum } from './finality.ts';
import type { PayoutPolicy } from './payoutPolicy.ts';
import type { PayoutView } from './payoutView.ts';
import { incoming } from './refusal.ts';

/** Why a payout is not sent now: `wait` ends by itself, `manual` needs a person. */
export type Obstacle = { readonly wait: string } | { readonly manual: string } | null;

export interface ReadinessPorts {
  readonly store: TransitionStore;
  readonly chain: ChainReader;
  readonly gateway: EscrowGateway;
  readonly provider: Pick<PayInProvider, 'getHotWallet'>;
  readonly queries: Pick<Queries, 'inProviderCustody'>;
}

/** The payment that a payout is paid out of, and what it reserved there. */
interface Source {
  readonly payment: PaymentState;
  readonly reservation: PaymentState['payouts'][number] | undefined;
}

const isFromProvider = ({ payment, reservation }: Source) =>
  reservation?.pendingAccount === account.pending('provider', payment.id);

/** Says what stands in the way of sending a payout now. */
export function createPayoutReadiness(ports: ReadinessPorts, policy: PayoutPolicy) {
  const { chain, gateway, provider, queries, store } = ports;

  async function forwardObstacle({ forwarded: payment, machine }: PayoutView, head: ChainHead, now: number) {
    if (payment === null) return null;
    // The destination is computed anew from the terms, so that a damaged record cannot send money elsewhere.
    const { vault } = gateway.identify(payment.asset.network, payment.terms);
    if (vault !== machine.destination) return { manual: 'destination_is_not_the_vault' };
    if (now > deadlineFacts(payment).lastForwardMs) return { manual: 'too_close_to_delivery' };
    const unfinal = await unfinalSum(chain, payment, head, 'provider');
    return unfinal > excessAt(payment, 'provider') ? { wait: 'buyer_transfers_not_final' } : null;
  }

  async function sourceOf({ source }: PayoutView) {
    if (source === null) return null;
    const payment = incoming((await store.tail(source.paymentId))?.state);
    return { payment, reservation: payment.payouts.find((entry) => entry.n === source.n) };
  }

  async function sourceObstacle({ payment, reservation }: Source, head: ChainHead) {
    if (reservation?.outcome !== 'open') return { manual: 'nothing_is_reserved' };
    if (payment.riskHold) return { wait: 'risk_hold' };
    if (!isFromProvider({ payment, reservation })) return null;
    const unfinal = await unfinalSum(chain, payment, head, 'provider');
    return unfinal > excessAt(payment, 'provider') ? { wait: 'buyer_transfers_not_final' } : null;
  }

  /** A transfer from a wallet that we do not know would be taken for a buyer's, so the provider says first which one it sends from. */
  async function providerObstacle({ machine }: PayoutView) {
    try {
      const wallet = await provider.getHotWallet(machine.coin);
      return wallet.toLowerCase() === machine.wallet ? null : { manual: 'hot_wallet_changed' };
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'provider_failed') throw error;
      return { wait: 'provider_away' };
    }
  }

  /** What is owed out of the treasury or the refund wallet is never paid with what the provider holds for buyers. */
  async function walletObstacle({ asset, machine }: PayoutView, source: Source | null) {
    const [tokens, gas, ofBuyers] = await Promise.all([
      chain.tokenBalance(asset.network, asset.tokenAddress, machine.wallet),
      chain.nativeBalance(asset.network, machine.wallet),
      source === null || isFromProvider(source) ? 0n : queries.inProviderCustody(assetName(asset)),
    ]);
    if (tokens - ofBuyers < machine.amount) return { wait: 'wallet_short_of_token' };
    return gas < policy.gasFloor ? { wait: 'wallet_short_of_gas' } : null;
  }

  return async function obstacleOf(view: PayoutView, head: ChainHead, now: number): Promise<Obstacle> {
    const source = await sourceOf(view);
    return (
      (await forwardObstacle(view, head, now)) ??
      (source && (await sourceObstacle(source, head))) ??
      (await walletObstacle(view, source)) ??
      (await providerObstacle(view))
    );
  };
}
