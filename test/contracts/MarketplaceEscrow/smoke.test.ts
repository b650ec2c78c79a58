import { expect } from 'chai';
import { concat, keccak256, MaxUint256, toBeHex } from 'ethers';
import { idOf, SETTLE_TYPES, type Settle, type Terms } from '../escrowTerms.ts';
import { DAY, type EscrowWorld, PRICE, roles, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { deployMock, HOSTILE } from '../mocks.ts';
import { deployPermit2 } from '../permit2.ts';
import { type Item, wholeSignature } from '../signatureItems.ts';
import * as signed from '../signedActs.ts';
import * as funding from '../signedFunding.ts';

const FEE = PRICE / 100n;
const half = PRICE / 2n;
const others: Item[] = [
  [1, roles.signers[1]],
  [2, roles.signers[2]],
];

describe('MarketplaceEscrow, one path of every verb', () => {
  const world = useEscrowWorld();
  const later = async (seconds: number) => world().chain.setNextTime(seconds);
  const names = (events: { name: string }[]) => events.map((event) => event.name);

  async function statusOf(terms: Terms): Promise<bigint> {
    return (await world().payment(terms)).status;
  }

  /** A token that keeps its transfers back: every push becomes a credit. */
  async function creditedSplit(mode: 'pool' | 'vault'): Promise<Terms> {
    world().token = await deployMock(world(), 'UsdtLikeToken');
    const terms = await world().terms({ feeBps: 0 });
    await world().pay(terms, mode);
    await world().send(world().token, roles.deployer, 'setPaused', [true]);
    await world().settle(terms, { toSeller: half, toBuyer: half });
    await world().send(world().token, roles.deployer, 'setPaused', [false]);
    return terms;
  }

  it('marks, claims and freezes by call and by signature', async () => {
    const claimed = await world().terms();
    await world().payVault(claimed);
    expect(names(world().events(await world().act(roles.seller, 'markDelivered', [claimed])))).to.deep.equal([
      'Funded',
      'Delivered',
    ]);
    const frozen = await world().terms();
    await world().fund(frozen);
    await signed.markSigned(world(), frozen);
    await signed.actSigned(world(), frozen, signed.ACTION.freeze, [TAG.buyer, roles.buyer]);
    expect([await statusOf(claimed), await statusOf(frozen)]).to.deep.equal([STATUS.delivered, STATUS.frozen]);
    await world().rejects(world().act(roles.stranger, 'claim', [claimed]), 'TooEarly');
    await later(Number((await world().payment(claimed)).clock) + claimed.inspection + 1);
    const [settled] = world().events(await world().act(roles.stranger, 'claim', [claimed]));
    expect(settled?.args.toArray().slice(1)).to.deep.equal([0n, PRICE, 0n, FEE]);
    expect(await world().balance(claimed.seller)).to.equal(PRICE - FEE);
  });

  it('resolves an abandoned dispute by time', async () => {
    const terms = await world().terms({ buyer: ZERO_ADDRESS, disputeSellerBps: 2_500 });
    await world().payVault(terms);
    await world().rejects(world().act(roles.seller, 'freeze', [terms]), 'NotAllowed');
    await world().act(roles.signers[2], 'freeze', [terms]);
    const clock = Number((await world().payment(terms)).clock);
    await later(clock + 45 * DAY);
    await world().rejects(world().act(roles.stranger, 'forceResolve', [terms]), 'TooEarly');
    await later(clock + 45 * DAY + 1);
    await world().act(roles.stranger, 'forceResolve', [terms]);
    expect(await world().balance(terms.refundTo)).to.equal((PRICE * 3n) / 4n);
    expect(await statusOf(terms)).to.equal(STATUS.closed);
  });

  it('releases milestones in their order', async () => {
    const milestones = [half, PRICE / 4n, PRICE / 4n];
    const milestonesHash = keccak256(concat(milestones.map((amount) => toBeHex(amount, 32))));
    const terms = await world().terms({ milestonesHash });
    await world().fund(terms);
    for (const amount of milestones) {
      const settle = await world().settlement(terms, { toSeller: amount, toBuyer: 0n });
      const wrong = { ...settle, toSeller: amount - 1n };
      const signatures = world().sign(wrong, [[TAG.buyer, roles.buyer]]);
      await world().rejects(
        world().act(roles.stranger, 'settleMilestone', [terms, wrong, signatures, milestones]),
        'BadMilestones',
      );
      const right = world().sign(settle, [[TAG.buyer, roles.buyer]]);
      await world().act(roles.stranger, 'settleMilestone', [terms, settle, right, milestones]);
    }
    expect(await statusOf(terms)).to.equal(STATUS.closed);
  });

  it('settles a batch whole, and a report item by item', async () => {
    const batch: [Terms, Settle][] = [];
    for (const toSeller of [PRICE, PRICE + 1n, half]) {
      const terms = await world().terms();
      await world().pay(terms, toSeller === half ? 'vault' : 'pool');
      batch.push([terms, await world().settlement(terms, { toSeller, toBuyer: 0n })]);
    }
    await world().rejects(signed.settleBatch(world(), 'settleBatch', batch), 'WrongAmount');
    const events = world().events(await signed.settleBatch(world(), 'settleBatchReport', batch));
    expect(names(events)).to.deep.equal(['Settled', 'ItemFailed', 'Funded', 'Settled']);
    expect(events[1]?.args.toArray().slice(1)).to.deep.equal([
      1n,
      world().escrow.abi.getError('WrongAmount')?.selector,
    ]);
    await world().rejects(signed.settleBatch(world(), 'settleBatchReport', []), 'BadBatch');
    const [terms, settle] = batch[1] ?? [];
    const item = [terms, settle, `0x${'00'.repeat(32)}`];
    await world().rejects(world().act(roles.stranger, 'settleItem', item), 'NotAllowed');
    const good = batch.slice(2).map(([paid]) => paid);
    for (const paid of good) expect((await world().payment(paid)).remaining).to.equal(half);
  });

  it('funds by authorization, by both permits and by Permit2', async () => {
    world().token = await deployMock(world(), 'UsdcLikeToken');
    const permit2 = await deployPermit2(world().chain);
    await world().mint(roles.buyer.address, 3n * PRICE);
    const byAuthorization = await world().terms();
    await funding.fundWithAuthorization(world(), byAuthorization);
    const byPermit = await world().terms();
    const consent = funding.consentTo(world(), byPermit, [[TAG.buyer, roles.buyer]]);
    await world().rejects(funding.fundWithPermit(world(), byPermit, roles.stranger), 'BadSignature');
    await funding.fundWithPermit(world(), byPermit, roles.stranger, consent);
    const byPermit2 = await world().terms();
    await world().send(world().token, roles.buyer, 'approve', [permit2.address, PRICE]);
    await funding.fundWithPermit2(world(), byPermit2);
    for (const terms of [byAuthorization, byPermit, byPermit2]) expect(await statusOf(terms)).to.equal(STATUS.funded);
    expect((await world().book()).owed).to.equal(3n * PRICE);
  });

  it('keeps refused shares and pays them later', async () => {
    for (const mode of ['pool', 'vault'] as const) {
      const terms = await creditedSplit(mode);
      if (mode === 'pool') {
        for (const account of [terms.seller, terms.refundTo]) {
          await world().act(roles.stranger, 'withdrawCredit', [account, terms.token]);
        }
        await world().rejects(world().act(roles.stranger, 'withdrawCredit', [terms.seller, terms.token]), 'Nothing');
      } else {
        await world().rejects(world().act(roles.stranger, 'recover', [terms, terms.token]), 'Nothing');
        await world().act(roles.stranger, 'payVaultCredit', [terms]);
        await world().rejects(world().act(roles.stranger, 'payVaultCredit', [terms]), 'Nothing');
      }
      expect(await world().balance(terms.seller)).to.equal(half);
      expect(await world().balance(terms.refundTo)).to.equal(half);
      expect((await world().book()).owed).to.equal(0n);
    }
  });

  it('redirects a credit with both signatures only', async () => {
    const to = roles.stranger.address;
    const both: Item[] = [
      [2, roles.signers[2]],
      [signed.ACCOUNT_TAG, roles.seller],
    ];
    for (const mode of ['pool', 'vault'] as const) {
      const terms = await creditedSplit(mode);
      const move = (items: Item[], amount: bigint) =>
        mode === 'pool'
          ? signed.redirectCredit(world(), { account: terms.seller, token: terms.token, to, amount }, items)
          : signed.redirectVaultCredit(world(), terms, { sellerShare: true, to, amount }, items);
      await world().rejects(move(both.slice(0, 1), 1n), 'BadSignature');
      await world().rejects(move(both.slice(1), 1n), 'BadSignature');
      await world().rejects(move(both, half + 1n), 'WrongAmount');
      await move(both, half - 1n);
      expect(await world().balance(to)).to.equal(half - 1n);
    }
  });

  it('sends the fee of a vault into the pool when the treasury cannot have it', async () => {
    const hostile = await deployMock(world(), 'UsdcLikeToken');
    world().token = hostile;
    const terms = await world().terms();
    await world().payVault(terms);
    await world().send(hostile, roles.deployer, 'setBlacklisted', [roles.treasury.address, true]);
    await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
    expect(await world().book()).to.deep.equal({ owed: FEE, fees: FEE });
    await world().send(hostile, roles.deployer, 'setBlacklisted', [roles.treasury.address, false]);
    await world().act(roles.stranger, 'withdrawFees', [hostile.address]);
    expect(await world().balance(roles.treasury.address)).to.equal(FEE);
  });

  it('refuses the second share when the first one moved and said no', async () => {
    const hostile = await deployMock(world(), 'HostileToken');
    world().token = hostile;
    const terms = await world().terms({ feeBps: 0 });
    await world().payVault(terms);
    await world().send(hostile, roles.deployer, 'setMode', [HOSTILE.falseMoved]);
    await world().rejects(world().settle(terms, { toSeller: half, toBuyer: half }), 'NotCovered');
  });

  it('pauses the admins for seven days and nobody else', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().rejects(world().act(roles.stranger, 'pause', []), 'NotAllowed');
    await world().act(roles.guardian, 'pause', []);
    await world().rejects(world().settle(terms, { toSeller: 1n, toBuyer: 0n }), 'Paused');
    await world().rejects(world().fund(await world().terms()), 'Paused');
    await world().act(roles.guardian, 'unpause', []);
    await world().rejects(world().act(roles.guardian, 'unpause', []), 'NotPaused');
    await world().rejects(world().act(roles.guardian, 'pause', []), 'TooEarly');
    await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
  });

  it('rotates seats after two days and switches a signer off at once', async () => {
    const account = roles.stranger.address;
    await world().rejects(signed.rotate(world(), { index: 8, account: roles.treasury.address }), 'BadSeat');
    await signed.rotate(world(), { index: 2, account });
    await world().rejects(world().act(roles.buyer, 'executeRotation', [2]), 'TooEarly');
    await later((await world().chain.now()) + 2 * DAY + 60);
    await world().act(roles.buyer, 'executeRotation', [2]);
    expect((await world().read(world().escrow, 'seat', [2]))[0]).to.equal(account);
    await signed.rotate(world(), { index: 9, account: roles.buyer.address });
    await signed.cancelRotation(world(), 9);
    await signed.rotate(world(), { index: 9, account: roles.buyer.address });
    const now: Item[] = [
      [1, roles.signers[1]],
      [2, roles.stranger],
    ];
    await world().rejects(signed.signerOff(world(), 0, others), 'BadSignature');
    const events = world().events(await signed.signerOff(world(), 0, now));
    expect(names(events)).to.deep.equal(['SignerChanged', 'RotationCancelled']);
    expect((await world().read(world().escrow, 'config')).active).to.equal(6n);
  });

  it('rescues strays and nothing that is owed', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().mint(world().escrow.address, 5n);
    await world().rejects(signed.rescue(world(), { token: terms.token, amount: 6n }), 'NotCovered');
    await signed.rescue(world(), { token: terms.token, amount: 5n });
    expect(await world().balance(roles.treasury.address)).to.equal(5n);
  });

  it('brings money back after a release', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().settle(terms, { toSeller: half, toBuyer: half });
    await world().mint(roles.stranger.address, PRICE);
    await world().send(world().token, roles.stranger, 'approve', [world().escrow.address, MaxUint256]);
    await world().rejects(world().act(roles.stranger, 'refundLater', [terms, half + 1n]), 'WrongAmount');
    await world().act(roles.stranger, 'refundLater', [terms, half]);
    expect(await world().balance(terms.refundTo)).to.equal(PRICE);
    await world().rejects(world().act(roles.stranger, 'refundLater', [terms, 1n]), 'WrongAmount');
  });

  it('recovers what was sent to the address of a payment on another chain', async () => {
    const terms = await world().terms();
    const foreign = idOf(terms, world().escrow.address, 999n);
    const [vault] = await world().read(world().escrow, 'depositAddress', [foreign]);
    await world().mint(vault, 7n);
    const recover = (chainId: bigint, from = roles.signers[0]) =>
      world().act(from, 'recoverForeign', [terms, terms.token, chainId]);
    await world().rejects(recover(world().chain.chainId), 'SameChain');
    await world().rejects(recover(999n, roles.stranger), 'NotAllowed');
    await recover(999n);
    await world().mint(vault, 3n);
    await recover(999n);
    expect(await world().balance(terms.refundTo)).to.equal(10n);
  });

  it('takes the signature of a wallet contract', async () => {
    const wallet = await deployMock(world(), 'Erc1271Wallet', [roles.stranger.address]);
    await useWalletAsSigner(world(), wallet.address);
    const terms = await world().terms();
    await world().fund(terms);
    const settle = await world().settlement(terms, { toSeller: PRICE, toBuyer: 0n });
    const digest = world().digest(SETTLE_TYPES, settle);
    const signatures = world().sign(settle, [
      [0, wholeSignature(digest, roles.stranger)],
      [1, roles.signers[1]],
    ]);
    await world().act(roles.stranger, 'settle', [terms, settle, signatures]);
    expect(await statusOf(terms)).to.equal(STATUS.closed);
  });
});

async function useWalletAsSigner(world: EscrowWorld, wallet: string): Promise<void> {
  const signers = [wallet, roles.signers[1].address, roles.signers[2].address];
  world.escrow = await world.deployEscrow({ signers });
}
