import { expect } from 'chai';
import { concat, toBeHex } from 'ethers';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { delivered, frozen, funded, MODES, paid } from '../lifeStages.ts';
import { forceEther, useToken } from '../mocks.ts';
import { blacklist, burn, moneyOf, plainAccount } from '../payouts.ts';
import { reported } from '../reported.ts';
import { rescue } from '../signedActs.ts';

const { seller, stranger, treasury } = roles;
const STRAY = 7n;
const HALF = PRICE / 2n;
/** A token whose transfer takes all that is there and says true, whatever it was told: balances are its slot 0. */
const GREEDY = '0x5f3560e01c63a9059cbb14601657' + '5f545f5260205ff3' + '5b5f5f5560015f5260205ff3';

describe('MarketplaceEscrow.rescue', () => {
  const world = useEscrowWorld();

  const stray = (amount: bigint, token = world().token.address) => rescue(world(), { token, amount });

  it('C3: takes nothing of open payments in any status, of fees or of credits, not even one unit', async () => {
    await useToken(world(), 'UsdcLikeToken');
    await funded(world(), 'pool');
    await delivered(world(), 'pool');
    await frozen(world(), 'pool');
    await blacklist(world(), roles.seller.address);
    const refused = await paid(world(), 'pool');
    await world().settle(refused, { toSeller: HALF, toBuyer: 0n });
    const { owed, fees } = await world().book();
    const { sellerCredit } = await moneyOf(world(), refused);
    expect(fees > 0n && sellerCredit === HALF - HALF / 100n).to.equal(true);
    expect(await world().balance(world().escrow.address)).to.equal(owed);
    for (const amount of [1n, fees, sellerCredit, owed]) await world().rejects(stray(amount), 'NotCovered');
    expect(await world().book()).to.deep.equal({ owed, fees });
    expect((await world().read(world().escrow, 'config')).nonce).to.equal(0n);
  });

  it('C3: takes exactly what nobody is owed, to the treasury, and not a unit more', async () => {
    for (const token of [world().token.address, ZERO_ADDRESS]) {
      const terms = await world().terms({ token });
      await world().fund(terms);
      if (token === ZERO_ADDRESS) await forceEther(world(), world().escrow.address, STRAY);
      else await world().mint(world().escrow.address, STRAY);
      await world().rejects(stray(STRAY + 1n, token), 'NotCovered');
      await world().rejects(stray(2n ** 255n, token), 'NotCovered');
      await world().rejects(stray(0n, token), 'Nothing');
      const before = await world().balance(treasury.address, token);
      expect(reported(world(), await stray(STRAY - 1n, token))).to.deep.equal([['Rescued', token, STRAY - 1n]]);
      await stray(1n, token);
      await world().rejects(stray(1n, token), 'NotCovered');
      expect((await world().balance(treasury.address, token)) - before).to.equal(STRAY);
      expect(await world().balance(world().escrow.address, token)).to.equal(PRICE);
      expect(await world().book(token)).to.deep.equal({ owed: PRICE, fees: 0n });
      await world().settle(terms, { toSeller: 0n, toBuyer: PRICE });
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    }
  });

  it('C3: takes nothing while the pool is short of what it owes, nor what makes the loss good', async () => {
    await useToken(world(), 'UsdcLikeToken');
    await paid(world(), 'pool');
    await burn(world(), world().escrow.address, STRAY);
    await world().rejects(stray(1n), 'NotCovered');
    await world().mint(world().escrow.address, STRAY);
    await world().rejects(stray(1n), 'NotCovered');
    await world().mint(world().escrow.address, 1n);
    await stray(1n);
    expect(await world().balance(world().escrow.address)).to.equal(PRICE);
  });

  it('C3: reverts when the token takes more than it was told, and the owed money with it', async () => {
    const terms = await paid(world(), 'pool');
    await world().mint(world().escrow.address, STRAY);
    const { token } = terms;
    await world().chain.setCode(token, GREEDY);
    await world().chain.setStorageAt(token, toBeHex(0, 32), toBeHex(PRICE + STRAY, 32));
    expect(await world().balance(world().escrow.address, token)).to.equal(PRICE + STRAY);
    await world().rejects(stray(STRAY), 'NotCovered');
    expect(await world().balance(world().escrow.address, token)).to.equal(PRICE + STRAY);
    // The same token where nothing is owed does no harm.
    await world().settle(terms, { toSeller: 0n, toBuyer: PRICE });
    expect((await world().book(token)).owed).to.equal(0n);
    await world().chain.setStorageAt(token, toBeHex(0, 32), toBeHex(STRAY, 32));
    await stray(STRAY);
  });

  it('C3: reverts when the native balance changes in the rescue of a token, which may be a face of the native coin', async () => {
    const token = await useToken(world(), 'HostileToken');
    await world().fund(await world().terms({ token: ZERO_ADDRESS }));
    await world().mint(world().escrow.address, 2n * STRAY);
    await stray(STRAY);
    // An account that ends in the escrow when the token calls it, and gives it what it has.
    const ending = plainAccount(9);
    await world().chain.setCode(ending, concat(['0x73', world().escrow.address, '0xff']));
    await world().chain.setBalance(ending, 1n);
    await world().send(token, stranger, 'setCall', [ending, '0x']);
    await world().rejects(stray(STRAY), 'NotCovered');
    await world().chain.setBalance(ending, 0n);
    await stray(STRAY);
    expect(await world().balance(world().escrow.address, ZERO_ADDRESS)).to.equal(PRICE);
  });

  it('C3: reverts when the token refuses, and uses no nonce for it', async () => {
    await useToken(world(), 'UsdcLikeToken');
    await world().mint(world().escrow.address, STRAY);
    await blacklist(world(), treasury.address);
    await world().rejects(stray(STRAY), 'PushFailed');
    expect((await world().read(world().escrow, 'config')).nonce).to.equal(0n);
    await blacklist(world(), treasury.address, false);
    await stray(STRAY);
  });

  it('C3: reaches no vault, neither what a payment needs nor surplus nor shares that stayed there', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms({ refundTo: plainAccount(1) });
    await world().payVault(terms, PRICE + STRAY);
    await blacklist(world(), seller.address);
    await world().settle(terms, { toSeller: HALF, toBuyer: 0n });
    await world().rejects(stray(1n), 'NotCovered');
    expect((await moneyOf(world(), terms)).vault).to.equal(PRICE + STRAY - HALF / 100n);
  });

  it('C3: leaves a payment of either mode whole when strays of its token are rescued around it', async () => {
    for (const mode of MODES) {
      const terms = await paid(world(), mode, { feeBps: 0, seller: plainAccount(mode === 'pool' ? 2 : 3) });
      await world().mint(world().escrow.address, STRAY);
      await stray(STRAY);
      await world().settle(terms, { toSeller: HALF, toBuyer: 0n });
      await world().mint(world().escrow.address, STRAY);
      await stray(STRAY);
      await world().settle(terms, { toSeller: HALF, toBuyer: 0n });
      expect(await moneyOf(world(), terms)).to.include({ seller: PRICE, status: STATUS.closed, owed: 0n });
      await world().rejects(world().act(stranger, 'withdrawFees', [terms.token]), 'Nothing');
    }
  });
});
