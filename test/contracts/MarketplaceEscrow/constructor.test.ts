import { expect } from 'chai';
import { getCreateAddress, toBeHex } from 'ethers';
import { DAY, type EscrowOptions, roles, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';

const accounts = (count: number) => Array.from({ length: count }, (_, index) => toBeHex(0x1000 + index, 20));

describe('MarketplaceEscrow constructor', () => {
  const world = useEscrowWorld();

  async function refuses(options: EscrowOptions, error: string): Promise<void> {
    await world().rejects(world().deployEscrow(options), error);
  }
  async function view(name: string, args: unknown[] = []): Promise<unknown> {
    return (await world().read(world().escrow, name, args))[0];
  }

  it('shows its seats and settings', async () => {
    for (const [index, signer] of roles.signers.entries()) {
      expect(await view('seat', [index])).to.equal(signer.address);
    }
    expect(await view('seat', [3])).to.equal(ZERO_ADDRESS);
    expect(await view('seat', [8])).to.equal(roles.guardian.address);
    expect(await view('seat', [9])).to.equal(roles.treasury.address);
    expect(await view('seat', [10])).to.equal(ZERO_ADDRESS);
    expect(await view('guardian')).to.equal(roles.guardian.address);
    expect(await view('treasury')).to.equal(roles.treasury.address);
    expect(await view('feeCap')).to.equal(1_000n);
    expect(await view('disputeTimeout')).to.equal(BigInt(45 * DAY));
    const config = await world().read(world().escrow, 'config');
    expect(config.toObject()).to.deep.equal({ threshold: 2n, active: 7n, overrides: 0n, pausedUntil: 0n, nonce: 0n });
  });

  it('takes one to eight signers', async () => {
    for (const count of [1, 8]) {
      world().escrow = await world().deployEscrow({ signers: accounts(count), threshold: count });
      expect(await view('seat', [count - 1])).to.equal(accounts(count).at(-1));
    }
  });

  it('S4: reverts for threshold 0, a threshold above the number of signers, and more than eight of them', async () => {
    for (let count = 0; count <= 9; count += 1) {
      for (let threshold = 0; threshold <= 10; threshold += 1) {
        const options = { signers: accounts(count), threshold };
        if (threshold === 0 || threshold > count || count > 8) await refuses(options, 'BadSeat');
        else if (threshold === 1 || threshold === count) await world().deployEscrow(options);
      }
    }
    // 256 is 0 in the eight bits where the threshold is kept.
    await refuses({ threshold: 256 }, 'BadSeat');
    await refuses({ signers: accounts(8), threshold: 257 }, 'BadSeat');
  });

  it('reverts when two seats have one holder', async () => {
    const [first, second] = [roles.signers[0].address, roles.signers[1].address];
    await refuses({ signers: [first, second, first] }, 'BadSeat');
    await refuses({ guardian: first }, 'BadSeat');
    await refuses({ treasury: second }, 'BadSeat');
    await refuses({ guardian: roles.treasury.address }, 'BadSeat');
  });

  it('reverts when a seat is zero or the escrow', async () => {
    const nonce = await world().chain.nonceOf(roles.deployer.address);
    // A refused deployment counts in the deployer's nonce too.
    const escrowAfter = (refused: number) => getCreateAddress({ from: roles.deployer.address, nonce: nonce + refused });
    await refuses({ signers: [escrowAfter(0)], threshold: 1 }, 'BadSeat');
    await refuses({ guardian: escrowAfter(1) }, 'BadSeat');
    await refuses({ treasury: escrowAfter(2) }, 'BadSeat');
    await refuses({ signers: [ZERO_ADDRESS], threshold: 1 }, 'BadSeat');
    await refuses({ guardian: ZERO_ADDRESS }, 'BadSeat');
    await refuses({ treasury: ZERO_ADDRESS }, 'BadSeat');
  });

  it('P9: reverts for a fee cap above 1,000, which is 10 %, and for a treasury that is zero', async () => {
    await refuses({ feeCap: 1_001 }, 'WrongAmount');
    await refuses({ feeCap: 2 ** 40 }, 'WrongAmount');
    await refuses({ treasury: ZERO_ADDRESS }, 'BadSeat');
    for (const feeCap of [0, 1_000]) {
      world().escrow = await world().deployEscrow({ feeCap });
      expect(await view('feeCap')).to.equal(BigInt(feeCap));
    }
  });

  it('reverts when the dispute timeout is out of bounds', async () => {
    await refuses({ disputeTimeout: 21 * DAY - 1 }, 'WrongAmount');
    await refuses({ disputeTimeout: 366 * DAY + 1 }, 'WrongAmount');
    for (const disputeTimeout of [21 * DAY, 366 * DAY]) await world().deployEscrow({ disputeTimeout });
  });
});
