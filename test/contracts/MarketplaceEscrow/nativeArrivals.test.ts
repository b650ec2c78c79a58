import { expect } from 'chai';
import { getAddress } from 'ethers';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { MODES } from '../lifeStages.ts';
import { deployMock, forceEther } from '../mocks.ts';
import { moneyOf, plainAccount, ripen, TIMERS, useReceiver } from '../payouts.ts';
import { reportedOf } from '../reported.ts';
import { rescue } from '../signedActs.ts';

const { buyer, seller, signers, stranger, treasury } = roles;
const FORCED = 13n;
const FEE = PRICE / 100n;
const coin = { token: ZERO_ADDRESS, seller: plainAccount(1), refundTo: getAddress(plainAccount(2)) };

describe('MarketplaceEscrow, native coin with the old stipend', () => {
  const world = useEscrowWorld();

  it('D9: takes a payment that comes with 2,300 gas, in part before and in part after the vault is deployed', async () => {
    const sender = await useReceiver(world());
    const terms = await world().terms(coin);
    const vault = await world().vaultOf(terms);
    const stipend = (amount: bigint) => world().send(sender, stranger, 'sendWithStipend', [vault], amount);
    await stipend(PRICE / 2n);
    expect(await world().chain.codeAt(vault)).to.equal('0x');
    // A wrong token in the vault lets anybody deploy it while its own payment is still short.
    const wrong = await deployMock(world(), 'UsdtLikeToken');
    await world().mint(vault, 1n, wrong);
    await world().act(stranger, 'recover', [terms, wrong.address]);
    expect(await world().chain.codeAt(vault)).to.have.lengthOf(2 + 2 * 63);
    await stipend(PRICE - PRICE / 2n);
    await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
    expect(await moneyOf(world(), terms)).to.include({ seller: PRICE - FEE, vault: 0n, status: STATUS.closed });
    await stipend(5n);
    await world().act(stranger, 'recover', [terms, ZERO_ADDRESS]);
    expect((await moneyOf(world(), terms)).refundTo).to.equal(5n);
  });

  it('D9: costs a sender little more than a transfer to an account without code', async () => {
    const terms = await world().terms(coin);
    const vault = await world().vaultOf(terms);
    const pay = () => world().chain.send({ from: buyer.address, to: vault, value: PRICE, gas: 21_100n });
    expect((await pay()).gasUsed).to.equal(21_000n);
    await pay();
    await world().act(stranger, 'recover', [terms, ZERO_ADDRESS]);
    // 30 gas in the vault, as the specification measured.
    expect((await pay()).gasUsed).to.equal(21_030n);
  });
});

describe('MarketplaceEscrow, forced native coin', () => {
  const world = useEscrowWorld();
  /** The ways to force coin on an account: the end of a contract, and a block reward, which runs no code at all. */
  const ways = [
    (to: string) => forceEther(world(), to, FORCED),
    async (to: string) => world().chain.setBalance(to, (await world().chain.balanceAt(to)) + FORCED),
  ];

  for (const mode of MODES) {
    describe(`${mode} mode`, () => {
      it('D10: changes no book, no record and no payout when it is forced on the escrow', async () => {
        for (const force of ways) {
          const snapshot = await world().chain.snapshot();
          const terms = await world().terms(coin);
          await force(world().escrow.address);
          await world().pay(terms, mode);
          const owed = mode === 'pool' ? PRICE : 0n;
          expect(await world().book(ZERO_ADDRESS)).to.deep.equal({ owed, fees: 0n });
          await force(world().escrow.address);
          await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
          const money = await moneyOf(world(), terms);
          const accrued = mode === 'pool' ? FEE : 0n;
          expect(money).to.include({ seller: PRICE - FEE, owed: accrued, fees: accrued, status: STATUS.closed });
          expect(money.escrow).to.equal(2n * FORCED + accrued);
          await world().chain.restore(snapshot);
        }
      });

      it('D10: neither pays for a payment that is short nor widens one that is open when it is forced on its vault', async () => {
        for (const force of ways) {
          const terms = await world().terms(coin);
          const vault = await world().vaultOf(terms);
          await world().pay(terms, mode);
          await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
          const before = await moneyOf(world(), terms);
          await force(vault);
          expect(await moneyOf(world(), terms)).to.deep.equal({ ...before, vault: before.vault + FORCED });
          await world().rejects(world().settle(terms, { toSeller: 0n, toBuyer: PRICE }), 'WrongAmount');
          expect(reportedOf(world(), await world().act(stranger, 'recover', [terms, ZERO_ADDRESS]))).to.deep.equal([
            ['Recovered', ZERO_ADDRESS, terms.refundTo, FORCED, false],
          ]);
          await world().settle(terms, { toSeller: 0n, toBuyer: PRICE - 1n });
          expect((await moneyOf(world(), terms)).refundTo - before.refundTo).to.equal(FORCED + PRICE - 1n);
        }
      });

      it('D10: leaves every timer what it would pay without it', async () => {
        for (const timer of TIMERS) {
          const snapshot = await world().chain.snapshot();
          const terms = await world().terms({ ...coin, seller: seller.address });
          await world().pay(terms, mode);
          if (mode === 'vault' && timer === 'reclaim') await world().settle(terms, { toSeller: 0n, toBuyer: 1n });
          const { remaining } =
            timer === 'reclaim' && mode === 'vault' ? await world().payment(terms) : { remaining: PRICE };
          await forceEther(world(), await world().vaultOf(terms), FORCED);
          await forceEther(world(), world().escrow.address, FORCED);
          await ripen(world(), terms, timer);
          const [settled] = reportedOf(world(), await world().act(stranger, timer, [terms]));
          const [, , toSeller, toBuyer] = settled ?? [];
          expect(BigInt(`${toSeller}`) + BigInt(`${toBuyer}`), timer).to.equal(remaining);
          const { vault, owed, fees } = await moneyOf(world(), terms);
          expect([vault, owed - fees], timer).to.deep.equal([FORCED, 0n]);
          await world().chain.restore(snapshot);
        }
      });
    });
  }

  it('D10: opens a vault by the balance, forced or not, because the balance is the evidence', async () => {
    const terms = await world().terms(coin);
    await world().payVault(terms, PRICE - FORCED);
    await world().rejects(world().act(signers[0], 'freeze', [terms]), 'VaultShort');
    await forceEther(world(), await world().vaultOf(terms), FORCED);
    await world().act(signers[0], 'freeze', [terms]);
    expect((await world().payment(terms)).remaining).to.equal(PRICE);
  });

  it('D10: sweeps, and takes a fee that its treasury refuses, to the exact unit with forced coin in the pool', async () => {
    const refusing = await useReceiver(world());
    await world().send(refusing, stranger, 'setRefuses', [true]);
    world().escrow = await world().deployEscrow({ treasury: refusing.address });
    await forceEther(world(), world().escrow.address, FORCED);
    const [swept, paid] = [await world().terms(coin), await world().terms(coin)];
    await world().payVault(swept);
    await world().act(signers[0], 'sweep', [swept]);
    expect(await world().book(ZERO_ADDRESS)).to.deep.equal({ owed: PRICE, fees: 0n });
    await world().payVault(paid);
    await world().settle(paid, { toSeller: PRICE, toBuyer: 0n });
    expect(await world().book(ZERO_ADDRESS)).to.deep.equal({ owed: PRICE + FEE, fees: FEE });
    expect(await world().chain.balanceAt(world().escrow.address)).to.equal(PRICE + FEE + FORCED);
  });

  it('D10: leaves by rescue alone, to the treasury, and not a unit more', async () => {
    await world().fund(await world().terms(coin));
    await forceEther(world(), world().escrow.address, FORCED);
    await world().rejects(rescue(world(), { token: ZERO_ADDRESS, amount: FORCED + 1n }), 'NotCovered');
    await world().rejects(world().act(stranger, 'withdrawFees', [ZERO_ADDRESS]), 'Nothing');
    const before = await world().chain.balanceAt(treasury.address);
    expect(reportedOf(world(), await rescue(world(), { token: ZERO_ADDRESS, amount: FORCED }))).to.deep.equal([
      ['Rescued', FORCED],
    ]);
    expect((await world().chain.balanceAt(treasury.address)) - before).to.equal(FORCED);
    expect(await world().chain.balanceAt(world().escrow.address)).to.equal(PRICE);
    expect(await world().book(ZERO_ADDRESS)).to.deep.equal({ owed: PRICE, fees: 0n });
  });
});
