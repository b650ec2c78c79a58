import { expect } from 'chai';
import { concat, id, TypedDataEncoder, Wallet } from 'ethers';
import * as terms from './escrowTerms.ts';
import { roles, TAG } from './escrowWorld.ts';
import { signItems } from './signatureItems.ts';

/** The table of the contract's specification, copied by hand. */
const TYPE_HASHES: readonly (readonly [terms.MessageTypes, string])[] = [
  [terms.TERMS_TYPES, '0xb06ac372108286305be9650961c2e25bb89855f3802182ba0410172b4731dd30'],
  [terms.SETTLE_TYPES, '0x4a2b45ac85141316c5faa5fc77846cae1214394984ad858b20f30d8143bd1a35'],
  [terms.BATCH_TYPES, '0xf1edd02b2e99c8a446a703d0ac01097ceaaee865cfd697d20e6d50692f9dd6ec'],
  [terms.ACT_TYPES, '0xb3bd6679da87e89b951ca5765f42871979857e88a8e0163443e3ca0a0678de3f'],
  [terms.REDIRECT_TYPES, '0x2b2421a01c911df808a536191d874b7b47cabb7c1a2d06dad2b4e5bbc29337be'],
  [terms.ROTATE_TYPES, '0xe48e8dd6bec8a228361d5f2f25250123908eac7c612e16bc486b1fd75fb98bdd'],
  [terms.CANCEL_ROTATION_TYPES, '0xfa22d736f01d21f545980b920c764d8d7fa376a4e0cc56acfc9e78e7c860d271'],
  [terms.SIGNER_OFF_TYPES, '0xe6b62951292da966cfb42a9d12f440b7cc016c6a340ff1c1eaa4a4b5ece36315'],
  [terms.RESCUE_TYPES, '0x6a338bc2e3f4a13fdfc797885236c64b4100112e4e7cc2fc454bd41733c6f3d8'],
  [terms.PERMIT2_TYPES, '0x2ba7dd0c893a7eba4d454dc0c4c5982cc9782542d66a7eb5eb959f07c0d4a931'],
  // These two stand in USDC's source and in EIP-2612.
  [terms.AUTHORIZATION_TYPES, '0xd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de8'],
  [terms.PERMIT_TYPES, '0x6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9'],
];

describe('typed messages', () => {
  for (const [types, hash] of TYPE_HASHES) {
    it(`hash the type of ${TypedDataEncoder.from(types).primaryType} as the specification says`, () => {
      expect(id(terms.typeString(types))).to.equal(hash);
    });
  }

  it('end the Permit2 type after the witness with its types in alphabetical order', () => {
    const parts = terms.PERMIT2_WITNESS.split(')').map((part) => part.split('(')[0]);
    expect(parts).to.deep.equal(['Terms witness', 'Terms', 'TokenPermissions', '']);
  });
});

describe('signature items', () => {
  const digest = id('anything');

  it('are a tag and 64 bytes by a key', () => {
    const set = signItems(digest, [[TAG.buyer, roles.buyer]]);
    expect(set).to.match(/^0x7e[0-9a-f]{128}$/);
  });

  it('are a marked tag, a length and the bytes by a contract', () => {
    expect(signItems(digest, [[TAG.seller, '0x00aabb']])).to.equal('0xff000300aabb');
  });

  it('stand side by side without padding', () => {
    const key = new Wallet(id('key'));
    const both = signItems(digest, [
      [0, key],
      [1, '0x'],
    ]);
    expect(both).to.equal(concat([signItems(digest, [[0, key]]), '0x810000']));
  });
});
