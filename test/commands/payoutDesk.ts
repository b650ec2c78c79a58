import type { PayoutMachine } from '../../server/domain/payout.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import type { PayInProvider } from '../../server/ports/outside.ts';
import { addressOf, type CommandsWorld, type Process, tokens } from './commandsWorld.ts';

export const minute = 60_000;
export const day = 24 * 60 * minute;

/** What drives the payouts of a world, its forwards first; the world is asked for anew, since every test has its own. */
export function payoutDesk(worldNow: () => CommandsWorld) {
  const hotWallet = () => worldNow().chain.deployment.hotWalletAddress;
  const fill = (amount = 1_000) => worldNow().chain.pay(hotWallet(), tokens(amount));
  const balance = (holder: string) => {
    const { chain, ports } = worldNow();
    return ports.chain.tokenBalance('bsc', chain.deployment.token.toLowerCase(), holder);
  };
  const forwardOf = async ({ id }: PaymentState): Promise<PayoutMachine> => {
    const { forward } = await worldNow().state(id);
    if (forward === null) throw new Error('no forward');
    return forward;
  };
  const drive = (state: PaymentState, process: Process = worldNow()) => process.useCases.drivePayout(state.id);

  /** A payment whose price the provider holds, with its forward requested. */
  async function forwarding(amount = '100'): Promise<PaymentState> {
    const world = worldNow();
    const state = await world.open({ amount });
    await world.pay(addressOf(state), state.price);
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    await world.useCases.forwardToVault(state.id);
    return world.state(state.id);
  }

  /** A process that counts its POSTs; `answer` stands in for the provider's. */
  function counting(answer?: PayInProvider['createPayout'], more: Partial<PayInProvider> = {}) {
    const world = worldNow();
    const posts: string[] = [];
    const createPayout: PayInProvider['createPayout'] = async (order) => {
      posts.push(order.externalId);
      return (answer ?? world.ports.provider.createPayout)(order);
    };
    return { posts, process: world.process({ provider: { createPayout, ...more } }) };
  }

  /** Drives through the provider's and the chain's steps until the machine has ended. */
  async function driveToEnd(state: PaymentState): Promise<PayoutMachine> {
    const world = worldNow();
    for (let step = 0; step < 12; step += 1) {
      if ((await drive(state)).nextAtMs === null) break;
      await world.control('tick', {});
      await world.chain.finalize();
      world.advance(minute);
    }
    return forwardOf(state);
  }

  return { hotWallet, fill, balance, forwardOf, drive, forwarding, counting, driveToEnd };
}
