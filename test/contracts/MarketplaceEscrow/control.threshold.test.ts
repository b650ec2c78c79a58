import { expect } from 'chai';
import { DAY, type Item, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { MODES, paid } from '../lifeStages.ts';
import { reported } from '../reported.ts';
import { rotate, settleBatch, signerOff } from '../signedActs.ts';

const { buyer, seller, signers, stranger, guardian, treasury, deployer } = roles;
const [S0, S1, S2]: [Item, Item, Item] = [
  [0, signers[0]],
  [1, signers[1]],
  [2, signers[2]],
];
const RELEASE = { toSeller: PRICE, toBuyer: 0n };
const TWO_DAYS = 2 * DAY;

describe('MarketplaceEscrow, seats and the threshold', () => {
  const world = useEscrowWorld();

  const config = () => world().read(world().escrow, 'config');
  const seat = async (index: number) => (await world().read(world().escrow, 'seat', [index]))[0];
  const execute = (index: number) => world().act(stranger, 'executeRotation', [index]);
  async function afterTheDelay(): Promise<void> {
    await world().chain.setNextTime((await world().chain.now()) + TWO_DAYS + 1);
    await world().chain.send({ from: stranger.address, to: stranger.address });
  }

  it('C2: switches a signer off by the others down to the threshold, and never below it', async () => {
    const receipt = await signerOff(world(), 0, [S1, S2]);
    expect(reported(world(), receipt)).to.deep.equal([['SignerChanged', 0n, signers[0].address, false]]);
    expect((await config()).active).to.equal(0b110n);
    // Of the two that are left neither can go: the other alone is below the threshold.
    for (const items of [[S2], [S1], [S1, S2], [S0, S2], []]) {
      await world().rejects(signerOff(world(), 1, items), 'BadSignature');
    }
    for (const items of [[S1], [S1, S2], [S0, S1]]) {
      await world().rejects(signerOff(world(), 2, items), 'BadSignature');
    }
    const { active, threshold, nonce } = await config();
    expect([active, threshold, nonce]).to.deep.equal([0b110n, 2n, 1n]);
  });

  it('C2: never counts the signature of the one who is switched off', async () => {
    for (const items of [
      [S0, S1],
      [S0, S2],
      [S0, S1, S2],
    ]) {
      await world().rejects(signerOff(world(), 0, items), 'BadSignature');
    }
    expect((await config()).active).to.equal(0b111n);
  });

  it('C2: switches nobody off where the threshold needs all, from one signer to three', async () => {
    for (const count of [1, 2, 3]) {
      const all = [S0, S1, S2].slice(0, count);
      const holders = signers.slice(0, count).map((signer) => signer.address);
      world().escrow = await world().deployEscrow({ signers: holders, threshold: count });
      for (let index = 0; index < count; index += 1) {
        const others = all.filter(([tag]) => tag !== index);
        for (const items of [others, all]) await world().rejects(signerOff(world(), index, items), 'BadSignature');
      }
      expect((await config()).active).to.equal(2n ** BigInt(count) - 1n);
    }
  });

  it('C2: reverts when the seat to switch off is empty, off already, or not of a signer', async () => {
    await signerOff(world(), 0, [S1, S2]);
    for (const index of [0, 3, 7, 8, 9, 10, 255]) {
      await world().rejects(signerOff(world(), index, [S1, S2]), 'BadSeat');
    }
    expect((await config()).nonce).to.equal(1n);
  });

  it('C2: reverts to switch off the guardian also when the first signer was replaced, which would bring the old one back', async () => {
    await rotate(world(), { index: 0, account: deployer.address });
    await afterTheDelay();
    await execute(0);
    for (const index of [8, 9]) await world().rejects(signerOff(world(), index, [S1, S2]), 'BadSeat');
    expect(await seat(0)).to.equal(deployer.address);
  });

  it('C2: keeps every settlement reachable after it, by the ones who are left', async () => {
    for (const mode of MODES) {
      const snapshot = await world().chain.snapshot();
      const [single, batched] = [await paid(world(), mode), await paid(world(), mode)];
      await signerOff(world(), 1, [S0, S2]);
      await world().rejects(world().settle(single, RELEASE, [S0, S1]), 'BadSignature');
      await world().settle(single, RELEASE, [S0, S2]);
      await settleBatch(world(), 'settleBatch', [[batched, await world().settlement(batched, RELEASE)]], [S0, S2]);
      for (const terms of [single, batched]) expect((await world().payment(terms)).status).to.equal(STATUS.closed);
      expect(await world().balance(seller.address)).to.equal((2n * PRICE * 99n) / 100n);
      await world().chain.restore(snapshot);
    }
  });

  it('C2: reverts a rotation that would let one key count twice, seat nobody, or make a new seat', async () => {
    const taken = [...signers, guardian, treasury].map((holder) => holder.address);
    for (const index of [0, 1, 2, 8, 9]) {
      const own = await seat(index);
      for (const account of [ZERO_ADDRESS, world().escrow.address, ...taken.filter((holder) => holder !== own)]) {
        await world().rejects(rotate(world(), { index, account }), 'BadSeat');
      }
    }
    for (const index of [3, 7, 10, 255]) {
      await world().rejects(rotate(world(), { index, account: stranger.address }), 'BadSeat');
    }
    expect((await config()).nonce).to.equal(0n);
  });

  it('C2: seats an account once when two rotations promise it two seats', async () => {
    await rotate(world(), { index: 0, account: stranger.address });
    await rotate(world(), { index: 1, account: stranger.address });
    await afterTheDelay();
    await execute(0);
    await world().rejects(execute(1), 'BadSeat');
    expect([await seat(0), await seat(1)]).to.deep.equal([stranger.address, signers[1].address]);
    expect((await config()).active).to.equal(0b111n);
  });

  it('C2: keeps the number of active signers through a rotation, and the old key signs no more', async () => {
    for (const mode of MODES) {
      const snapshot = await world().chain.snapshot();
      const terms = await paid(world(), mode);
      await rotate(world(), { index: 1, account: stranger.address });
      // Until it is executed the old holder signs, also after the delay.
      await afterTheDelay();
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
      await execute(1);
      const { threshold, active, overrides } = await config();
      expect([threshold, active, overrides]).to.deep.equal([2n, 0b111n, 0b10n]);
      await world().rejects(world().settle(terms, { toSeller: 1n, toBuyer: 0n }), 'BadSignature');
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n }, [S0, [1, stranger]]);
      expect((await world().payment(terms)).released).to.equal(2n);
      await world().chain.restore(snapshot);
    }
  });

  it('C2: holds the seat of a signer who is off: nobody else gets his account, and a rotation brings the seat back', async () => {
    await signerOff(world(), 0, [S1, S2]);
    // Still his seat: one key must not sit twice when the seat comes back.
    await world().rejects(rotate(world(), { index: 1, account: signers[0].address }, [S1, S2]), 'BadSeat');
    for (const account of [deployer, signers[0]]) {
      const snapshot = await world().chain.snapshot();
      await rotate(world(), { index: 0, account: account.address }, [S1, S2]);
      await afterTheDelay();
      await execute(0);
      expect([(await config()).active, await seat(0)]).to.deep.equal([0b111n, account.address]);
      // Now one of the others can be spared again.
      await signerOff(world(), 2, [[0, account], S1]);
      expect((await config()).active).to.equal(0b011n);
      await world().chain.restore(snapshot);
    }
  });

  it('C2: drops every pending rotation with a signer, for he may have had part in any of them', async () => {
    const plans = [
      [0, stranger],
      [1, buyer],
      [8, seller],
      [9, deployer],
    ] as const;
    for (const [index, account] of plans) await rotate(world(), { index, account: account.address });
    const receipt = await signerOff(world(), 0, [S1, S2]);
    expect(reported(world(), receipt)).to.deep.equal([
      ['SignerChanged', 0n, signers[0].address, false],
      ...plans.map(([index]) => ['RotationCancelled', BigInt(index)]),
    ]);
    await afterTheDelay();
    for (const [index] of plans) await world().rejects(execute(index), 'NotPending');
    expect(await seat(9)).to.equal(treasury.address);
  });
});
