import type { ChainHead, EscrowEvent, SettlementOutcome, TransferVerdict } from '../domain/evidence.ts';
import type { Asset, ProviderReport, SettlementSignature, Transfer } from '../domain/state.ts';
import type { Terms } from '../domain/terms.ts';

/** A network as the product offers it, from NETWORKS_FILE and the contract itself; addresses lower-case. */
export interface Network {
  readonly name: string;
  readonly chainId: number;
  readonly escrow: string;
  readonly treasury: string;
  readonly refundWallet: string;
  readonly shkeeperHotWallet: string;
  readonly signers: readonly string[];
  readonly threshold: number;
  readonly feeCapBps: number;
  readonly tokens: readonly (Asset & { readonly shkeeperName: string })[];
}

/** Reads of one network; throws `AppError('chain_unavailable')` when no node answers. */
export interface ChainReader {
  head(network: string): Promise<ChainHead>;
  blockHash(network: string, blockNumber: number): Promise<string | null>;
  /** Net sums per (transaction, receiver, token) of the listed tokens' transfers to `receivers`, blocks inclusive. */
  transfersTo(network: string, receivers: readonly string[], fromBlock: number, toBlock: number): Promise<Transfer[]>;
  /** Proves one transaction for one receiver; one entry per listed token that arrived. `notBefore` is the intent's head block. */
  proveTransfer(network: string, txHash: string, receiver: string, notBefore: number): Promise<TransferVerdict[]>;
  /** Events of the escrow contract in blocks, in order. */
  escrowEvents(network: string, fromBlock: number, toBlock: number): Promise<EscrowEvent[]>;
  tokenBalance(network: string, tokenAddress: string, holder: string): Promise<bigint>;
  nativeBalance(network: string, holder: string): Promise<bigint>;
  /** Transactions sent by an account, counted at the pending and at the finalized block. */
  transactionCounts(
    network: string,
    account: string,
  ): Promise<{ readonly pending: number; readonly finalized: number }>;
}

export interface SettlementPayload {
  readonly typedData: {
    readonly domain: object;
    readonly types: object;
    readonly primaryType: 'Settle' | 'SettleBatch';
    readonly message: object;
  };
  readonly digest: string;
}

/** What a settlement pays, for which sequence and until when (unix seconds). */
export interface SettlementAmounts {
  readonly settleSeq: number;
  readonly toSeller: bigint;
  readonly toBuyer: bigint;
  readonly validUntil: number;
}

/** A call that anybody may broadcast. */
export interface ReadyTransaction {
  readonly to: string;
  readonly data: string;
  readonly value: string;
  readonly chainId: number;
}

/** One payment of a batch. */
export interface BatchItem {
  readonly termsId: string;
  readonly terms: Terms;
  readonly settlement: SettlementAmounts;
}

/** The two ways to broadcast a signed batch: all items or none; each item on its own, with a report of those that failed. */
export interface BatchTransactions {
  readonly settleBatch: ReadyTransaction;
  readonly settleBatchReport: ReadyTransaction;
}

/** What a transaction that was read did with the payment of these terms. */
export type OutcomeOf = (termsId: string) => SettlementOutcome;

/** An item that a reporting batch did not settle; `reason` is the contract's error, null for any other failure. */
export interface FailedItem {
  readonly termsId: string;
  readonly reason: string | null;
}

/** What the chain would do with a transaction now; `reason` is the contract's error, null for any other failure. */
export type TrialVerdict =
  | { readonly outcome: 'goes' }
  | { readonly outcome: 'reverts'; readonly reason: string | null }
  | { readonly outcome: 'unknown' };

/** What a contract in a signer's seat says of its signature (ERC-1271). */
export type ContractSignatureVerdict =
  | { readonly outcome: 'valid'; readonly index: number; readonly signer: string }
  | { readonly outcome: 'unknownSigner' }
  | { readonly outcome: 'refused' };

/** What Safe's Transaction Builder imports. */
export interface SafeFile {
  readonly version: string;
  readonly chainId: string;
  readonly createdAt: number;
  readonly meta: Readonly<
    Record<
      'name' | 'description' | 'txBuilderVersion' | 'createdFromSafeAddress' | 'createdFromOwnerAddress' | 'checksum',
      string
    >
  >;
  readonly transactions: readonly {
    readonly to: string;
    readonly value: string;
    readonly data: string;
    readonly contractMethod: null;
    readonly contractInputsValues: null;
  }[];
}

/** The escrow contract: builds what admins sign, reads what happened. */
export interface EscrowGateway {
  networks(): readonly Network[];
  /** The network with the seats (signers and treasury) as they were read last. */
  network(name: string): Network | null;
  /**
   * The network with the seats as the contract has them now, or as they were read at most so long ago; what is asked of seats afterwards is
   * answered by these.
   */
  networkNow(name: string, maxAgeMs?: number): Promise<Network>;
  /** EIP-55 spelling of an address; throws on a string that is none. */
  checksum(address: string): string;
  /** Lower-case address, or null when the text is no address (bad checksum included). */
  parseAddress(text: string): string | null;
  ref(paymentId: string, randomBits: string): string;
  identify(network: string, terms: Terms): { readonly termsId: string; readonly vault: string };
  settlementPayload(network: string, termsId: string, settlement: SettlementAmounts): SettlementPayload;
  batchPayload(network: string, items: readonly BatchItem[]): SettlementPayload;
  /** The signer's seat and address when `signature` (65 bytes hex) over `digest` is one of the network's signers. */
  recoverSigner(
    network: string,
    digest: string,
    signature: string,
  ): { readonly index: number; readonly signer: string } | null;
  /** Asks the contract in a signer's seat about its signature; `signer` lower-case. Throws `AppError('chain_unavailable')` when no node answers in time. */
  checkContractSignature(
    network: string,
    digest: string,
    given: { readonly signer: string; readonly data: string },
  ): Promise<ContractSignatureVerdict>;
  /** No signatures are the set of the only signer of a threshold of 1, who then has to be the sender. */
  settlementTransaction(
    network: string,
    terms: Terms,
    settlement: SettlementAmounts,
    signatures: readonly SettlementSignature[],
  ): ReadyTransaction;
  /** As `settlementTransaction`, of all items at once. */
  batchTransactions(
    network: string,
    items: readonly BatchItem[],
    signatures: readonly SettlementSignature[],
  ): BatchTransactions;
  /** What the chain would do with it now, whoever sends it; `unknown` when no node answers in time, which is no verdict. */
  tryTransaction(network: string, transaction: ReadyTransaction): Promise<TrialVerdict>;
  safeFile(
    transaction: ReadyTransaction,
    about: { readonly name: string; readonly description: string; readonly createdAtMs: number },
  ): SafeFile;
  /** The contract's record of a payment, at a block that a node still has; without one at the latest. */
  record(
    network: string,
    termsId: string,
    blockNumber?: number,
  ): Promise<{
    readonly status: 'none' | 'funded' | 'delivered' | 'frozen' | 'closed';
    readonly settleSeq: number;
    readonly remaining: bigint;
    readonly released: bigint;
  }>;
  /** The record as of the finalized block, with that block's time: proof that a settlement can no longer happen. */
  finalRecord(
    network: string,
    termsId: string,
  ): Promise<{ readonly status: string; readonly settleSeq: number; readonly blockTimeMs: number }>;
  /** Reads a transaction once, to say what it did with each of several payments. */
  readOutcomes(network: string, txHash: string): Promise<OutcomeOf>;
  readOutcome(network: string, txHash: string, termsId: string): Promise<SettlementOutcome>;
  /** Items that a mined transaction reports as not settled; none for a transaction that is not mined. */
  failedItems(network: string, txHash: string): Promise<FailedItem[]>;
}

export type PayoutAnswer =
  | { readonly outcome: 'submitted'; readonly taskId: string }
  | { readonly outcome: 'refused' | 'duplicate' | 'unknown'; readonly message: string };

/** SHKeeper as the commands see it. Reads throw `AppError('provider_failed')`; `createPayout` never throws and is never repeated. */
export interface PayInProvider {
  requestPayment(input: {
    externalId: string;
    coin: string;
    fiat: string;
    amount: string;
    callbackUrl: string;
  }): Promise<{ address: string; providerAmount: string; exchangeRate: string; providerInvoiceId: string }>;
  getInvoice(externalId: string): Promise<ProviderReport[]>;
  createPayout(input: {
    externalId: string;
    coin: string;
    amount: string;
    destination: string;
    callbackUrl: string;
  }): Promise<PayoutAnswer>;
  getPayoutStatus(
    externalId: string,
  ): Promise<{ status: 'IN_PROGRESS' | 'SUCCESS' | 'FAIL'; txHash: string | null } | null>;
  getTask(coin: string, taskId: string): Promise<{ status: string; txHashes: string[]; message: string | null }>;
  /** The wallet that payouts of a coin leave from, as the provider says. */
  getHotWallet(coin: string): Promise<string>;
}

/** What somebody needs who settles a payment at the escrow without us. */
export interface TermsEntry {
  readonly paymentId: string;
  readonly network: string;
  readonly chainId: number;
  readonly escrow: string;
  readonly termsId: string;
  readonly vault: string;
  readonly terms: Terms;
}

/** Terms are kept outside the primary database before a payment can be read, so that everybody's exit exists without us. */
export interface TermsArchive {
  /** Ends when the entry is on disk. */
  keep(entry: TermsEntry): Promise<void>;
}
