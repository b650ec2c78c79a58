import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, useEscrowWorld } from '../escrowWorld.ts';
import { useToken } from '../mocks.ts';
import { blacklist, burn, eventNames, moneyOf, ripen, TIMERS, type Timer, UNIT } from '../payouts.ts';

const CREDIT = 10n * UNIT;
const REMAINING = PRICE - CREDIT;
/** What the seller gets of what is left, in percent. */
const SELLER_PERCENT: Record<Timer, bigint> = { reclaim: 0n, claim: 100n, forceResolve: 25n };
/** What is left for the timer after the burn, beside an earlier credit that fits or not. */
const LEFT = [REMAINING - 1n, 30n * UNIT, 0n];

describe('MarketplaceEscrow timers on a vault that lost money', () => {
  const world = useEscrowWorld();

  async function vaultTerms(changes: Partial<Terms> = {}): Promise<Terms> {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms({ disputeSellerBps: 2_500, feeBps: 100, ...changes });
    await world().payVault(terms);
    return terms;
  }

  /** The seller's first 10 units could not be pushed: they stay in the vault. */
  async function withCredit(): Promise<Terms> {
    const terms = await vaultTerms({ feeBps: 0 });
    await blacklist(world(), terms.seller);
    await world().settle(terms, { toSeller: CREDIT, toBuyer: 0n });
    await blacklist(world(), terms.seller, false);
    return terms;
  }

  for (const timer of TIMERS) {
    describe(timer, () => {
      it('A11: lowers what remains to what the vault holds, pays that and closes', async () => {
        for (const left of [PRICE - 1n, 40n * UNIT]) {
          const terms = await vaultTerms();
          // A vault record that is open without any payout yet, except for reclaim, which needs one.
          const paid = timer === 'reclaim' ? UNIT : 0n;
          if (paid !== 0n) await world().settle(terms, { toSeller: 0n, toBuyer: paid });
          await ripen(world(), terms, timer);
          const before = await moneyOf(world(), terms);
          await burn(world(), await world().vaultOf(terms), PRICE - left);
          const receipt = await world().act(roles.stranger, timer, [terms]);
          expect(eventNames(world(), receipt)).to.deep.equal(['Shortfall', 'Settled']);
          const [shortfall, settled] = world().events(receipt);
          const rest = left - paid;
          const toSeller = (rest * SELLER_PERCENT[timer]) / 100n;
          const fee = toSeller / 100n;
          expect(shortfall?.args.toArray()).to.deep.equal([world().idOf(terms), PRICE - left]);
          const seq = paid === 0n ? 0n : 1n;
          const settledArgs = [world().idOf(terms), seq, toSeller, rest - toSeller, fee];
          expect(settled?.args.toArray()).to.deep.equal(settledArgs);
          const money = await moneyOf(world(), terms);
          expect(money).to.include({ status: STATUS.closed, remaining: 0n, released: toSeller, vault: 0n });
          expect(money.seller - before.seller).to.equal(toSeller - fee);
          expect(money.refundTo - before.refundTo).to.equal(rest - toSeller);
        }
      });

      it('A11: leaves an earlier credit in the vault its money first', async () => {
        for (const left of LEFT) {
          const snapshot = await world().chain.snapshot();
          const terms = await withCredit();
          await ripen(world(), terms, timer);
          await burn(world(), await world().vaultOf(terms), REMAINING - left);
          const receipt = await world().act(roles.stranger, timer, [terms]);
          const [shortfall] = world().events(receipt);
          expect([shortfall?.name, shortfall?.args.missing]).to.deep.equal(['Shortfall', REMAINING - left]);
          const toSeller = (left * SELLER_PERCENT[timer]) / 100n;
          expect(await moneyOf(world(), terms)).to.include({
            status: STATUS.closed,
            seller: toSeller,
            refundTo: left - toSeller,
            sellerShare: CREDIT,
            vault: CREDIT,
          });
          await world().act(roles.stranger, 'payVaultCredit', [terms]);
          expect(await moneyOf(world(), terms)).to.include({ seller: toSeller + CREDIT, vault: 0n, sellerShare: 0n });
          await world().chain.restore(snapshot);
        }
      });

      it('A11: closes with nothing when the burn reached the credit too, of which what is there still leaves', async () => {
        const terms = await withCredit();
        await ripen(world(), terms, timer);
        await burn(world(), await world().vaultOf(terms), REMAINING + 4n * UNIT);
        const receipt = await world().act(roles.stranger, timer, [terms]);
        const [shortfall, settled] = world().events(receipt);
        expect(shortfall?.args.missing).to.equal(REMAINING);
        expect(settled?.args.toArray().slice(2)).to.deep.equal([0n, 0n, 0n]);
        await world().act(roles.stranger, 'payVaultCredit', [terms]);
        expect(await moneyOf(world(), terms)).to.include({
          status: STATUS.closed,
          seller: 6n * UNIT,
          refundTo: 0n,
          sellerShare: 4n * UNIT,
          vault: 0n,
        });
      });

      it('A11: says nothing of a shortfall when the vault holds enough, or more', async () => {
        for (const surplus of [0n, 5n]) {
          const terms = await withCredit();
          const before = await moneyOf(world(), terms);
          await world().mint(await world().vaultOf(terms), surplus);
          await ripen(world(), terms, timer);
          const receipt = await world().act(roles.stranger, timer, [terms]);
          expect(eventNames(world(), receipt)).to.deep.equal(['Settled']);
          const money = await moneyOf(world(), terms);
          expect(money.seller + money.refundTo - before.seller - before.refundTo).to.equal(REMAINING);
          expect(money.vault).to.equal(CREDIT + surplus);
        }
      });
    });
  }

  it('A11: closes a vault that was never deployed and lost everything, without deploying it', async () => {
    for (const timer of ['claim', 'forceResolve'] as const) {
      const terms = await vaultTerms();
      const vault = await world().vaultOf(terms);
      await ripen(world(), terms, timer);
      await burn(world(), vault, PRICE);
      const receipt = await world().act(roles.stranger, timer, [terms]);
      expect(eventNames(world(), receipt)).to.deep.equal(['Shortfall', 'Settled']);
      expect(await world().chain.codeAt(vault)).to.equal('0x');
      const { status, vaultDeployed } = await world().payment(terms);
      expect([status, vaultDeployed]).to.deep.equal([STATUS.closed, false]);
      // The bit is exact: what comes later can still be recovered.
      await world().mint(vault, UNIT);
      await world().act(roles.stranger, 'recover', [terms, terms.token]);
      expect((await moneyOf(world(), terms)).vault).to.equal(0n);
    }
  });

  it('A11: takes a rebase downwards like a burn', async () => {
    await useToken(world(), 'RebasingToken');
    const terms = await world().terms({ feeBps: 0 });
    await world().payVault(terms);
    await ripen(world(), terms, 'claim');
    await world().send(world().token, roles.deployer, 'setScale', [9_000]);
    const receipt = await world().act(roles.stranger, 'claim', [terms]);
    expect(world().events(receipt)[0]?.args.missing).to.equal(PRICE / 10n);
    expect(await moneyOf(world(), terms)).to.include({ seller: (PRICE * 9n) / 10n, vault: 0n, status: STATUS.closed });
  });

  it('A11: never lowers what remains in a settlement, whose amounts somebody signed', async () => {
    const terms = await vaultTerms({ feeBps: 0 });
    await world().settle(terms, { toSeller: 0n, toBuyer: UNIT });
    await burn(world(), await world().vaultOf(terms), 9n * UNIT);
    await world().settle(terms, { toSeller: 50n * UNIT, toBuyer: 0n });
    expect(await moneyOf(world(), terms)).to.include({ remaining: 49n * UNIT, vault: 40n * UNIT, seller: 50n * UNIT });
  });
});
