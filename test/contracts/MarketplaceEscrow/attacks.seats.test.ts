import { expect } from 'chai';
import { getAddress, getCreateAddress } from 'ethers';
import { DAY, type EscrowOptions, roles, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { eventsOf, rejectsEach } from '../observed.ts';
import { plainAccount } from '../payouts.ts';
import { rotate, signerOff } from '../signedActs.ts';

const { signers, guardian, treasury, stranger, deployer } = roles;
const GUARDIAN = 8;
const TREASURY = 9;
const DELAY = 2 * DAY;
const HOLDERS = [...signers.map(({ address }) => address), guardian.address, treasury.address];
const NEWCOMER = getAddress(plainAccount(1));
const SEATS = [0, 1, 2, GUARDIAN, TREASURY];

describe('attacks by one key in two seats', () => {
  const world = useEscrowWorld();

  /** A deployment with an account put into one of its five seats, in the order of HOLDERS. */
  function withSeat(place: number, account: string): EscrowOptions {
    const holders = HOLDERS.with(place, account);
    return { signers: holders.slice(0, 3), guardian: holders[3] ?? '', treasury: holders[4] ?? '' };
  }
  const holderOf = async (index: number) => (await world().read(world().escrow, 'seat', [index]))[0];
  const execute = (index: number) => world().act(stranger, 'executeRotation', [index]);
  async function afterDelay(): Promise<void> {
    await world().chain.setNextTime((await world().chain.now()) + DELAY + 1);
  }

  it('A10: reverts the deployment for each pair of seats with one holder', async () => {
    for (const [place] of HOLDERS.entries()) {
      for (const [other, holder] of HOLDERS.entries()) {
        const call = () => world().deployEscrow(withSeat(place, holder));
        if (other === place) await call();
        else await rejectsEach(world(), [[`${place} held by ${other}`, call]], 'BadSeat');
      }
    }
  });

  it('A10: reverts the deployment when a seat is zero or the escrow itself', async () => {
    for (const [place] of HOLDERS.entries()) {
      const escrow = async () => {
        const nonce = await world().chain.nonceOf(deployer.address);
        return world().deployEscrow(withSeat(place, getCreateAddress({ from: deployer.address, nonce })));
      };
      const calls: [string, () => Promise<unknown>][] = [
        [`zero in ${place}`, () => world().deployEscrow(withSeat(place, ZERO_ADDRESS))],
        [`the escrow in ${place}`, escrow],
      ];
      await rejectsEach(world(), calls, 'BadSeat');
    }
  });

  it('A10: reverts a proposal of zero, of the escrow and of the holder of any other seat, active or not', async () => {
    await signerOff(world(), 2);
    for (const [place, index] of SEATS.entries()) {
      const refused = [ZERO_ADDRESS, world().escrow.address, ...HOLDERS.filter((_, other) => other !== place)];
      await rejectsEach(
        world(),
        refused.map((account) => [`${account} for ${index}`, () => rotate(world(), { index, account })]),
        'BadSeat',
      );
    }
  });

  it('A10: reverts a proposal for a seat that does not exist', async () => {
    for (const index of [3, 7, 10, 255]) {
      await world().rejects(rotate(world(), { index, account: NEWCOMER }), 'BadSeat');
    }
  });

  it('A10: seats an account once, although two proposals for it are pending', async () => {
    const account = NEWCOMER;
    for (const [first, second] of [
      [0, 1],
      [2, TREASURY],
      [GUARDIAN, 0],
      [TREASURY, GUARDIAN],
    ] as const) {
      const snapshot = await world().chain.snapshot();
      await rotate(world(), { index: first, account });
      await rotate(world(), { index: second, account });
      const before = await holderOf(second);
      await afterDelay();
      expect(eventsOf(world(), await execute(first))).to.deep.equal([['SignerChanged', BigInt(first), account, true]]);
      await world().rejects(execute(second), 'BadSeat');
      expect([await holderOf(first), await holderOf(second)]).to.deep.equal([account, before]);
      await world().chain.restore(snapshot);
    }
  });

  it('A10: frees the account that a rotation replaced, and no earlier', async () => {
    const old = signers[2].address;
    await rotate(world(), { index: 2, account: NEWCOMER });
    await world().rejects(rotate(world(), { index: TREASURY, account: old }), 'BadSeat');
    await afterDelay();
    await execute(2);
    await rotate(world(), { index: TREASURY, account: old });
    await afterDelay();
    await execute(TREASURY);
    expect([await holderOf(2), await holderOf(TREASURY)]).to.deep.equal([NEWCOMER, old]);
  });
});
