import { expect } from 'chai';
import { Wallet } from 'ethers';
import { erc20 } from '../providers/chain/chainWorld.ts';
import { type CommandsWorld, openCommandsWorld, refused, tokens } from './commandsWorld.ts';
import { settlementDesk } from './settlementDesk.ts';

/** Both blocks of a credit that two blocks have confirmed. */
const depth = 2;

describe('a credited transfer that a reorganisation moved into another block', () => {
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());
  const { ask, prepare, look } = settlementDesk(() => world);

  /** A completed payment whose transfer is mined again elsewhere, as the monitor lets it stand: its books name the block that is gone. */
  async function moved(addressOf: (state: Awaited<ReturnType<CommandsWorld['open']>>) => string) {
    const opened = await world.open();
    const raw = await world.chain.signPayment(addressOf(opened), tokens(100));
    const first = await world.chain.broadcast(raw);
    await world.chain.mine(1);
    await look(opened.id);
    await world.chain.reorganise(depth);
    await world.chain.mine(1);
    const second = await world.chain.broadcast(raw);
    expect(second.blockHash).not.to.equal(first.blockHash);
    const state = await world.state(opened.id);
    expect([state.status, state.arrivals[0]?.blockHash]).to.deep.equal(['completed', first.blockHash]);
    return state;
  }

  it('is released once it is final there, so that the money is not stuck for ever', async () => {
    const state = await moved(({ vault }) => vault);
    await refused(ask('release', state), 'escrow_not_final');
    await world.chain.finalize();
    expect((await prepare('release', state)).toSeller).to.equal(tokens(100));
  });

  it('is released also when it was paid into the pool, whose transfers name no payment by themselves', async () => {
    const { chain, ports } = world;
    const { token, escrow } = chain.deployment;
    const opened = await world.open();
    await chain.broadcast(await signed(token, erc20.encodeFunctionData('approve', [escrow, tokens(100)])));
    await chain.finalize();
    const raw = await signed(escrow, chain.encode('fund', [opened.terms]));
    const first = await chain.broadcast(raw);
    const { blockNumber } = first;
    const [inflow] = await ports.chain.transfersTo('bsc', [escrow], blockNumber, blockNumber);
    if (inflow === undefined) throw new Error('nothing reached the pool');
    const signal = { kind: 'transferConfirmed', transfer: { ...inflow, termsId: opened.termsId } } as const;
    await ports.coordinator.observe(opened.id, signal, { actor: 'test' });
    await chain.reorganise(1);
    await chain.finalize();
    await refused(ask('release', opened), 'escrow_not_final');
    expect((await chain.broadcast(raw)).blockHash).not.to.equal(first.blockHash);
    await chain.finalize();
    expect((await prepare('release', opened)).toSeller).to.equal(tokens(100));
  });

  /** A transaction of the buyer, to be mined more than once. */
  async function signed(to: string, data: string): Promise<string> {
    const { chain } = world;
    const wallet = new Wallet(chain.deployment.buyerKey);
    const nonce = Number(await chain.rpc<string>('eth_getTransactionCount', [wallet.address, 'pending']));
    const fee = { gasLimit: 1_000_000n, gasPrice: 10n ** 10n, type: 0 };
    return wallet.signTransaction({ to, data, nonce, chainId: chain.deployment.chainId, ...fee });
  }

  it('is forwarded once it is final there, and not before', async () => {
    const state = await moved(({ provider }) => String(provider?.address));
    await world.useCases.forwardToVault(state.id);
    expect((await world.state(state.id)).forward).to.equal(null);
    await world.chain.finalize();
    await world.useCases.forwardToVault(state.id);
    expect((await world.state(state.id)).forward?.stage).to.equal('requested');
  });

  it('holds everything back when it left the chain for good', async () => {
    const opened = await world.open();
    await world.chain.broadcast(await world.chain.signPayment(opened.vault, tokens(100)));
    await world.chain.mine(1);
    await look(opened.id);
    await world.chain.reorganise(depth);
    await world.chain.finalize();
    await refused(ask('release', await world.state(opened.id)), 'escrow_not_final');
  });
});
