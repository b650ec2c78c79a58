import type { ChainHead } from '../domain/evidence.ts';
import { escrowStateOf } from '../domain/facts.ts';
import type { PaymentState } from '../domain/state.ts';
import { zeroAddress } from '../domain/terms.ts';
import type { Actor, Versioned } from '../ports.ts';
import type { AppDeps } from './appDeps.ts';
import { createHeads } from './heads.ts';
import { incomingOnly, newest } from './ownership.ts';
import { ownershipOf } from './policies.ts';
import type { Presenter } from './present.ts';
import { buyersTransfers } from './presentParts.ts';

const masked = (address: string) => `${address.slice(0, 6)}…${address.slice(-4)}`;

/** The wallet that paid, or the one the payment waits for. */
function walletOf(state: PaymentState): string | null {
  const sender = buyersTransfers(state).at(-1)?.senders[0];
  return sender ?? (state.terms.buyer === zeroAddress ? null : state.terms.buyer);
}

/** How deep the newest transfer lies; nothing is said of a chain that does not answer. */
function depthOf(state: PaymentState, head: ChainHead | null) {
  if (head === null) return { confirmations: null, confirmationsRequired: null };
  const blocks = buyersTransfers(state).map(({ blockNumber }) => blockNumber);
  const confirmationsRequired = head.number - head.confirmed + 1;
  // Only what is deep enough is booked; a head of a moment ago may not know it yet.
  const confirmations =
    blocks.length === 0 ? 0 : Math.max(confirmationsRequired, head.number - Math.max(...blocks) + 1);
  return { confirmations, confirmationsRequired };
}

const isParty = (actor: Actor, { buyerId, sellerId }: PaymentState) =>
  ownershipOf(actor) === null || [buyerId, sellerId].includes(actor.userId);
/** Who may leave a hint in the payment's log. */
const mayHint = (actor: Actor | null, state: PaymentState): actor is Actor =>
  actor !== null && actor.role !== 'auditor' && isParty(actor, state);

/** A payment as whoever has its id may see it and have it looked at. */
export function createOpenPayment(deps: AppDeps, present: Presenter) {
  const { commands, queries, clock, gateway } = deps;
  const headOf = createHeads(deps);

  /** The payment of this id, whoever asks. */
  async function read(id: string): Promise<Versioned<PaymentState>> {
    return incomingOnly((await queries.payment(id, null)) ?? (await newest(deps, id)));
  }

  /** The few facts for everybody; the document as well for those who are part of it. */
  async function show(actor: Actor | null, found: Versioned<PaymentState>) {
    const { state } = found;
    const { id: paymentId, status, asset } = state;
    const wallet = walletOf(state);
    const data = {
      ...{ paymentId, status, escrowState: escrowStateOf(state), network: asset.network, token: asset.token },
      ...depthOf(state, await headOf(asset.network)),
      wallet: wallet === null ? null : masked(gateway.checksum(wallet)),
    };
    const own = actor !== null && isParty(actor, state);
    return own ? { data, payment: present.payment(found, actor) } : { data };
  }

  /**
   * Has the chain looked at. A hash is kept only for those who are part of the payment; for everybody else the look is all there is, one for all callers of a
   * moment, and it finds every transfer to the payment's addresses without a hash.
   */
  async function look(actor: Actor | null, id: string, transactionHash: string | undefined) {
    const { state } = await read(id);
    const may = mayHint(actor, state);
    if (may && transactionHash !== undefined) {
      await commands.confirmTransfer({ actor, paymentId: id, transactionHash });
    } else if (clock.now() < state.watchUntilMs) {
      await commands.verifyPayment(id, { askProvider: may, hint: true });
    }
    return incomingOnly(await newest(deps, id));
  }

  return { read, show, look };
}
