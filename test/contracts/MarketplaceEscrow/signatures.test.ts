import { expect } from 'chai';
import { concat, dataSlice, getCreateAddress, Signature, TypedDataEncoder, toBeHex } from 'ethers';
import { domainOf, idOf, SETTLE_TYPES, type Settle, type Terms } from '../escrowTerms.ts';
import { DAY, type Item, PRICE, roles, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import * as acts from '../signedActs.ts';

// Half of the order of secp256k1 (EIP-2): a signature with a larger s is the twin of one with a smaller s.
const LOWER_HALF = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const PARITY = 1n << 255n;
const release = { toSeller: PRICE, toBuyer: 0n };
const [first, second, third]: [Item, Item, Item] = [
  [0, roles.signers[0]],
  [1, roles.signers[1]],
  [2, roles.signers[2]],
];
const buyer: Item = [TAG.buyer, roles.buyer];
const seller: Item = [TAG.seller, roles.seller];

describe('MarketplaceEscrow signatures', () => {
  const world = useEscrowWorld();
  let terms: Terms;
  let settle: Settle;

  beforeEach(async () => {
    terms = await world().terms();
    await world().fund(terms);
    settle = await world().settlement(terms, release);
  });

  async function send(signatures: string): Promise<void> {
    await world().act(roles.stranger, 'settle', [terms, settle, signatures]);
  }
  async function refuses(signatures: string): Promise<void> {
    await world().rejects(send(signatures), 'BadSignature');
  }
  function signatureOf([, key]: Item): Signature {
    const domain = domainOf(world().escrow.address, world().chain.chainId);
    return Signature.from(key.signingKey.sign(TypedDataEncoder.hash(domain, SETTLE_TYPES, settle)));
  }

  it('accepts two of three signers in each rising pair', async () => {
    for (const items of [
      [first, second],
      [first, third],
      [second, third],
    ]) {
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n }, items);
    }
    expect((await world().payment(terms)).seq).to.equal(3n);
  });

  it('accepts more signers than needed', async () => {
    await send(world().sign(settle, [first, second, third]));
    expect((await world().payment(terms)).status).to.equal(STATUS.closed);
  });

  it('A19: accepts the compact signature of an account with code (EIP-7702)', async () => {
    // EIP-7702: an account delegates to code and still signs like any other.
    await world().chain.setCode(roles.signers[0].address, concat(['0xef0100', world().token.address]));
    await send(world().sign(settle));
    expect((await world().payment(terms)).status).to.equal(STATUS.closed);
  });

  it('reverts when too few signed', async () => {
    for (const item of [first, second, third]) await refuses(world().sign(settle, [item]));
  });

  it('S3: reverts when a signer is repeated', async () => {
    await refuses(world().sign(settle, [first, first]));
    await refuses(world().sign(settle, [first, second, second]));
    await refuses(world().sign(settle, [buyer, buyer]));
  });

  it('S3: reverts when the tags do not rise', async () => {
    await refuses(world().sign(settle, [second, first]));
    await refuses(world().sign(settle, [first, third, second]));
    await refuses(world().sign(settle, [seller, buyer]));
  });

  it('S3: reverts when a signer signs under another index', async () => {
    await refuses(
      world().sign(settle, [
        [0, roles.signers[1]],
        [1, roles.signers[0]],
      ]),
    );
  });

  it('S3: reverts when nobody holds the index', async () => {
    await refuses(world().sign(settle, [first, second, [3, roles.stranger]]));
    await refuses(world().sign(settle, [first, [7, roles.signers[1]]]));
  });

  it('A19: reverts for every other tag', async () => {
    const good = world().sign(settle, [first, second]);
    for (const tag of [8, 9, 0x40, 0x7d, 0x80, 0x81, 0xfe, 0xff]) {
      await refuses(concat([good, world().sign(settle, [[tag, roles.signers[2]]])]));
    }
  });

  it('A19: reverts when signers and parties mix', async () => {
    await refuses(world().sign(settle, [first, second, buyer]));
    await refuses(world().sign(settle, [first, second, seller]));
    await refuses(world().sign(settle, [first, buyer]));
  });

  it('reverts when one of three items does not verify', async () => {
    await refuses(world().sign(settle, [first, second, [2, roles.stranger]]));
  });

  it('reverts when the buyer signs for the seller', async () => {
    await refuses(world().sign(settle, [buyer, [TAG.seller, roles.buyer]]));
  });

  it('A19: reverts when an item is cut or bytes are left over', async () => {
    const good = world().sign(settle, [first, second]);
    await refuses(good.slice(0, -2));
    await refuses(`${good}00`);
    await refuses(concat([good, '0x02']));
  });

  it('S2: reverts when a 65-byte signature stands where a compact one belongs', async () => {
    await refuses(concat(['0x00', signatureOf(first).serialized, '0x01', signatureOf(second).serialized]));
  });

  // Nobody has a key for these: the escrow's only signer is whoever ecrecover makes of the chosen r and s.
  async function settleWithChosenS(s: bigint): Promise<unknown> {
    const { r } = signatureOf(first);
    const nonce = await world().chain.nonceOf(roles.deployer.address);
    const address = getCreateAddress({ from: roles.deployer.address, nonce });
    const other = await world().terms({ token: ZERO_ADDRESS });
    const chosen = { ...settle, id: idOf(other, address, world().chain.chainId) };
    const digest = TypedDataEncoder.hash(domainOf(address, world().chain.chainId), SETTLE_TYPES, chosen);
    const input = concat([digest, toBeHex(27, 32), r, toBeHex(s, 32)]);
    const recovered = await world().chain.call({ from: roles.stranger.address, to: toBeHex(1, 20), data: input });
    world().escrow = await world().deployEscrow({ threshold: 1, signers: [dataSlice(recovered, 12)] });
    expect(world().escrow.address.toLowerCase()).to.equal(address.toLowerCase());
    await world().fund(other);
    return world().act(roles.stranger, 'settle', [other, chosen, concat(['0x00', r, toBeHex(s, 32)])]);
  }

  it('S2: accepts the largest s of the lower half', async () => {
    await settleWithChosenS(LOWER_HALF);
  });

  it('S2: reverts when s is in the upper half', async () => {
    await world().rejects(settleWithChosenS(LOWER_HALF + 1n), 'BadSignature');
  });

  it('S2: reverts when the parity is flipped', async () => {
    const { r, yParityAndS } = signatureOf(first);
    const flipped = toBeHex(BigInt(yParityAndS) ^ PARITY, 32);
    await refuses(concat(['0x00', r, flipped, world().sign(settle, [second])]));
  });

  it('S2: reverts when nobody can be recovered', async () => {
    await refuses(concat(['0x00', `0x${'00'.repeat(64)}`, world().sign(settle, [second])]));
    await refuses(concat(['0x03', `0x${'00'.repeat(64)}`]));
    // Beside enough good ones: of a seat that nobody holds, nobody is not the holder.
    await refuses(concat([world().sign(settle, [first, second]), '0x03', `0x${'00'.repeat(64)}`]));
  });

  it('S2: reverts when nobody can be recovered for a party at a low address, so that no leftover in memory signs for it', async () => {
    // Of addresses 1 and 2 nobody has a key; they are the smallest that are not zero.
    for (const party of [1, 2].map((value) => toBeHex(value, 20))) {
      terms = await world().terms({ buyer: party });
      await world().fund(terms);
      settle = await world().settlement(terms, release);
      await refuses(concat([toBeHex(TAG.buyer, 1), new Uint8Array(64)]));
    }
  });

  it('A26: reverts without signatures at a threshold of two, also for a signer', async () => {
    for (const from of [roles.signers[0], roles.stranger]) {
      await world().rejects(world().act(from, 'settle', [terms, settle, '0x']), 'NotAllowed');
    }
  });

  it('lets a signer settle directly at a threshold of one', async () => {
    world().escrow = await world().deployEscrow({ threshold: 1 });
    const other = await world().terms();
    await world().fund(other);
    const direct = await world().settlement(other, { toSeller: 1n, toBuyer: 2n });
    await world().act(roles.signers[2], 'settle', [other, direct, '0x']);
    expect((await world().payment(other)).remaining).to.equal(PRICE - 3n);
  });

  it('A26: reverts without signatures for anybody but a signer at a threshold of one', async () => {
    world().escrow = await world().deployEscrow({ threshold: 1 });
    const other = await world().terms();
    await world().fund(other);
    const direct = await world().settlement(other, release);
    for (const from of [roles.stranger, roles.buyer, roles.guardian]) {
      await world().rejects(world().act(from, 'settle', [other, direct, '0x']), 'NotAllowed');
    }
  });

  it('A26: reverts without signatures for a signer who was switched off', async () => {
    world().escrow = await world().deployEscrow({ threshold: 1 });
    const other = await world().terms();
    await world().fund(other);
    await acts.signerOff(world(), 2, [first]);
    const direct = await world().settlement(other, release);
    const [one, batch] = [
      [other, direct, '0x'],
      [[other], [direct], '0x'],
    ];
    for (const [method, args] of [
      ['settle', one],
      ['settleBatch', batch],
      ['settleBatchReport', batch],
    ] as const) {
      for (const from of [roles.signers[2], roles.stranger]) {
        await world().rejects(world().act(from, method, args), 'NotAllowed');
      }
    }
    await world().act(roles.signers[1], 'settleBatch', batch);
    expect((await world().payment(other)).status).to.equal(STATUS.closed);
  });

  it('S3: reverts when a signer was switched off after signing', async () => {
    const signed = world().sign(settle, [first, third]);
    await acts.signerOff(world(), 2);
    await refuses(signed);
    await refuses(world().sign(settle, [first, second, third]));
    await send(world().sign(settle, [first, second]));
    expect((await world().payment(terms)).status).to.equal(STATUS.closed);
  });

  it('S3: reverts when a signer was replaced after signing, and accepts his successor', async () => {
    const signed = world().sign(settle, [first, third]);
    await acts.rotate(world(), { index: 2, account: roles.stranger.address });
    // A rotation waits for 48 hours; the payload outlives them.
    settle = await world().settlement(terms, { ...release, validUntil: (await world().chain.now()) + 4 * DAY });
    const outlives = world().sign(settle, [first, third]);
    await world().chain.setNextTime((await world().chain.now()) + 2 * DAY + 2);
    await world().act(roles.stranger, 'executeRotation', [2]);
    await refuses(signed);
    await refuses(outlives);
    await send(world().sign(settle, [first, [2, roles.stranger]]));
    expect((await world().payment(terms)).status).to.equal(STATUS.closed);
  });

  it('S3: reverts when the guardian signs under the index of his seat, also after the first signer was replaced', async () => {
    const guardian: Item = [8, roles.guardian];
    await refuses(world().sign(settle, [second, guardian]));
    await acts.rotate(world(), { index: 0, account: roles.stranger.address });
    await world().chain.setNextTime((await world().chain.now()) + 2 * DAY + 2);
    await world().act(roles.stranger, 'executeRotation', [0]);
    settle = await world().settlement(terms, release);
    await refuses(world().sign(settle, [second, guardian]));
  });
});
