import { AbiCoder, concat, dataLength, id, keccak256, TypedDataEncoder, toBeHex } from 'ethers';
import { domainOf, SETTLE_TYPES, type Settle, type Terms, typeString } from '../escrowTerms.ts';
import { DAY, type EscrowWorld, roles, SIGNER_ITEMS, useEscrowWorld } from '../escrowWorld.ts';
import { MODES, RELEASE } from '../payouts.ts';
import { signItems } from '../signatureItems.ts';

/** Words of a settlement with the first bit above their types, and the error of the check that meets it. */
const DIRTY = [
  { name: 'seq', word: 0, bit: 16n, error: 'WrongSeq' },
  { name: 'toSeller', word: 1, bit: 96n, error: 'WrongAmount' },
  { name: 'toBuyer', word: 2, bit: 96n, error: 'WrongAmount' },
  { name: 'validUntil', word: 3, bit: 40n, error: 'Expired' },
] as const;

/** The four words of a settlement, as calldata has them. */
function wordsOf(settle: Settle): bigint[] {
  return [BigInt(settle.seq), settle.toSeller, settle.toBuyer, BigInt(settle.validUntil)];
}

/** A settlement of these words that the first two signers signed exactly so; no wallet would, ethers refuses to. */
function signedWords(world: EscrowWorld, terms: Terms, words: readonly bigint[]): string {
  const fields = words.map((word) => toBeHex(word, 32));
  const struct = keccak256(concat([id(typeString(SETTLE_TYPES)), world.idOf(terms), ...fields]));
  const domain = TypedDataEncoder.hashDomain(domainOf(world.escrow.address, world.chain.chainId));
  const signatures = signItems(keccak256(concat(['0x1901', domain, struct])), SIGNER_ITEMS);
  const method = world.escrow.abi.getFunction('settle');
  if (!method) throw new Error('no settle');
  const [termsType] = method.inputs;
  if (!termsType) throw new Error('settle without terms');
  const head = AbiCoder.defaultAbiCoder().encode([termsType], [terms]);
  // Behind the heads: terms, four words, and the place of the signatures.
  const place = toBeHex(dataLength(head) + 32 * (words.length + 1), 32);
  const tail = AbiCoder.defaultAbiCoder().encode(['bytes'], [signatures]);
  return concat([method.selector, head, ...fields, place, `0x${tail.slice(66)}`]);
}

for (const mode of MODES) {
  describe(`MarketplaceEscrow.settle with words that no type has, ${mode} mode`, () => {
    const world = useEscrowWorld();

    it('S10: reverts for a bit above its type in any word, although the admins signed exactly that', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const settle = await world().settlement(terms, { ...RELEASE, validUntil: (await world().chain.now()) + DAY });
      const broadcast = (words: readonly bigint[]) =>
        world().chain.send({
          from: roles.stranger.address,
          to: world().escrow.address,
          data: signedWords(world(), terms, words),
        });
      for (const { word, bit, error } of DIRTY) {
        const words = wordsOf(settle).map((value, index) => (index === word ? value | (1n << bit) : value));
        await world().rejects(broadcast(words), error);
      }
      // The same words without the bit are the settlement itself: nothing else was wrong with them.
      await broadcast(wordsOf(settle));
    });

    it('S10: reverts when both shares together wrap to what is there', async () => {
      const terms = await world().terms();
      await world().pay(terms, mode);
      const settle = await world().settlement(terms, RELEASE);
      const words = [BigInt(settle.seq), 2n ** 256n - 1n, terms.amount + 1n, BigInt(settle.validUntil)];
      const data = signedWords(world(), terms, words);
      const sent = world().chain.send({ from: roles.stranger.address, to: world().escrow.address, data });
      await world().rejects(sent, 'WrongAmount');
    });
  });
}
