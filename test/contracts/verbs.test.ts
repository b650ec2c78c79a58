import { expect } from 'chai';
import { MaxUint256 } from 'ethers';
import type { Settle, Terms } from './escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, TAG, useEscrowWorld } from './escrowWorld.ts';
import { useToken } from './mocks.ts';
import { deployPermit2 } from './permit2.ts';
import * as acts from './signedActs.ts';
import * as funding from './signedFunding.ts';

const GUARDIAN_SEAT = 8;

describe('verbs of the contract tests', () => {
  const world = useEscrowWorld();

  async function statusOf(terms: Terms): Promise<bigint> {
    return (await world().payment(terms)).status;
  }

  it('fund by each signature of the buyer', async () => {
    const usdc = await useToken(world(), 'UsdcLikeToken');
    const permit2 = await deployPermit2(world().chain);
    await world().mint(roles.buyer.address, 4n * PRICE);
    await world().send(usdc, roles.buyer, 'approve', [permit2.address, MaxUint256]);
    const ways = [
      (terms: Terms) => funding.fundWithAuthorization(world(), terms),
      (terms: Terms) => funding.fundWithPermit2(world(), terms),
      (terms: Terms) => funding.fundWithPermit(world(), terms, roles.buyer),
      (terms: Terms) => {
        const consent = funding.consentTo(world(), terms, [[TAG.buyer, roles.buyer]]);
        return funding.fundWithPermit(world(), terms, roles.stranger, consent);
      },
    ];
    for (const fund of ways) {
      const terms = await world().terms();
      await fund(terms);
      expect(await statusOf(terms)).to.equal(STATUS.funded);
    }
  });

  it('settle many payments by one signature', async () => {
    for (const method of ['settleBatch', 'settleBatchReport'] as const) {
      const batch: [Terms, Settle][] = [];
      for (const mode of ['pool', 'vault'] as const) {
        const terms = await world().terms();
        await world().pay(terms, mode);
        batch.push([terms, await world().settlement(terms, { toSeller: PRICE, toBuyer: 0n })]);
      }
      await acts.settleBatch(world(), method, batch);
      for (const [terms] of batch) expect(await statusOf(terms)).to.equal(STATUS.closed);
    }
  });

  it('mark and freeze by a party’s signature', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await acts.markSigned(world(), terms);
    expect(await statusOf(terms)).to.equal(STATUS.delivered);
    await acts.actSigned(world(), terms, acts.ACTION.freeze, [TAG.buyer, roles.buyer]);
    expect(await statusOf(terms)).to.equal(STATUS.frozen);
  });

  it('rotate, cancel, switch off and rescue by control messages', async () => {
    await acts.rotate(world(), { index: GUARDIAN_SEAT, account: roles.stranger.address });
    await acts.cancelRotation(world(), GUARDIAN_SEAT);
    await acts.rotate(world(), { index: GUARDIAN_SEAT, account: roles.stranger.address });
    await world().chain.setNextTime((await world().chain.now()) + 2 * DAY + 1);
    await world().act(roles.stranger, 'executeRotation', [GUARDIAN_SEAT]);
    expect((await world().read(world().escrow, 'guardian'))[0]).to.equal(roles.stranger.address);
    await world().mint(world().escrow.address, 5n);
    await acts.rescue(world(), { token: world().token.address, amount: 5n });
    expect(await world().balance(roles.treasury.address)).to.equal(5n);
    await acts.signerOff(world(), 2);
    expect((await world().read(world().escrow, 'config')).active).to.equal(0b011n);
    expect((await world().read(world().escrow, 'config')).nonce).to.equal(5n);
  });

  it('redirect a credit of the pool and one of a vault', async () => {
    const usdc = await useToken(world(), 'UsdcLikeToken');
    await world().send(usdc, roles.deployer, 'setBlacklisted', [roles.seller.address, true]);
    const items = [
      [0, roles.signers[0]],
      [acts.ACCOUNT_TAG, roles.seller],
    ] as const;
    const [pooled, kept] = [await world().terms({ feeBps: 0 }), await world().terms({ feeBps: 0 })];
    await world().fund(pooled);
    await world().payVault(kept);
    for (const terms of [pooled, kept]) await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
    const move = { to: roles.stranger.address, amount: PRICE };
    const account = { account: roles.seller.address, token: usdc.address };
    await acts.redirectCredit(world(), { ...account, ...move }, items);
    await acts.redirectVaultCredit(world(), kept, { sellerShare: true, ...move }, items);
    expect(await world().balance(roles.stranger.address)).to.equal(2n * PRICE);
  });
});
