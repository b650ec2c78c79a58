import { expect } from 'chai';
import { getAddress } from 'ethers';
import { DAY, roles, SIGNER_ITEMS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { plainAccount } from '../payouts.ts';
import { reported } from '../reported.ts';
import { cancelRotation, rotate } from '../signedActs.ts';

/** Seconds after which a rotation can be executed. */
const DELAY = 2 * DAY;
const TREASURY_SEAT = 9;
const NEXT = plainAccount(1);

describe('MarketplaceEscrow rotations that are pending', () => {
  const world = useEscrowWorld();
  const pending = async (index: number) => {
    const [account, readyAt] = await world().read(world().escrow, 'rotation', [index]);
    return { account: String(account).toLowerCase(), readyAt: Number(readyAt) };
  };
  const none = { account: ZERO_ADDRESS, readyAt: 0 };
  const execute = (index: number) => world().act(roles.stranger, 'executeRotation', [index]);

  it('shows who is to get which seat and when, for others to see it coming', async () => {
    expect(await pending(TREASURY_SEAT)).to.deep.equal(none);
    const receipt = await rotate(world(), { index: TREASURY_SEAT, account: NEXT });
    const readyAt = (await world().chain.now()) + DELAY;
    expect(reported(world(), receipt)).to.deep.equal([
      ['RotationProposed', BigInt(TREASURY_SEAT), getAddress(NEXT), BigInt(readyAt)],
    ]);
    expect(await pending(TREASURY_SEAT)).to.deep.equal({ account: NEXT, readyAt });
    expect(await pending(0)).to.deep.equal(none);
    await world().chain.setNextTime(readyAt + 1);
    await execute(TREASURY_SEAT);
    expect(await pending(TREASURY_SEAT)).to.deep.equal(none);
  });

  it('begins the 48 hours anew when another account is proposed for the seat', async () => {
    await rotate(world(), { index: TREASURY_SEAT, account: NEXT });
    const first = (await world().chain.now()) + DELAY;
    await world().chain.setNextTime(first);
    await rotate(world(), { index: TREASURY_SEAT, account: plainAccount(2) }, SIGNER_ITEMS, { validUntil: first });
    expect(await pending(TREASURY_SEAT)).to.deep.equal({ account: plainAccount(2), readyAt: first + DELAY });
    await world().rejects(execute(TREASURY_SEAT), 'TooEarly');
  });

  it('reverts when there is nothing to execute, nor to cancel, and keeps the nonce of the refused message', async () => {
    await world().rejects(execute(TREASURY_SEAT), 'NotPending');
    const before = await world().read(world().escrow, 'config');
    await world().rejects(cancelRotation(world(), TREASURY_SEAT), 'NotPending');
    expect(await world().read(world().escrow, 'config')).to.deep.equal(before);
  });

  it('drops the one that is cancelled and no other', async () => {
    await rotate(world(), { index: TREASURY_SEAT, account: NEXT });
    await rotate(world(), { index: 0, account: plainAccount(2) });
    const readyAt = (await world().chain.now()) + DELAY;
    await cancelRotation(world(), TREASURY_SEAT);
    await world().rejects(cancelRotation(world(), TREASURY_SEAT), 'NotPending');
    expect(await pending(TREASURY_SEAT)).to.deep.equal(none);
    await world().chain.setNextTime(readyAt + 1);
    await world().rejects(execute(TREASURY_SEAT), 'NotPending');
    await execute(0);
    expect((await world().read(world().escrow, 'seat', [0]))[0].toLowerCase()).to.equal(plainAccount(2));
    expect((await world().read(world().escrow, 'treasury'))[0]).to.equal(roles.treasury.address);
  });
});
