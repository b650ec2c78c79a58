import { expect } from 'chai';
import { concat } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { forceEther } from '../mocks.ts';
import { custodyOf, eventsOf } from '../observed.ts';
import { MODES, plainAccount, SPLIT, SPLIT_NET } from '../payouts.ts';
import { rejectsWithoutData } from '../rejections.ts';
import { rescue, rotate } from '../signedActs.ts';

const { seller, stranger, signers, guardian, treasury, buyer } = roles;
const FORCED = 11n;
const DELAY = 172_801;

describe('attacks by native coin to the escrow', () => {
  const world = useEscrowWorld();

  async function native(changes: Partial<Terms> = {}): Promise<Terms> {
    return world().terms({ token: ZERO_ADDRESS, ...changes });
  }
  const give = (from: string, value: bigint, data = '0x') =>
    world().chain.send({ from, to: world().escrow.address, value, data });

  /**
   * Code that sends one unit of what it gets on to the escrow, and keeps 1 if the escrow refused it and 2 if not. By hand: in
   * Solidity it would not fit into the 50,000 gas of a receiver.
   */
  async function putBouncer(account: string): Promise<void> {
    // 4 × push0, push1 1, push20 escrow, gas, call; push1 1, add, push0, sstore, stop.
    await world().chain.setCode(account, concat(['0x5f5f5f5f600173', world().escrow.address, '0x5af16001015f5500']));
  }
  const bounced = async (account: string) => BigInt(await world().chain.storageAt(account, '0x0'));

  it('A35: reverts when anybody sends it, with any value, or with the data of no function', async () => {
    for (const from of [stranger, buyer, seller, guardian, treasury, ...signers]) {
      for (const value of [0n, 1n, PRICE]) await world().rejects(give(from.address, value), 'WrongValue');
    }
    await rejectsWithoutData(give(stranger.address, 1n, '0xdeadbeef'));
    await rejectsWithoutData(give(stranger.address, 0n, '0xdeadbeef'));
    expect(await world().chain.balanceAt(world().escrow.address)).to.equal(0n);
  });

  it('A35: reverts when it comes with a call that takes none', async () => {
    const terms = await native();
    await world().payVault(terms);
    const settle = await world().settlement(terms, SPLIT);
    const calls: [string, unknown[]][] = [
      ['settle', [terms, settle, world().sign(settle)]],
      ['sweep', [terms]],
      ['markDelivered', [terms]],
      ['recover', [terms, ZERO_ADDRESS]],
      ['reclaim', [terms]],
      ['withdrawFees', [ZERO_ADDRESS]],
      ['bumpSeq', [world().idOf(terms)]],
    ];
    for (const [method, args] of calls) await rejectsWithoutData(world().act(seller, method, args, 1n));
    await world().rejects(world().act(buyer, 'fund', [await world().terms()], 1n), 'WrongValue');
  });

  it('A35: reverts when a payee sends it back during his payout, which pays him all the same', async () => {
    for (const mode of MODES) {
      const bouncer = plainAccount(35);
      for (const role of ['seller', 'refundTo'] as const) {
        const terms = await native({ [role]: bouncer });
        await world().pay(terms, mode);
        await putBouncer(bouncer);
        const before = await world().chain.balanceAt(bouncer);
        const receipt = await world().settle(terms, SPLIT);
        expect(eventsOf(world(), receipt).map(([name]) => name)).to.deep.equal(['Settled']);
        expect(await bounced(bouncer), role).to.equal(1n);
        const paid = role === 'seller' ? SPLIT_NET : SPLIT.toBuyer;
        expect((await world().chain.balanceAt(bouncer)) - before).to.equal(paid);
        expect((await world().payment(terms)).status).to.equal(STATUS.closed);
        await world().chain.setStorageAt(bouncer, `0x${'00'.repeat(32)}`, `0x${'00'.repeat(32)}`);
      }
    }
  });

  it('A35: reverts when a payee of a recovery, a fee or a refund after release sends it back', async () => {
    const bouncer = plainAccount(36);
    const terms = await native({ refundTo: bouncer });
    await world().payVault(terms, PRICE + 5n);
    await putBouncer(bouncer);
    const refused = async (call: Promise<unknown>) => {
      await world().chain.setStorageAt(bouncer, `0x${'00'.repeat(32)}`, `0x${'00'.repeat(32)}`);
      await call;
      expect(await bounced(bouncer)).to.equal(1n);
    };
    await refused(world().act(stranger, 'recover', [terms, ZERO_ADDRESS]));
    await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
    await refused(world().act(stranger, 'refundLater', [terms, 9n], 9n));
    await rotate(world(), { index: 9, account: bouncer });
    await world().chain.setNextTime((await world().chain.now()) + DELAY);
    await world().act(stranger, 'executeRotation', [9]);
    // In vault mode the fee is pushed first; the escrow does not yet expect the vault to send it here.
    const other = await native();
    await world().payVault(other);
    await refused(world().settle(other, { toSeller: PRICE, toBuyer: 0n }));
    expect(await world().chain.balanceAt(world().escrow.address)).to.equal(0n);
  });

  it('A35: reverts when a vault sends it without command, and takes it from that vault alone on command', async () => {
    const [terms, other] = [await native(), await native()];
    for (const each of [terms, other]) {
      await world().payVault(each, PRICE + 1n);
      await world().act(stranger, 'recover', [each, ZERO_ADDRESS]);
    }
    const vault = await world().vaultOf(terms);
    const call = { from: vault, to: world().escrow.address, value: 1n };
    await world().rejects(world().chain.call(call), 'WrongValue');
    await world().act(seller, 'sweep', [terms]);
    expect(await world().chain.balanceAt(world().escrow.address)).to.equal(PRICE);
    // The command is over: nobody's vault is expected any more.
    for (const from of [vault, await world().vaultOf(other)]) {
      await world().chain.setBalance(from, PRICE);
      await world().rejects(world().chain.call({ ...call, from }), 'WrongValue');
    }
  });

  it('A35: keeps what a self-destruct forced in apart from what is owed, until it is rescued', async () => {
    const terms = await native();
    await world().fund(terms);
    const before = await custodyOf(world(), terms);
    await forceEther(world(), world().escrow.address, FORCED);
    expect(await custodyOf(world(), terms)).to.deep.equal({ ...before, escrow: before.escrow + FORCED });
    // It pays for nobody's funding.
    const next = await native();
    await world().rejects(world().act(buyer, 'fund', [next], PRICE - FORCED), 'WrongValue');
    await world().fund(next);
    await world().rejects(rescue(world(), { token: ZERO_ADDRESS, amount: FORCED + 1n }), 'NotCovered');
    const treasuryBefore = await world().chain.balanceAt(treasury.address);
    expect(eventsOf(world(), await rescue(world(), { token: ZERO_ADDRESS, amount: FORCED }))).to.deep.equal([
      ['Rescued', ZERO_ADDRESS, FORCED],
    ]);
    expect((await world().chain.balanceAt(treasury.address)) - treasuryBefore).to.equal(FORCED);
    await world().rejects(rescue(world(), { token: ZERO_ADDRESS, amount: 1n }), 'NotCovered');
    for (const each of [terms, next]) await world().settle(each, { toSeller: 0n, toBuyer: PRICE });
    expect(await world().chain.balanceAt(world().escrow.address)).to.equal(0n);
  });
});
