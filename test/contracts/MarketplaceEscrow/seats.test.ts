import { expect } from 'chai';
import { DAY, roles, useEscrowWorld, ZERO_ADDRESS, ZERO_HASH } from '../escrowWorld.ts';
import { walletAt } from '../localChain.ts';
import { rotate } from '../signedActs.ts';

const { guardian, stranger, treasury } = roles;
/** Eight accounts that hold no other seat, the present three signers among them. */
const eight = [1, 2, 3, 0, 6, 8, 9, 10].map(walletAt);

describe('MarketplaceEscrow seats', () => {
  const world = useEscrowWorld();

  async function seats(): Promise<string[]> {
    const holders: string[] = [];
    for (let index = 0; index < 12; index += 1) holders.push((await world().read(world().escrow, 'seat', [index]))[0]);
    return holders;
  }

  it('shows each of one to eight signers in its own seat, and nobody in the seats between them and the guardian', async () => {
    for (let count = 1; count <= 8; count += 1) {
      const signers = eight.slice(0, count).map((wallet) => wallet.address);
      world().escrow = await world().deployEscrow({ signers, threshold: 1 });
      const empty = Array.from({ length: 8 - count }, () => ZERO_ADDRESS);
      const expected = [...signers, ...empty, guardian.address, treasury.address, ZERO_ADDRESS, ZERO_ADDRESS];
      expect(await seats(), `${count} signers`).to.deep.equal(expected);
    }
  });

  it('takes the call of every one of eight signers, from the first seat to the last', async () => {
    const signers = eight.map((wallet) => wallet.address);
    world().escrow = await world().deployEscrow({ signers, threshold: 1 });
    for (const wallet of eight.slice(0, 7)) await world().act(wallet, 'bumpSeq', [ZERO_HASH]);
    const last = eight.at(-1) ?? stranger;
    await world().act(last, 'bumpSeq', [`0x${'11'.repeat(32)}`]);
    await world().rejects(world().act(stranger, 'bumpSeq', [`0x${'11'.repeat(32)}`]), 'NotAllowed');
  });

  it('proposes nobody for a seat also where all eight are taken, so that no empty one stands against it', async () => {
    const signers = eight.map((wallet) => wallet.address);
    world().escrow = await world().deployEscrow({ signers, threshold: 1 });
    const proposal = rotate(world(), { index: 3, account: ZERO_ADDRESS }, [[0, eight[0] ?? stranger]]);
    await world().rejects(proposal, 'BadSeat');
  });

  it('makes no signer of the guardian and the treasury when signers were replaced, whose marks stand beside the active ones', async () => {
    const successors = [eight[3], eight[4]].map((wallet) => wallet?.address ?? ZERO_ADDRESS);
    for (const [index, account] of successors.entries()) await rotate(world(), { index, account });
    await world().chain.setNextTime((await world().chain.now()) + 3 * DAY);
    for (const index of successors.keys()) await world().act(stranger, 'executeRotation', [index]);
    for (const other of [guardian, treasury]) {
      await world().rejects(world().act(other, 'bumpSeq', [ZERO_HASH]), 'NotAllowed');
    }
    await world().act(eight[3] ?? stranger, 'bumpSeq', [ZERO_HASH]);
  });
});
