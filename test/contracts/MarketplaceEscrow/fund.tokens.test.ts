import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { HOSTILE, useToken } from '../mocks.ts';
import { rejectsWithoutData } from '../rejections.ts';

const release = { toSeller: PRICE, toBuyer: 0n };

describe('MarketplaceEscrow funded in tokens of every kind', () => {
  const world = useEscrowWorld();

  /** The buyer pays in a token that asks nobody's leave. */
  async function fundHostile(mode: keyof typeof HOSTILE) {
    await useToken(world(), 'HostileToken');
    await world().mint(roles.buyer.address, PRICE);
    await world().send(world().token, roles.deployer, 'setMode', [HOSTILE[mode]]);
    const terms = await world().terms();
    return { terms, call: world().act(roles.buyer, 'fund', [terms]) };
  }

  async function takeFees(): Promise<void> {
    await useToken(world(), 'UsdtLikeToken');
    await world().send(world().token, roles.deployer, 'setFeeRate', [10]);
  }

  async function openRebasing(mode: 'pool' | 'vault'): Promise<Terms> {
    await useToken(world(), 'RebasingToken');
    const terms = await world().terms();
    await world().pay(terms, mode);
    if (mode === 'vault') await world().act(roles.signers[0], 'freeze', [terms]);
    return terms;
  }

  it('D5: takes a token without return values', async () => {
    await useToken(world(), 'UsdtLikeToken');
    const terms = await world().terms();
    await world().fund(terms);
    expect(await world().balance(world().escrow.address)).to.equal(PRICE);
  });

  it('D5: takes a token that returns false but moves the amount, because the inflow decides', async () => {
    const { terms, call } = await fundHostile('falseMoved');
    await call;
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
    expect(await world().balance(world().escrow.address)).to.equal(PRICE);
  });

  it('D5: reverts when the token returns false and moves nothing', async () => {
    const { call } = await fundHostile('falseUnmoved');
    await world().rejects(call, 'WrongInflow');
  });

  it('D5: reverts when the token refuses the transfer', async () => {
    const { call } = await fundHostile('reverting');
    await world().rejects(call, 'WrongInflow');
  });

  it('D5: reverts when the token brings more than the amount', async () => {
    const { call } = await fundHostile('generous');
    await world().rejects(call, 'WrongInflow');
  });

  it('D5: reverts when the token has no code', async () => {
    const terms = await world().terms({ token: roles.stranger.address });
    await rejectsWithoutData(world().act(roles.buyer, 'fund', [terms]));
    expect((await world().payment(terms)).status).to.equal(STATUS.none);
  });

  it('D5: reverts when the token takes a fee, by fund and by sweep', async () => {
    await takeFees();
    await world().rejects(world().fund(await world().terms()), 'WrongInflow');
    const terms = await world().terms();
    await world().payVault(terms);
    await world().rejects(world().act(roles.seller, 'sweep', [terms]), 'WrongInflow');
    expect(await world().book()).to.deep.equal({ owed: 0n, fees: 0n });
  });

  it('D5: settles a token that takes a fee straight from the vault, where the receivers bear it', async () => {
    await takeFees();
    const terms = await world().terms();
    await world().payVault(terms);
    await world().settle(terms, release);
    const net = (PRICE * 99n) / 100n;
    expect(await world().balance(terms.seller)).to.equal(net - net / 1_000n);
    expect(await world().balance(roles.treasury.address)).to.equal(PRICE / 100n - PRICE / 100_000n);
  });

  it('D12: reverts when the token takes a fee although the escrow holds a stray surplus', async () => {
    await takeFees();
    await world().mint(world().escrow.address, PRICE);
    await world().rejects(world().fund(await world().terms()), 'WrongInflow');
    const terms = await world().terms();
    await world().payVault(terms);
    await world().rejects(world().act(roles.seller, 'sweep', [terms]), 'WrongInflow');
  });

  it('D5: pays exactly the amount after a rebase up, in either mode', async () => {
    for (const mode of ['pool', 'vault'] as const) {
      const terms = await openRebasing(mode);
      await world().send(world().token, roles.deployer, 'setScale', [20_000]);
      await world().settle(terms, { toSeller: 0n, toBuyer: PRICE });
      expect(await world().balance(terms.refundTo), mode).to.equal(PRICE);
      const custodian = mode === 'pool' ? world().escrow.address : await world().vaultOf(terms);
      expect(await world().balance(custodian), mode).to.equal(PRICE);
      expect(await world().book()).to.deep.equal({ owed: 0n, fees: 0n });
    }
  });

  it('D5: sends the gain of a rebased vault to refundTo', async () => {
    const terms = await openRebasing('vault');
    await world().send(world().token, roles.deployer, 'setScale', [20_000]);
    await world().act(roles.stranger, 'recover', [terms, terms.token]);
    expect(await world().balance(terms.refundTo)).to.equal(PRICE);
    expect(await world().balance(await world().vaultOf(terms))).to.equal(PRICE);
  });

  it('D5: turns what a rebase down left uncovered in the pool into a credit, and takes no new money', async () => {
    const terms = await openRebasing('pool');
    await world().send(world().token, roles.deployer, 'setScale', [5_000]);
    await world().settle(terms, { toSeller: 0n, toBuyer: PRICE });
    expect(await world().book()).to.deep.equal({ owed: PRICE, fees: 0n });
    expect((await world().read(world().escrow, 'credits', [terms.refundTo, terms.token]))[0]).to.equal(PRICE);
    expect((await world().read(world().escrow, 'solvent', [terms.token]))[0]).to.equal(false);
    await world().rejects(world().fund(await world().terms()), 'NotCovered');
    const other = await world().terms({ token: ZERO_ADDRESS });
    await world().fund(other);
    expect((await world().payment(other)).status).to.equal(STATUS.funded);
  });

  it('D5: pays by time what a rebase down left of a vault', async () => {
    const terms = await openRebasing('vault');
    await world().send(world().token, roles.deployer, 'setScale', [5_000]);
    const half = PRICE / 2n;
    await world().chain.setNextTime((await world().chain.now()) + 46 * DAY);
    const events = world().events(await world().act(roles.stranger, 'forceResolve', [terms]));
    expect(events.map(({ name }) => name)).to.deep.equal(['Shortfall', 'Settled']);
    expect(events[0]?.args.missing).to.equal(half);
    expect(await world().balance(terms.refundTo)).to.equal(half / 2n);
    expect(await world().balance(await world().vaultOf(terms))).to.equal(0n);
  });

  it('D6: reverts when a hook brings other money to the pool in the same call, so nothing counts twice', async () => {
    await useToken(world(), 'HostileToken');
    await world().mint(roles.buyer.address, PRICE);
    const terms = await world().terms();
    await world().payVault(terms);
    const gift = world().token.abi.encodeFunctionData('mint', [world().escrow.address, PRICE]);
    await world().send(world().token, roles.stranger, 'setCall', [world().token.address, gift]);
    await world().rejects(world().act(roles.buyer, 'fund', [terms]), 'WrongInflow');
    await world().rejects(world().act(roles.seller, 'sweep', [terms]), 'WrongInflow');
    expect(await world().book()).to.deep.equal({ owed: 0n, fees: 0n });
  });
});
