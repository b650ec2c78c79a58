import { expect } from 'chai';
import { concat, dataLength, dataSlice, Signature, toBeHex } from 'ethers';
import fc from 'fast-check';
import { SETTLE_TYPES, type Settle, type Terms } from '../escrowTerms.ts';
import { PRICE, roles, useEscrowWorld } from '../escrowWorld.ts';
import { delegate, deployMock } from '../mocks.ts';
import { wholeSignature } from '../signatureItems.ts';

const THRESHOLD = 2;
const CASES = 400;
const SEED = 0x5e7;
const [BUYER, SELLER] = [0x7e, 0x7f];
// The wallet in seat 1 has this key as its owner; seat 2 is an account with a key and with code (EIP-7702).
const keys = new Map([
  [0, roles.signers[0]],
  [1, roles.deployer],
  [2, roles.signers[2]],
  [BUYER, roles.buyer],
  [SELLER, roles.seller],
]);
const bare = new Set([0, 2, BUYER, SELLER]);
const withCode = new Set([1, 2]);

/** One item as a test draws it: whose tag, how it is proven, and what is wrong with it. */
interface Drawn {
  kind: number;
  byContract: boolean;
  flaw: 'none' | 'none again' | 'other key' | 'other parity' | 'one byte less' | 'one byte more';
}

const drawnItem = fc.record<Drawn>({
  kind: fc.constantFrom(0, 0, 1, 1, 2, 2, BUYER, SELLER, 3, 7, 8, 0x40, 0x7c, 0x7d),
  byContract: fc.boolean(),
  flaw: fc.constantFrom(
    'none',
    'none again',
    'none',
    'none',
    'other key',
    'other parity',
    'one byte less',
    'one byte more',
  ),
});
/** Items of accounts that can sign as drawn, in rising order: without these hardly a drawn set would pass. */
const goodItems = fc
  .subarray([...keys.keys()], { minLength: 1 })
  .map((kinds) => kinds.map((kind): Drawn => ({ kind, byContract: kind === 1, flaw: 'none' })));
const drawnSet = fc.record({
  items: fc.oneof(goodItems, goodItems, fc.array(drawnItem, { maxLength: 4 })),
  tail: fc.oneof(
    { weight: 5, arbitrary: fc.constant('0x') },
    { weight: 1, arbitrary: fc.constantFrom('0x00', '0x02', '0xff', '0x7f0000') },
  ),
  cut: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 70 }) }),
});
type DrawnSet = typeof drawnSet extends fc.Arbitrary<infer T> ? T : never;

describe('MarketplaceEscrow signature encoding', () => {
  const world = useEscrowWorld();
  let terms: Terms;
  let settle: Settle;

  beforeEach(async () => {
    const wallet = await deployMock(world(), 'Erc1271Wallet', [roles.deployer.address]);
    const account = roles.signers[2].address;
    await delegate(world(), account, wallet.address);
    await world().send({ ...wallet, address: account }, roles.deployer, 'setOwner', [account]);
    const signers = [roles.signers[0].address, wallet.address, account];
    world().escrow = await world().deployEscrow({ signers, threshold: THRESHOLD });
    terms = await world().terms();
    await world().fund(terms);
    settle = await world().settlement(terms, { toSeller: PRICE, toBuyer: 0n });
  });

  function bytesOf({ kind, byContract, flaw }: Drawn): string {
    const key = (flaw === 'other key' ? roles.stranger : keys.get(kind)) ?? roles.stranger;
    const digest = world().digest(SETTLE_TYPES, settle);
    const whole = wholeSignature(digest, key);
    const turned = BigInt(dataSlice(whole, 64)) === 27n ? '0x1c' : '0x1b';
    const proof = flaw === 'other parity' ? concat([dataSlice(whole, 0, 64), turned]) : whole;
    const body = byContract ? proof : Signature.from(proof).compactSerialized;
    const sized =
      flaw === 'one byte less' ? dataSlice(body, 0, -1) : flaw === 'one byte more' ? concat([body, '0x00']) : body;
    const head = byContract ? [toBeHex(kind | 0x80, 1), toBeHex(dataLength(sized), 2)] : [toBeHex(kind, 1)];
    return concat([...head, sized]);
  }
  function holds({ kind, byContract, flaw }: Drawn): boolean {
    return flaw.startsWith('none') && (byContract ? withCode : bare).has(kind);
  }
  /** What the rules say of a set, from how it was drawn. */
  function expected({ items, tail, cut }: DrawnSet): string {
    const whole = tail === '0x' && cut === 0;
    if (whole && items.length === 0) return 'NotAllowed';
    const kinds = items.map(({ kind }) => kind);
    const rises = kinds.every((kind, index) => index === 0 || kind > (kinds[index - 1] ?? 0));
    const signers = kinds.filter((kind) => kind < BUYER).length;
    const oneSide = signers === 0 ? kinds.length > 0 : signers === kinds.length && signers >= THRESHOLD;
    if (!whole || !rises || !oneSide || !items.every(holds)) return 'BadSignature';
    // The seller alone may not release.
    return kinds.length === 1 && kinds[0] === SELLER ? 'NotAllowed' : 'accepted';
  }
  async function outcome(signatures: string): Promise<string> {
    const data = world().escrow.abi.encodeFunctionData('settle', [terms, settle, signatures]);
    return world()
      .chain.call({ from: roles.stranger.address, to: world().escrow.address, data })
      .then(
        () => 'accepted',
        (reason: { data?: string; message: string }) =>
          world().escrow.abi.parseError(reason.data ?? '0x')?.name ?? reason.message,
      );
  }

  it('A19: accepts exactly the sets that the rules allow, over many drawn ones', async () => {
    const seen = new Map<string, number>();
    const property = fc.asyncProperty(drawnSet, async (set) => {
      const wanted = expected(set);
      const all = concat([...set.items.map(bytesOf), set.tail]);
      const end = Math.max(0, dataLength(all) - set.cut);
      // A cut that leaves nothing is the empty set, which has its own rule.
      const cutAway = end === 0;
      expect(await outcome(dataSlice(all, 0, end))).to.equal(cutAway ? 'NotAllowed' : wanted);
      seen.set(wanted, (seen.get(wanted) ?? 0) + 1);
    });
    await fc.assert(property, { numRuns: CASES, seed: SEED });
    // The draw must not be of one kind: each outcome comes often.
    for (const wanted of ['accepted', 'BadSignature', 'NotAllowed']) {
      expect(seen.get(wanted) ?? 0, wanted).to.be.greaterThan(CASES / 20);
    }
  });

  it('A19: proves an account with code by its key or by ERC-1271, as the tag says, and never by both', async () => {
    const first = bytesOf({ kind: 0, byContract: false, flaw: 'none' });
    for (const byContract of [false, true]) {
      expect(await outcome(concat([first, bytesOf({ kind: 2, byContract, flaw: 'none' })]))).to.equal('accepted');
    }
    const both = [false, true].map((byContract) => bytesOf({ kind: 2, byContract, flaw: 'none' }));
    expect(await outcome(concat(both))).to.equal('BadSignature');
  });

  it('A19: cuts a good set at every byte and refuses each', async () => {
    const good = concat([0, 1].map((kind) => bytesOf({ kind, byContract: kind === 1, flaw: 'none' })));
    expect(await outcome(good)).to.equal('accepted');
    for (let end = 1; end < dataLength(good); end += 1) {
      expect(await outcome(dataSlice(good, 0, end)), `${end} bytes`).to.equal('BadSignature');
    }
  });
});
