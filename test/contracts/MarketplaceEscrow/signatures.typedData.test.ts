import { expect } from 'chai';
import { concat, id, keccak256, Signature, toBeHex } from 'ethers';
import {
  ACT_TYPES,
  BATCH_TYPES,
  CANCEL_ROTATION_TYPES,
  domainOf,
  type MessageTypes,
  PERMIT2_TYPES,
  REDIRECT_TYPES,
  RESCUE_TYPES,
  ROTATE_TYPES,
  SETTLE_TYPES,
  SIGNER_OFF_TYPES,
  TERMS_TYPES,
  type Terms,
  typeString,
} from '../escrowTerms.ts';
import { DAY, type Item, PRICE, roles, SIGNER_ITEMS, STATUS, TAG, useEscrowWorld } from '../escrowWorld.ts';
import { MODES, type Mode, paid } from '../lifeStages.ts';
import { useToken } from '../mocks.ts';
import { blacklist } from '../payouts.ts';
import { ACCOUNT_TAG, ACTION } from '../signedActs.ts';

const { buyer, seller, signers, stranger, treasury } = roles;
/** The type hashes as the specification's table has them. */
const HASHES: [MessageTypes, string][] = [
  [TERMS_TYPES, '0xb06ac372108286305be9650961c2e25bb89855f3802182ba0410172b4731dd30'],
  [SETTLE_TYPES, '0x4a2b45ac85141316c5faa5fc77846cae1214394984ad858b20f30d8143bd1a35'],
  [BATCH_TYPES, '0xf1edd02b2e99c8a446a703d0ac01097ceaaee865cfd697d20e6d50692f9dd6ec'],
  [ACT_TYPES, '0xb3bd6679da87e89b951ca5765f42871979857e88a8e0163443e3ca0a0678de3f'],
  [REDIRECT_TYPES, '0x2b2421a01c911df808a536191d874b7b47cabb7c1a2d06dad2b4e5bbc29337be'],
  [ROTATE_TYPES, '0xe48e8dd6bec8a228361d5f2f25250123908eac7c612e16bc486b1fd75fb98bdd'],
  [CANCEL_ROTATION_TYPES, '0xfa22d736f01d21f545980b920c764d8d7fa376a4e0cc56acfc9e78e7c860d271'],
  [SIGNER_OFF_TYPES, '0xe6b62951292da966cfb42a9d12f440b7cc016c6a340ff1c1eaa4a4b5ece36315'],
  [RESCUE_TYPES, '0x6a338bc2e3f4a13fdfc797885236c64b4100112e4e7cc2fc454bd41733c6f3d8'],
  [PERMIT2_TYPES, '0x2ba7dd0c893a7eba4d454dc0c4c5982cc9782542d66a7eb5eb959f07c0d4a931'],
];

describe('MarketplaceEscrow messages as wallets sign them', () => {
  const world = useEscrowWorld();

  /** A set of items, each by a wallet's own `signTypedData`. */
  async function walletSigns(types: MessageTypes, message: object, items: readonly Item[]): Promise<string> {
    const domain = domainOf(world().escrow.address, world().chain.chainId);
    const parts = items.map(async ([tag, wallet]) => {
      const signature = await wallet.signTypedData(domain, types, message);
      return concat([toBeHex(tag, 1), Signature.from(signature).compactSerialized]);
    });
    return concat(await Promise.all(parts));
  }
  const tomorrow = async () => (await world().chain.now()) + DAY;
  const nonce = async () => (await world().read(world().escrow, 'config')).nonce as bigint;
  const statusOf = async (terms: Terms) => (await world().payment(terms)).status;

  it('S7: hashes the exact type strings of the specification', () => {
    for (const [types, hash] of HASHES) expect(id(typeString(types)), typeString(types)).to.equal(hash);
  });

  for (const mode of MODES) {
    describe(`${mode} mode`, () => {
      it('S7: accepts Settle as typed data, of the admins and of the parties', async () => {
        const sets: Item[][] = [
          [...SIGNER_ITEMS],
          [
            [TAG.buyer, buyer],
            [TAG.seller, seller],
          ],
        ];
        for (const items of sets) {
          const terms = await paid(world(), mode);
          const settle = await world().settlement(terms, { toSeller: PRICE - 1n, toBuyer: 1n });
          const signatures = await walletSigns(SETTLE_TYPES, settle, items);
          await world().act(stranger, 'settle', [terms, settle, signatures]);
          expect(await statusOf(terms)).to.equal(STATUS.closed);
        }
      });

      it('S7: accepts SettleBatch as typed data with one, two and five items of its array', async () => {
        for (const count of [1, 2, 5]) {
          const batch: Terms[] = [];
          for (let index = 0; index < count; index += 1) batch.push(await paid(world(), mode));
          const validUntil = await tomorrow();
          const items = batch.map((terms, index) => ({
            id: world().idOf(terms),
            seq: 0,
            toSeller: PRICE - BigInt(index),
            toBuyer: BigInt(index),
            validUntil,
          }));
          const signatures = await walletSigns(BATCH_TYPES, { items }, SIGNER_ITEMS);
          const verb = count === 2 ? 'settleBatchReport' : 'settleBatch';
          await world().act(stranger, verb, [batch, items, signatures]);
          for (const terms of batch) expect(await statusOf(terms)).to.equal(STATUS.closed);
        }
      });

      it('S7: accepts Act as typed data, for the mark and for the freeze', async () => {
        for (const [action, item, status] of [
          [ACTION.markDelivered, [TAG.seller, seller], STATUS.delivered],
          [ACTION.freeze, [TAG.buyer, buyer], STATUS.frozen],
        ] as const) {
          const terms = await paid(world(), mode);
          const validUntil = await tomorrow();
          const signature = await walletSigns(ACT_TYPES, { id: world().idOf(terms), action, validUntil }, [item]);
          await world().act(stranger, 'actSigned', [terms, action, validUntil, signature]);
          expect(await statusOf(terms)).to.equal(status);
        }
      });

      it('S7: accepts Redirect as typed data, of a signer and the account', async () => {
        const terms = await creditOfSeller(mode);
        const validUntil = await tomorrow();
        const move = { account: seller.address, token: terms.token, to: stranger.address, amount: PRICE };
        const [redirectNonce] = await world().read(world().escrow, 'redirectNonce', [seller.address]);
        const signatures = await walletSigns(REDIRECT_TYPES, { ...move, nonce: redirectNonce, validUntil }, [
          [0, signers[0]],
          [ACCOUNT_TAG, seller],
        ]);
        const tail = [move.to, move.amount, validUntil, signatures];
        if (mode === 'vault') await world().act(stranger, 'redirectVaultCredit', [terms, true, ...tail]);
        else await world().act(stranger, 'redirectCredit', [move.account, move.token, ...tail]);
        expect(await world().balance(stranger.address)).to.equal(PRICE);
      });
    });
  }

  async function creditOfSeller(mode: Mode): Promise<Terms> {
    await useToken(world(), 'UsdcLikeToken');
    await blacklist(world(), seller.address);
    const terms = await paid(world(), mode, { feeBps: 0 });
    await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
    return terms;
  }

  it('S7: accepts Rotate, CancelRotation, SignerOff and Rescue as typed data', async () => {
    await world().mint(world().escrow.address, 5n);
    const token = world().token.address;
    for (const [verb, types, values] of [
      ['rotate', ROTATE_TYPES, { index: 8, account: stranger.address }],
      ['cancelRotation', CANCEL_ROTATION_TYPES, { index: 8 }],
      ['signerOff', SIGNER_OFF_TYPES, { index: 2 }],
      ['rescue', RESCUE_TYPES, { token, amount: 5n }],
    ] as const) {
      const before = await nonce();
      const validUntil = await tomorrow();
      const signatures = await walletSigns(types, { ...values, nonce: before, validUntil }, SIGNER_ITEMS);
      await world().act(stranger, verb, [...Object.values(values), validUntil, signatures]);
      expect(await nonce(), verb).to.equal(before + 1n);
    }
    expect(await world().balance(treasury.address)).to.equal(5n);
  });
});

describe('MarketplaceEscrow settlements with dirty upper bits', () => {
  const world = useEscrowWorld();
  /** What refuses a dirty word of a settlement, although its bytes were signed: seq, toSeller, toBuyer, validUntil. */
  const WORDS = [
    ['WrongSeq', 16n],
    ['WrongAmount', 96n],
    ['WrongAmount', 96n],
    ['Expired', 40n],
  ] as const;

  it('S10: reverts for every bit above the type of every word of a settlement, signed as it is', async () => {
    for (const mode of MODES) {
      const terms = await paid(world(), mode);
      const settle = await world().settlement(terms, { toSeller: PRICE - 1n, toBuyer: 1n });
      const words = [BigInt(settle.seq), settle.toSeller, settle.toBuyer, BigInt(settle.validUntil)];
      const send = async (changed: bigint[]) => {
        const raw = concat(changed.map((word) => toBeHex(word, 32)));
        const typeHash = id(typeString(SETTLE_TYPES));
        const [separator] = await world().read(world().escrow, 'domainSeparator');
        const digest = keccak256(concat(['0x1901', separator, keccak256(concat([typeHash, settle.id, raw]))]));
        const signatures = SIGNER_ITEMS.map(([tag, key]) =>
          concat([toBeHex(tag, 1), Signature.from(key.signingKey.sign(digest)).compactSerialized]),
        );
        const full = world().escrow.abi.encodeFunctionData('settle', [terms, settle, concat(signatures)]);
        // The settlement's four words stand behind the selector and the twelve words of the terms.
        const start = 10 + 64 * 12;
        const data = `${full.slice(0, start)}${raw.slice(2)}${full.slice(start + 64 * 4)}`;
        expect(data.length).to.equal(full.length);
        return world().chain.call({ from: stranger.address, to: world().escrow.address, data });
      };
      await send(words);
      for (const [index, [error, width]] of WORDS.entries()) {
        for (const bit of [width, width + 1n, 128n, 160n, 255n]) {
          const dirty = words.map((word, at) => (at === index ? word | (1n << bit) : word));
          await world().rejects(send(dirty), error);
        }
      }
    }
  });
});
