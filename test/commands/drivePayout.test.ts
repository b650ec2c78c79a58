import { expect } from 'chai';
import { custodyOf } from '../../server/domain/facts.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { erc20 } from '../providers/chain/chainWorld.ts';
import { addressOf, type CommandsWorld, Crash, openCommandsWorld, tokens, wallets } from './commandsWorld.ts';
import { day, minute, payoutDesk } from './payoutDesk.ts';

describe('drivePayout', () => {
  let world: CommandsWorld;
  // Every test has a wallet of its own: an unresolved payout of one would hold up the next.
  beforeEach(async () => {
    world = await openCommandsWorld();
  });
  afterEach(() => world.close());
  const { fill, balance, forwardOf, drive, forwarding, counting, driveToEnd } = payoutDesk(() => world);

  it('waits for the wallet, sends once, and ends with the final transfer in the vault', async () => {
    const state = await forwarding();
    await drive(state);
    expect(await forwardOf(state)).to.include({ stage: 'waiting', reason: 'wallet_short_of_token' });
    await fill();
    const processes = [counting(), counting(), counting()];
    await Promise.all([...processes, ...processes].map(({ process }) => drive(state, process)));
    expect(processes.flatMap(({ posts }) => posts)).to.deep.equal([(await forwardOf(state)).externalId]);
    const ended = await driveToEnd(state);
    expect(ended.stage).to.equal('confirmed');
    expect(await balance(state.vault)).to.equal(tokens(100));
    expect(custodyOf(await world.state(state.id))).to.equal('contract');
    expect((await drive(state)).nextAtMs).to.equal(null);
  });

  it('is not begun before the buyer is final, nor less than 24 h before delivery', async () => {
    const state = await world.open();
    await world.chain.pay(addressOf(state), state.price);
    await world.chain.mine(2);
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    await world.useCases.forwardToVault(state.id);
    expect((await world.state(state.id)).forward).to.equal(null);
    await world.chain.finalize();
    world.advance(13.5 * day);
    await world.useCases.forwardToVault(state.id);
    const late = await world.state(state.id);
    expect([late.forward, late.flags.includes('manual')]).to.deep.equal([null, true]);
  });

  it('finds on the chain what was sent before the process died', async () => {
    const state = await forwarding();
    await fill();
    await drive(state, world.process({ crashAt: 'payoutPosted' })).catch((error) =>
      expect(error).to.be.instanceOf(Crash),
    );
    expect((await forwardOf(state)).stage).to.equal('unknown');
    await world.control('tick', {});
    await world.chain.mine(1);
    const { posts, process } = counting(undefined, { getPayoutStatus: async () => null });
    await drive(state, process);
    expect((await forwardOf(state)).stage).to.equal('broadcast');
    expect((await driveToEnd(state)).stage).to.equal('confirmed');
    expect(posts).to.deep.equal([]);
    expect(await balance(state.vault)).to.equal(tokens(100));
  });

  it('proves a refused payout dead only by the chain, the wallet and time', async () => {
    const state = await forwarding();
    await fill();
    await drive(state, counting(async () => ({ outcome: 'refused', message: 'not enough' })).process);
    expect(await forwardOf(state)).to.include({ stage: 'refused', reason: 'not enough' });
    world.advance(11 * minute);
    await drive(state);
    expect((await forwardOf(state)).stage, 'the wallet has sent nothing since').to.equal('refused');
    await world.chain.pay(wallets.payout, tokens(1), world.chain.deployment.hotWalletKey);
    await drive(state);
    expect((await forwardOf(state)).stage, 'what it sent is not final').to.equal('refused');
    await world.chain.finalize();
    expect((await drive(state)).nextAtMs).to.equal(null);
    expect((await forwardOf(state)).stage).to.equal('dead');
    expect((await world.state(state.id)).forwardDead).to.equal(true);
  });

  it('believes the chain and not a FAIL: what failed after the broadcast is confirmed', async () => {
    const state = await forwarding();
    await fill();
    // The wallet signed it and says nothing of it; the core gives up.
    await world.control('switches', { stuckTx: true });
    const failing = world.process({ provider: { getPayoutStatus: async () => ({ status: 'FAIL', txHash: null }) } });
    await drive(state, failing);
    await drive(state, failing);
    expect((await forwardOf(state)).stage).to.equal('reportedFailed');
    world.advance(11 * minute);
    await drive(state, failing);
    expect((await forwardOf(state)).stage).to.equal('reportedFailed');
    await world.control('switches', { stuckTx: false });
    await world.control('tick', {});
    await world.chain.mine(1);
    await drive(state, failing);
    expect((await forwardOf(state)).stage).to.equal('broadcast');
    expect((await driveToEnd(state)).stage).to.equal('confirmed');
    expect(await balance(state.vault)).to.equal(tokens(100));
  });

  it('only asks after an answer that says "already exists"', async () => {
    const state = await forwarding();
    await fill();
    const { posts, process } = counting(async (order) => {
      await world.ports.provider.createPayout(order);
      return world.ports.provider.createPayout(order);
    });
    await drive(state, process);
    expect((await forwardOf(state)).stage).to.equal('unknown');
    expect((await driveToEnd(state)).stage).to.equal('confirmed');
    expect(posts).to.have.length(1);
    expect(await balance(state.vault)).to.equal(tokens(100));
  });

  it('sends one payout of a wallet at a time, and an unknown one frees the wallet after 10 minutes', async () => {
    const [first, second] = [await forwarding('100'), await forwarding('60')];
    await fill();
    await drive(first, counting(async () => ({ outcome: 'unknown', message: 'cut' })).process);
    await drive(second);
    expect(await forwardOf(second)).to.include({ stage: 'waiting', reason: 'wallet_busy' });
    world.advance(10 * minute + 1);
    expect((await driveToEnd(second)).stage).to.equal('confirmed');
    expect((await forwardOf(first)).stage).to.equal('unknown');
    expect([(await forwardOf(first)).slot, (await forwardOf(second)).slot]).to.deep.equal([1, 2]);
  });

  /** Drives a forward whose one transaction, as the provider names it, is reverted and final. */
  async function driveReverted(state: PaymentState, key: string, blocks = 0): Promise<string> {
    const data = erc20.encodeFunctionData('transfer', [state.vault, tokens(5_000)]);
    const reverted = await world.chain.send(key, { to: world.chain.deployment.token, data });
    expect(reverted.status).to.equal(0);
    await world.chain.mine(blocks);
    const { process } = counting(async () => ({ outcome: 'submitted', taskId: 'task' }), {
      getPayoutStatus: async () => ({ status: 'IN_PROGRESS', txHash: reverted.hash }),
    });
    await drive(state, process);
    world.advance(minute);
    await drive(state, process);
    await drive(state, process);
    expect((await forwardOf(state)).stage).to.equal('broadcast');
    await world.chain.finalize();
    await drive(state, process);
    return (await forwardOf(state)).stage;
  }

  it('takes a reverted receipt for a death once it is final', async () => {
    const state = await forwarding();
    await fill(100);
    expect(await driveReverted(state, world.chain.deployment.hotWalletKey)).to.equal('dead');
  });

  it('takes no reverted receipt for a death that another sent, or that is older than the payout', async () => {
    const { sellerKey, hotWalletKey } = world.chain.deployment;
    for (const [key, blocks] of [
      [sellerKey, 0],
      [hotWalletKey, 1],
    ] as const) {
      const state = await forwarding();
      await fill(100);
      // Dead, the money would be free to leave a second way while the provider still sends it.
      expect(await driveReverted(state, key, blocks)).to.equal('broadcast');
      world.advance(10 * minute + 1);
    }
  });
});
