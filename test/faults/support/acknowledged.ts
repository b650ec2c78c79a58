import { translateCallback } from '../../../server/providers/shkeeper/translate.ts';
import type { Recorded } from './recorder.ts';
import type { Json } from './stage.ts';

/** As much of a stored transition as a promise is held to. */
export interface StoredStep {
  readonly p: string;
  readonly seq: number;
  readonly to: string;
  readonly kind: string;
  readonly claims: readonly string[];
  readonly evidence: { readonly signal?: Json };
  readonly state: Json;
}

/** Every log of the stage, by the payment or payout it is of. */
export type StoredLogs = ReadonlyMap<string, readonly StoredStep[]>;

/** The one transition that an answer stands for, in words, and whether it is there. */
export interface Demand {
  readonly what: string;
  readonly isKept: boolean;
}

const same = (a: unknown, b: unknown) => String(a).toLowerCase() === String(b).toLowerCase();
const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});

/** An accepted delivery is the claim of one step, or told nothing that its payment's newest state does not have under claims of others. */
function deliveryDemands(call: Recorded, logs: StoredLogs): Demand[] {
  const translated = translateCallback(Buffer.from(String(call.body)));
  if (!translated.ok) return [];
  const { externalId, deliveryKey, transactions } = translated.report;
  const log = logs.get(externalId.replace(/^AMN_/, ''));
  if (log === undefined) return []; // nobody's money: kept among the provider's events
  const claim = `evt:shkeeper:${deliveryKey}`;
  const own = log.filter((step) => step.kind === 'providerReported' && step.claims.includes(claim));
  const provider = objectOf(log.at(-1)?.state.provider);
  const told = Array.isArray(provider.transactions) ? provider.transactions.map((one) => objectOf(one).txHash) : [];
  const isKnown = (txHash: string) => {
    const booked = new RegExp(`^tx:\\d+:${txHash}:`, 'i');
    return told.some((one) => same(one, txHash)) || log.some(({ claims }) => claims.some((name) => booked.test(name)));
  };
  const isOld = transactions.length > 0 ? transactions.every(({ txHash }) => isKnown(txHash)) : provider.reportedStatus;
  return [{ what: `${claim} of ${externalId}`, isKept: own.length === 1 || (own.length === 0 && Boolean(isOld)) }];
}

/** An opened intent is the first step of its log, with the claims of its trade and of each address that the buyer was shown. */
function intentDemands({ body, answer }: Recorded, logs: StoredLogs): Demand[] {
  const { purchaseRequestId, sellerOfferId } = objectOf(body);
  const { paymentId, vault, payTo } = answer?.data ?? {};
  const log = logs.get(String(paymentId)) ?? [];
  const [first] = log;
  const holds = (step: StoredStep | undefined, address: unknown) =>
    step?.claims.some((name) => name.startsWith('addr:') && same(name.split(':')[2], address)) === true;
  const trade = `open:${purchaseRequestId}:${sellerOfferId}:`;
  const opened = first?.kind === 'intentOpened' && first.claims.some((name) => name.startsWith(trade));
  const { address } = objectOf(payTo);
  return [
    { what: `${trade} of ${paymentId}`, isKept: opened },
    { what: `the vault ${vault} of ${paymentId}`, isKept: holds(first, vault) },
    ...(address === undefined
      ? []
      : [{ what: `the address ${address} of ${paymentId}`, isKept: log.some((step) => holds(step, address)) }]),
  ];
}

/** A prepared settlement is the step with its digest, and one step for every signature that was counted; a payout has a reservation and a record. */
function preparedDemands(paymentId: string, { answer }: Recorded, logs: StoredLogs): Demand[] {
  const log = logs.get(paymentId) ?? [];
  const { kind, digest, signedBy, payoutId } = answer?.data ?? {};
  if (kind === 'payout') return payoutDemands(String(payoutId), logs, paymentId);
  const told = (name: string, more: (signal: Json) => boolean = () => true) =>
    log.some(({ kind: of, evidence: { signal = {} } }) => of === name && signal.digest === digest && more(signal));
  const signers = Array.isArray(signedBy) ? signedBy : [];
  return [
    { what: `the settlement ${digest} of ${paymentId}`, isKept: told('settlementPrepared') },
    ...signers.map((signer) => ({
      what: `the signature of ${signer} over ${digest} of ${paymentId}`,
      isKept: told('settlementSigned', (signal) => same(signal.signer, signer)),
    })),
  ];
}

/** A payout is a reservation under a claim of its payment, and the log of its own that the payment's effect opened. */
function payoutDemands(payoutId: string, logs: StoredLogs, paymentId?: string): Demand[] {
  const record = logs.get(payoutId)?.[0];
  const source = objectOf(record?.state.source);
  const from = paymentId ?? String(source.paymentId);
  const reserved = (logs.get(from) ?? []).some(
    ({ kind, claims, evidence }) =>
      kind === 'payoutRequested' &&
      evidence.signal?.payoutId === payoutId &&
      claims.includes(`payout:${from}:${source.n}`),
  );
  return [
    { what: `the payout ${payoutId} of ${from}`, isKept: reserved },
    { what: `the record of the payout ${payoutId}`, isKept: record?.kind === 'payoutOpened' },
  ];
}

/** A final settlement is the step that claims its outcome, by the transaction that was named; one that was only seen may have vanished since. */
function confirmedDemands(paymentId: string, { body, answer }: Recorded, logs: StoredLogs): Demand[] {
  const { txHash } = objectOf(body);
  const told = (logs.get(paymentId) ?? []).filter(({ evidence }) =>
    same(objectOf(evidence.signal?.fact).txHash, txHash),
  );
  const isBooked = told.some(
    ({ kind, claims }) => kind === 'settlementConfirmed' && claims.some((name) => name.startsWith('out:')),
  );
  const isFinal = objectOf(answer?.data.settlement).state === 'final';
  return [{ what: `the settlement by ${txHash} of ${paymentId}`, isKept: isFinal ? isBooked : told.length > 0 }];
}

const settlementPath = /^\/api\/payment\/shkeeper\/([^/]+)\/(?:release|refund)(\/confirm)?$/;

/** What the answer of one accepted call stands for, each thing by its own claim or evidence. */
export function demandsOf(call: Recorded, logs: StoredLogs): Demand[] {
  const { method, path, body } = call;
  if (method !== 'POST') return [];
  if (path === '/api/payment/shkeeper/webhook' && typeof body === 'string') return deliveryDemands(call, logs);
  if (path === '/api/payment/shkeeper/intents') return intentDemands(call, logs);
  if (path === '/api/payment/shkeeper/payout') return payoutDemands(String(call.answer?.data.payoutId), logs);
  const [, paymentId, confirm] = settlementPath.exec(path) ?? [];
  if (paymentId === undefined) return [];
  return confirm === undefined ? preparedDemands(paymentId, call, logs) : confirmedDemands(paymentId, call, logs);
}
