import { expect } from 'chai';
import fc from 'fast-check';
import { idOf, type Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import type { ChainReceipt } from '../localChain.ts';
import { moneyOf } from '../payouts.ts';
import { recordSlot } from '../recordSlot.ts';
import { rejectsWith } from '../rejections.ts';

const { buyer, seller, signers, stranger } = roles;
const SEED = 0xd14;
const WALKS = 60;
// A CREATE2 onto an existing vault burns all the gas given to it: 63/64 of the 12 million of a test call.
const FAR_BELOW_A_COLLISION = 600_000n;
const RUNTIME = 2 + 2 * 63;
const DEPLOYED_BIT = 1n << 4n;

describe('MarketplaceEscrow, the deployed bit of a vault', () => {
  const world = useEscrowWorld();

  /** One step in the life of a payment. `surplus` first brings the unit that it recovers. */
  const steps = {
    surplus: async (terms: Terms) => {
      await world().payVault(terms, 1n);
      return world().act(stranger, 'recover', [terms, terms.token]);
    },
    wrongAsset: async (terms: Terms) => {
      const vault = await world().vaultOf(terms);
      await world().chain.send({ from: buyer.address, to: vault, value: 1n });
      return world().act(stranger, 'recover', [terms, ZERO_ADDRESS]);
    },
    settlePart: (terms: Terms) => world().settle(terms, { toSeller: 1n, toBuyer: 1n }),
    settleAll: async (terms: Terms) => {
      const { remaining, status } = await world().payment(terms);
      return world().settle(terms, { toSeller: status === STATUS.none ? PRICE : remaining, toBuyer: 0n });
    },
    sweep: (terms: Terms) => world().act(seller, 'sweep', [terms]),
    fund: (terms: Terms) => world().fund(terms),
    bump: (terms: Terms) => world().act(signers[0], 'bumpSeq', [world().idOf(terms)]),
    mark: (terms: Terms) => world().act(seller, 'markDelivered', [terms]),
    freeze: (terms: Terms) => world().act(signers[0], 'freeze', [terms]),
    giveUp: (terms: Terms) => world().act(seller, 'recover', [terms, terms.token]),
  };
  type Step = keyof typeof steps;
  const names = Object.keys(steps) as Step[];

  /** The bit says what the chain says; no call burnt gas on a vault that was there. */
  async function expectExact(terms: Terms, receipt: ChainReceipt | undefined, after: string): Promise<boolean> {
    const code = await world().chain.codeAt(await world().vaultOf(terms));
    const { vaultDeployed } = await world().payment(terms);
    expect(code.length, after).to.equal(vaultDeployed ? RUNTIME : 2);
    if (receipt !== undefined) expect(receipt.gasUsed < FAR_BELOW_A_COLLISION, after).to.equal(true);
    return vaultDeployed;
  }
  /** Takes steps in order; returns after which of them the vault was deployed. */
  async function walk(order: readonly Step[]): Promise<boolean[]> {
    const terms = await world().terms();
    await world().payVault(terms);
    const deployed: boolean[] = [];
    for (const step of order) deployed.push(await expectExact(terms, await steps[step](terms), order.join(', ')));
    return deployed;
  }

  it('D14: is set by the first call that needs the vault, and by none before', async () => {
    for (const [order, deployed] of [
      [
        ['surplus', 'settlePart', 'surplus', 'settleAll', 'surplus'],
        [true, true, true, true, true],
      ],
      [
        ['surplus', 'sweep', 'surplus', 'settleAll'],
        [true, true, true, true],
      ],
      [
        ['surplus', 'fund', 'surplus', 'settleAll', 'surplus'],
        [true, true, true, true, true],
      ],
      [
        ['wrongAsset', 'settleAll'],
        [true, true],
      ],
      [
        ['bump', 'mark', 'freeze', 'settlePart', 'settleAll'],
        [false, false, false, true, true],
      ],
      [
        ['mark', 'surplus', 'settleAll'],
        [false, true, true],
      ],
      [
        ['sweep', 'surplus', 'settlePart'],
        [true, true, true],
      ],
      [
        ['fund', 'settlePart', 'surplus', 'wrongAsset'],
        [false, false, true, true],
      ],
      [
        ['fund', 'settleAll'],
        [false, false],
      ],
      [
        ['giveUp', 'surplus'],
        [true, true],
      ],
      [
        ['surplus', 'giveUp', 'wrongAsset'],
        [true, true, true],
      ],
    ] as [Step[], boolean[]][]) {
      expect(await walk(order), order.join(', ')).to.deep.equal(deployed);
    }
  });

  it('D14: is set by a timer that pays from a vault nobody deployed, and not by one of the pool', async () => {
    for (const mode of ['pool', 'vault'] as const) {
      for (const timer of ['claim', 'forceResolve'] as const) {
        const snapshot = await world().chain.snapshot();
        const terms = await world().terms();
        await world().pay(terms, mode);
        await world().act(timer === 'claim' ? seller : buyer, timer === 'claim' ? 'markDelivered' : 'freeze', [terms]);
        expect(await expectExact(terms, undefined, timer)).to.equal(false);
        await world().chain.setNextTime((await world().chain.now()) + 46 * DAY);
        const receipt = await world().act(stranger, timer, [terms]);
        expect(await expectExact(terms, receipt, timer)).to.equal(mode === 'vault');
        expect(await moneyOf(world(), terms)).to.include({ status: STATUS.closed, vault: 0n });
        await world().chain.restore(snapshot);
      }
    }
  });

  it('D14: is exact after every step of any walk, and no step deploys twice', async () => {
    let steady = 0;
    const order = fc.array(fc.constantFrom(...names), { minLength: 3, maxLength: 8 });
    const property = fc.asyncProperty(order, async (walked) => {
      const terms = await world().terms();
      await world().payVault(terms);
      let before = false;
      for (const step of walked) {
        const seen: ChainReceipt[] = [];
        // A step that the status refuses changes nothing; a collision would end as PushFailed.
        await steps[step](terms).then(
          (receipt) => seen.push(receipt),
          (failure: { data?: string }) => {
            const pushFailed = world().escrow.abi.getError('PushFailed')?.selector ?? '';
            expect(failure.data ?? pushFailed, `${step} in ${walked.join(', ')}`).to.not.equal(pushFailed);
          },
        );
        const after = await expectExact(terms, seen[0], `${step} in ${walked.join(', ')}`);
        expect(before && !after, 'a set bit was cleared').to.equal(false);
        if (before && seen.length > 0) steady += 1;
        before = after;
      }
    });
    await fc.assert(property, { numRuns: WALKS, seed: SEED });
    // Most walks must go on after the deployment, or they would prove nothing.
    expect(steady).to.be.greaterThan(WALKS);
  });

  it('D14: guards against a vault that is there: without the bit a payout would collide and revert', async () => {
    const terms = await world().terms();
    await world().payVault(terms, PRICE + 1n);
    await world().act(stranger, 'recover', [terms, terms.token]);
    const slot = recordSlot(world().idOf(terms));
    const record = BigInt(await world().chain.storageAt(world().escrow.address, slot));
    expect(record & DEPLOYED_BIT).to.equal(DEPLOYED_BIT);
    const cleared = `0x${(record & ~DEPLOYED_BIT).toString(16).padStart(64, '0')}`;
    await world().chain.setStorageAt(world().escrow.address, slot, cleared);
    await rejectsWith(world().settle(terms, { toSeller: PRICE, toBuyer: 0n }), 'PushFailed()');
  });

  it('D14: looks at the code of vaults of other chains, whose ids have no record here, and deploys each once', async () => {
    const terms = await world().terms();
    const foreign = idOf(terms, world().escrow.address, 56n);
    const [vault] = await world().read(world().escrow, 'depositAddress', [foreign]);
    for (let count = 0; count < 3; count += 1) {
      await world().mint(vault, 1n);
      const receipt = await world().act(signers[0], 'recoverForeign', [terms, terms.token, 56n]);
      expect(receipt.gasUsed < FAR_BELOW_A_COLLISION).to.equal(true);
      expect(await world().chain.codeAt(vault)).to.have.lengthOf(RUNTIME);
    }
    expect(await world().balance(terms.refundTo)).to.equal(3n);
  });
});
