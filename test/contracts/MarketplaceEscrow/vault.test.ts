import { expect } from 'chai';
import { concat, getCreate2Address, keccak256, toBeHex } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { readArtifact } from '../localChain.ts';
import { rejectsWithoutData } from '../rejections.ts';

const receiverArtifact = readArtifact('mocks/TestReceiver.sol', 'TestReceiver');

/** The runtime as the specification writes it, with the escrow's address in its place. */
function runtimeOf(escrow: string): string {
  return concat([
    '0x3373',
    escrow,
    '0x18361517603d5760205f602036038060205f375f5f358060a01c905af16039575f5ffd5b3d5ff35b00',
  ]);
}

function initCodeOf(escrow: string): string {
  return concat(['0x603f8060095f395ff3', runtimeOf(escrow)]);
}

describe('DepositVault', () => {
  const world = useEscrowWorld();

  async function deployed(): Promise<{ terms: Terms; vault: string }> {
    const terms = await world().terms();
    const vault = await world().payVault(terms, PRICE + 1n);
    await world().act(roles.stranger, 'recover', [terms, terms.token]);
    return { terms, vault };
  }

  it('is the CREATE2 address of the escrow with the id as salt', async () => {
    const escrow = world().escrow.address;
    const terms = await world().terms();
    const expected = getCreate2Address(escrow, world().idOf(terms), keccak256(initCodeOf(escrow)));
    expect(await world().vaultOf(terms)).to.equal(expected);
  });

  it('differs for terms that differ in any field', async () => {
    const base = await world().terms();
    const other = roles.stranger.address;
    const changes: Partial<Terms>[] = [
      { buyer: other },
      { seller: other },
      { token: other },
      { amount: base.amount + 1n },
      { fundBy: base.fundBy + 1 },
      { deliverBy: base.deliverBy + 1 },
      { inspection: base.inspection + 1 },
      { feeBps: base.feeBps + 1 },
      { disputeSellerBps: base.disputeSellerBps + 1 },
      { milestonesHash: toBeHex(1, 32) },
      { refundTo: other },
      { ref: toBeHex(1n << 200n, 32) },
    ];
    const vaults = await Promise.all([{}, ...changes].map((change) => world().vaultOf({ ...base, ...change })));
    expect(new Set(vaults).size).to.equal(13);
  });

  it('has exactly the 63 bytes of the specification', async () => {
    const { vault } = await deployed();
    const code = await world().chain.codeAt(vault);
    expect(code).to.equal(runtimeOf(world().escrow.address));
    expect(code).to.have.lengthOf(2 + 2 * 63);
  });

  it('needs exactly the 72 bytes of init code', () => {
    expect(initCodeOf(world().escrow.address)).to.have.lengthOf(2 + 2 * 72);
  });

  it('D9: takes native coin with 2,300 gas before and after deployment', async () => {
    const sender = await world().deploy(receiverArtifact);
    const terms = await world().terms();
    const vault = await world().vaultOf(terms);
    await world().send(sender, roles.stranger, 'sendWithStipend', [vault], 5n);
    await world().act(roles.seller, 'recover', [terms, ZERO_ADDRESS]);
    expect(await world().chain.codeAt(vault)).to.have.lengthOf(128);
    await world().send(sender, roles.stranger, 'sendWithStipend', [vault], 6n);
    expect(await world().chain.balanceAt(vault)).to.equal(6n);
  });

  it('stops with success for empty calldata of anybody', async () => {
    const { vault } = await deployed();
    for (const from of [roles.stranger.address, world().escrow.address]) {
      expect(await world().chain.call({ from, to: vault, data: '0x' })).to.equal('0x');
    }
  });

  it('ignores a command of a stranger', async () => {
    const { terms, vault } = await deployed();
    const transfer = world().token.abi.encodeFunctionData('transfer', [roles.stranger.address, PRICE]);
    const data = concat([toBeHex(terms.token, 32), transfer]);
    await world().chain.send({ from: roles.stranger.address, to: vault, data });
    expect(await world().balance(vault)).to.equal(PRICE);
  });

  it('follows a command of the escrow alone', async () => {
    const { terms, vault } = await deployed();
    const transfer = world().token.abi.encodeFunctionData('transfer', [roles.seller.address, PRICE]);
    const data = concat([toBeHex(terms.token, 32), transfer]);
    const result = await world().chain.call({ from: world().escrow.address, to: vault, data });
    expect(result.slice(0, 66)).to.equal(toBeHex(1, 32));
    const tooMuch = world().token.abi.encodeFunctionData('transfer', [roles.seller.address, PRICE + 1n]);
    const failing = concat([toBeHex(terms.token, 32), tooMuch]);
    const failure = await world()
      .chain.call({ from: world().escrow.address, to: vault, data: failing })
      .catch((reason: { data?: string }) => reason.data);
    expect(failure).to.equal('0x');
  });

  it('fails as a token in every call', async () => {
    const { vault } = await deployed();
    const terms = await world().terms({ token: vault });
    // Asked for a balance it stops with success and answers nothing.
    for (const [from, method, args] of [
      [roles.buyer, 'fund', [terms]],
      [roles.seller, 'sweep', [terms]],
      [roles.stranger, 'recover', [terms, vault]],
    ] as const) {
      await rejectsWithoutData(world().act(from, method, [...args]));
    }
    await world().rejects(world().act(roles.stranger, 'withdrawFees', [vault]), 'Nothing');
    expect((await world().payment(terms)).status).to.equal(STATUS.none);
    expect(await world().balance(vault)).to.equal(PRICE);
  });

  it('takes money as a seller', async () => {
    const { vault } = await deployed();
    const terms = await world().terms({ seller: vault, token: ZERO_ADDRESS });
    await world().payVault(terms);
    await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
    expect(await world().chain.balanceAt(vault)).to.equal((PRICE * 99n) / 100n);
  });
});
