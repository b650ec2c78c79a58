import { Wallet } from 'ethers';
import type { PreparedSettlement } from '../../server/commands/prepareSettlement.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { admin, type CommandsWorld } from './commandsWorld.ts';

type Kind = 'release' | 'refund';
type Prepared = Extract<PreparedSettlement, { kind: 'settlement' }>;
type Wish = { amount?: string; toSeller?: string; toBuyer?: string; signatures?: string[]; idempotencyClaim?: string };

/** What an admin does to a settlement of a world's payments, from the wish to the booked event. */
export function settlementDesk(worldNow: () => CommandsWorld) {
  const ask = (kind: Kind, { id: paymentId }: PaymentState, wish: Wish = {}) =>
    worldNow().useCases.prepareSettlement({ actor: admin, paymentId, kind, ...wish });
  const prepare = async (kind: Kind, state: PaymentState, wish: Wish = {}): Promise<Prepared> => {
    const prepared = await ask(kind, state, wish);
    if (prepared.kind !== 'settlement') throw new Error('a payout was opened');
    return prepared;
  };
  /** What the signers of these seats make of a digest. */
  const signed = (digest: string, seats: readonly number[]) => {
    const { signerKeys } = worldNow().chain.deployment;
    return seats.map((seat) => new Wallet(signerKeys[seat] ?? '').signingKey.sign(digest).serialized);
  };
  const broadcast = async ({ transaction }: Prepared) => {
    if (transaction === null) throw new Error('no transaction');
    const { chain } = worldNow();
    return (await chain.send(chain.deployment.sellerKey, transaction)).hash;
  };
  const confirm = (kind: Kind, { id: paymentId }: PaymentState, txHash: string) =>
    worldNow().useCases.confirmSettlement({ actor: admin, paymentId, kind, txHash });
  const look = (paymentId: string) => worldNow().useCases.verifyPayment(paymentId, { askProvider: false });

  /** A payment of which 40 of its 100 are released and booked: the contract's next sequence is 1. */
  async function partlyReleased(): Promise<PaymentState> {
    const world = worldNow();
    const state = await world.funded();
    const { digest } = await prepare('release', state, { amount: '40' });
    const txHash = await broadcast(await prepare('release', state, { signatures: signed(digest, [0, 1]) }));
    await world.chain.finalize();
    return (await confirm('release', state, txHash)).state;
  }

  return { ask, prepare, signed, broadcast, confirm, look, partlyReleased };
}
