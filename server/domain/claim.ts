/** What a taken claim means when another payment holds it, or this one does. */
export type ClaimConflict =
  | 'duplicate'
  | 'conflict'
  | 'decideAgain'
  | 'existing'
  | 'alreadyAsked'
  | 'wait'
  | 'keyReused';

const lower = (text: string) => text.toLowerCase();

/** The identity of what a receiver got in one transaction, without its epoch; also the key of an arrival. A pooled funding is known by its terms. */
export function arrivalKey(fact: {
  chainId: number;
  txHash: string;
  receiver: string;
  tokenAddress: string;
  termsId?: string;
}): string {
  return lower(`${fact.chainId}:${fact.txHash}:${fact.receiver}:${fact.termsId ?? fact.tokenAddress}`);
}

/** Where an event stood on the chain. */
export interface ChainPlace {
  readonly blockNumber: number;
  readonly logIndex: number;
}

/** A place as text that sorts as the chain does. */
export const placed = ({ blockNumber, logIndex }: ChainPlace) =>
  `${String(blockNumber).padStart(12, '0')}:${String(logIndex).padStart(6, '0')}`;

const epochSuffix = (epoch: number) => (epoch === 0 ? '' : `:e${epoch}`);

/** Builders of every kind of claim; a claim exists once in the whole database. */
export const claim = {
  event: (provider: string, deliveryKey: string) => `evt:${provider}:${deliveryKey}`,
  transfer: (key: string, epoch: number) => `tx:${key}${epochSuffix(epoch)}`,
  /** What every receiver got in one transaction. */
  transfersIn: (chainId: number, txHash: string) => lower(`tx:${chainId}:${txHash}:`),
  reversal: (key: string, epoch: number) => `rev:${key}:${epoch}`,
  fund: (requestId: string) => `fund:${requestId}`,
  open: (requestId: string, offerId: string, buyerId: string, n: number) =>
    `open:${requestId}:${offerId}:${buyerId}:${n}`,
  address: (chainId: number, address: string) => lower(`addr:${chainId}:${address}`),
  outcome: (chainId: number, termsId: string, settleSeq: number) => lower(`out:${chainId}:${termsId}:${settleSeq}`),
  movement: (chainId: number, txHash: string, termsId: string, what: string) =>
    lower(`out:${chainId}:${txHash}:${termsId}:${what}`),
  movements: (chainId: number, txHash: string) => lower(`out:${chainId}:${txHash}:`),
  /**
   * A share in the pool's credits of an account. Its string order is the order of the chain, so that a withdrawal finds the oldest first;
   * the terms make it one payment's own, whatever a reorganisation does to positions.
   */
  poolCredit: (credit: { chainId: number; account: string; tokenAddress: string }, at: ChainPlace, termsId: string) =>
    `${claim.poolCredits(credit)}${placed(at)}:${lower(termsId)}`,
  poolCredits: ({ chainId, account, tokenAddress }: { chainId: number; account: string; tokenAddress: string }) =>
    lower(`credit:${chainId}:${account}:${tokenAddress}:`),
  creditWithdrawal: (fact: { chainId: number; txHash: string; termsId: string }, account: string) =>
    claim.movement(fact.chainId, fact.txHash, fact.termsId, `creditWithdrawn:${account}`),
  payout: (paymentId: string, n: number) => `payout:${paymentId}:${n}`,
  /** The transfer that proves a payout, held by the payout's own record: the payment that it is paid out of hears of it only later. */
  payoutProof: (fact: Parameters<typeof arrivalKey>[0]) => `out:${arrivalKey(fact)}:payout`,
  post: (externalId: string) => `post:${externalId}`,
  slot: (network: string, wallet: string, n: number) =>
    `slot:${lower(`${network}:${wallet}`)}:${String(n).padStart(9, '0')}`,
  slotPrefix: (network: string, wallet: string) => `slot:${lower(`${network}:${wallet}`)}:`,
  /** The place of a payout among all of its asset that go to an address somebody named: a `slot:`, because they are many and their highest is asked for. */
  payoutTurn: (asset: string, n: number) => `${claim.payoutTurns(asset)}${String(n).padStart(9, '0')}`,
  payoutTurns: (asset: string) => `slot:payouts:${lower(asset)}:`,
  /** One payout for each approval, in whatever process. */
  approval: (hash: string) => `approval:${hash}`,
  idempotency: (principal: string, route: string, key: string) => `idem:${principal}:${route}:${key}`,
};

/** Says what to do about a taken claim; `own` means that the payment that wants it also holds it. */
export function claimConflict(taken: string, own: boolean): ClaimConflict {
  const kind = taken.slice(0, taken.indexOf(':'));
  switch (kind) {
    case 'fund':
      return 'decideAgain';
    case 'open':
      return 'existing';
    case 'slot':
      return 'wait';
    case 'approval':
      return 'conflict';
    case 'post':
      return 'alreadyAsked';
    case 'idem':
      return own ? 'duplicate' : 'keyReused';
    default:
      return own ? 'duplicate' : 'conflict';
  }
}
