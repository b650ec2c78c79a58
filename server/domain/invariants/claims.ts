import { assetName } from '../ledger.ts';
import { approvalHash } from '../payoutApproval.ts';
import type { PaymentState, State } from '../state.ts';
import type { Transition } from '../transition.ts';
import type { Report } from './violation.ts';

/** Whether a claim can be this log's own; `rest` are the parts after the kind. */
type Rule = (parts: readonly string[], step: Transition) => boolean;

const addressesOf = (state: PaymentState) => [state.vault, state.provider?.address ?? ''].filter((one) => one !== '');
const externalIdOf = (state: State) =>
  state.direction === 'out' ? state.machine.externalId : state.direction === 'in' ? state.forward?.externalId : '';
const isIn = (state: State): state is PaymentState => state.direction === 'in';
const chainIs = (state: State, chainId: string | undefined) => String(state.asset.chainId) === chainId;

/** The receiver of a transfer is the payment's own address or funding, or where one of its payouts goes. */
function isOwnTransfer([chainId, , receiver = '', token = '']: readonly string[], { state }: Transition): boolean {
  if (!chainIs(state, chainId)) return false;
  if (!isIn(state)) return state.direction === 'suspense';
  const destinations = state.payouts.map((payout) => payout.destination.toLowerCase());
  return [...addressesOf(state), ...destinations].includes(receiver) || token === state.termsId.toLowerCase();
}

/** What the escrow did with the payment; in the record of a payout the transfer that proves it. */
function isOwnOutcome([chainId, ...rest]: readonly string[], { state }: Transition): boolean {
  if (state.direction === 'out')
    return chainIs(state, chainId) && rest[1] === state.machine.destination.toLowerCase() && rest.at(-1) === 'payout';
  return isIn(state) && chainIs(state, chainId) && rest.slice(0, 2).includes(state.termsId.toLowerCase());
}

/** Of exactly the payout that the step reserves money for, ordered by its actor, and given by somebody else. */
function isOwnApproval([hash]: readonly string[], { state, kind, actor, evidence }: Transition): boolean {
  const payout = isIn(state) && kind === 'payoutRequested' ? state.payouts.at(-1) : undefined;
  const given: unknown = evidence.approval;
  if (payout === undefined || typeof given !== 'object' || given === null || !('approvedBy' in given)) return false;
  const { id: paymentId, asset } = state;
  return `user:${given.approvedBy}` !== actor && hash === approvalHash({ ...payout, paymentId, asset, actor });
}

const rules: Readonly<Record<string, Rule>> = {
  evt: (_, { kind }) => kind === 'providerReported',
  tx: isOwnTransfer,
  rev: isOwnTransfer,
  fund: ([request], { state }) => request === state.requestId,
  open: ([request, offer, buyer], { state }) =>
    request === state.requestId && offer === state.offerId && buyer === state.buyerId,
  addr: ([chainId, address = ''], { state }) =>
    isIn(state) && chainIs(state, chainId) && addressesOf(state).includes(address),
  out: isOwnOutcome,
  credit: (parts, { state }) => isIn(state) && parts.at(-1) === state.termsId.toLowerCase(),
  approval: isOwnApproval,
  payout: ([paymentId], { state }) => paymentId === state.id,
  post: (parts, { state }) => parts.join(':') === externalIdOf(state),
  slot: ([first, ...rest], { state, kind }) =>
    kind === 'payoutRequested'
      ? first === 'payouts' && rest.slice(0, -1).join(':') === assetName(state.asset).toLowerCase()
      : kind === 'payoutUnknown' && first === state.asset.network.toLowerCase(),
  idem: () => true,
  nonce: () => true,
};

/** I5, within one log: a step claims each fact once, and only facts that its payment can own. */
export function checkClaims(step: Transition, slot: string | null, report: Report): void {
  const { id, claims } = step;
  const seen = new Set<string>();
  for (const name of claims) {
    if (seen.has(name)) report('I5', name, `${id} claims it twice`);
    seen.add(name);
    const [kind = '', ...parts] = name.split(':');
    const rule = rules[kind];
    if (rule === undefined) report('I5', name, `${id} holds a claim of a kind that nobody knows`);
    else if (!rule(parts, step)) report('I5', name, `${id} holds a claim that is not its payment's`);
  }
  const own = claims.find((name) => name.startsWith('slot:')) ?? null;
  if (own !== slot) report('I5', id, `its scalar slot is ${slot ?? 'missing'}, its claim is ${own ?? 'missing'}`);
}
