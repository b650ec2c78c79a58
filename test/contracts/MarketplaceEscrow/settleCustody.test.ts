import { expect } from 'chai';
import { Interface } from 'ethers';
import { DAY, type Item, PRICE, roles, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { readArtifact } from '../localChain.ts';
import { HOSTILE } from '../mocks.ts';
import { setSeq } from '../recordSlot.ts';
import { rejectsWithoutData } from '../rejections.ts';

const hostileArtifact = readArtifact('mocks/HostileToken.sol', 'HostileToken');
const usdtArtifact = readArtifact('mocks/UsdtLikeToken.sol', 'UsdtLikeToken');
const FEE = PRICE / 100n;
const buyer: Item = [TAG.buyer, roles.buyer];
const releaseAll = { toSeller: PRICE, toBuyer: 0n };

describe('MarketplaceEscrow.settle, custody and limits', () => {
  const world = useEscrowWorld();

  it('accrues the fee in the book', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().settle(terms, { toSeller: PRICE / 2n, toBuyer: 0n });
    expect(await world().book()).to.deep.equal({ owed: PRICE / 2n + FEE / 2n, fees: FEE / 2n });
    expect((await world().read(world().escrow, 'solvent', [terms.token]))[0]).to.equal(true);
  });

  it('deploys the vault and pays straight from it', async () => {
    const terms = await world().terms();
    const vault = await world().payVault(terms);
    await world().settle(terms, releaseAll);
    expect(await world().chain.codeAt(vault)).to.have.lengthOf(2 + 2 * 63);
    expect(await world().balance(roles.treasury.address)).to.equal(FEE);
    expect(await world().balance(vault)).to.equal(0n);
    expect(await world().book()).to.deep.equal({ owed: 0n, fees: 0n });
    expect((await world().payment(terms)).vaultDeployed).to.equal(true);
  });

  it('emits Funded with source 2 only when the record stays open', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    const events = world().events(await world().settle(terms, { toSeller: 1n, toBuyer: 0n }));
    expect(events.map((event) => event.name)).to.deep.equal(['Funded', 'Settled']);
    expect([events[0]?.args.amount, events[0]?.args.source]).to.deep.equal([PRICE, 2n]);
    const later = world().events(await world().settle(terms, { toSeller: 1n, toBuyer: 0n }));
    expect(later.map((event) => event.name)).to.deep.equal(['Settled']);
  });

  it('opens with the amount although the vault holds more', async () => {
    const terms = await world().terms();
    const vault = await world().payVault(terms, 2n * PRICE);
    await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
    expect((await world().payment(terms)).remaining).to.equal(PRICE - 1n);
    await world().settle(terms, { toSeller: PRICE - 1n, toBuyer: 0n });
    expect(await world().balance(vault)).to.equal(PRICE);
  });

  it('opens after deliverBy', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().chain.setNextTime(terms.deliverBy + DAY);
    const validUntil = terms.deliverBy + 2 * DAY;
    await world().settle(terms, { ...releaseAll, validUntil });
    expect((await world().payment(terms)).status).to.equal(STATUS.closed);
  });

  it('pays a token that takes a fee on each transfer', async () => {
    world().token = await world().deploy(usdtArtifact);
    const terms = await world().terms({ feeBps: 0 });
    await world().payVault(terms);
    await world().send(world().token, roles.deployer, 'setFeeRate', [100]);
    await world().settle(terms, releaseAll);
    expect(await world().balance(terms.seller, terms.token)).to.equal(PRICE - FEE);
  });

  it('reverts given the vault is short by one unit', async () => {
    const terms = await world().terms();
    await world().payVault(terms, PRICE - 1n);
    await world().rejects(world().settle(terms, { toSeller: 1n, toBuyer: 0n }), 'VaultShort');
    await world().rejects(world().settle(terms, releaseAll, [buyer]), 'VaultShort');
    expect((await world().payment(terms)).status).to.equal(STATUS.none);
  });

  it('reverts when the terms are invalid', async () => {
    const terms = await world().terms({ inspection: 1 });
    await world().payVault(terms);
    await world().rejects(world().settle(terms, releaseAll), 'InvalidTerms');
  });

  it('pays the next parts without deploying again', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    const first = await world().settle(terms, { toSeller: 10n ** 18n, toBuyer: 0n });
    const second = await world().settle(terms, { toSeller: 10n ** 18n, toBuyer: 0n });
    // Creating the vault costs at least 32,000 for CREATE2 and 200 for each of 63 bytes.
    expect(first.gasUsed - second.gasUsed > 32_000n + 63n * 200n).to.equal(true);
  });

  it('reverts at the last seq', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await setSeq(world(), terms, 65_535n);
    expect((await world().payment(terms)).seq).to.equal(65_535n);
    await world().rejects(world().settle(terms, releaseAll), 'WrongSeq');
    await world().rejects(world().act(roles.signers[0], 'bumpSeq', [world().idOf(terms)]), 'WrongSeq');
    await world().chain.setNextTime(terms.deliverBy + 1);
    await world().act(roles.stranger, 'reclaim', [terms]);
    expect(await world().balance(terms.refundTo)).to.equal(PRICE);
  });

  it('reverts when nobody is the buyer and somebody signs for him', async () => {
    const terms = await world().terms({ buyer: ZERO_ADDRESS });
    await world().mint(roles.stranger.address, PRICE);
    await world().send(world().token, roles.stranger, 'approve', [world().escrow.address, PRICE]);
    await world().act(roles.stranger, 'fund', [terms]);
    await world().rejects(world().settle(terms, releaseAll, [[TAG.buyer, roles.stranger]]), 'BadSignature');
    const settle = await world().settlement(terms, releaseAll);
    // A signature that recovers to nobody: r = 0.
    const nobody = `0x7e${'00'.repeat(64)}`;
    await world().rejects(world().act(roles.stranger, 'settle', [terms, settle, nobody]), 'BadSignature');
  });

  it('reverts when the token lost its code', async () => {
    for (const mode of ['pool', 'vault'] as const) {
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
      const snapshot = await world().chain.snapshot();
      await world().chain.setCode(terms.token, '0x');
      // Nobody can say any more what the custodian holds.
      await rejectsWithoutData(world().settle(terms, { toSeller: 1n, toBuyer: 0n }));
      await world().chain.restore(snapshot);
    }
  });

  it('reverts when 31 bytes and memory left by others would read as true', async () => {
    // The contract hashes the token's address just before it pays, so its last byte stands where the 32nd would.
    const address = `0x${'00'.repeat(18)}aa01`;
    await world().chain.setCode(address, hostileArtifact.deployedBytecode);
    world().token = { address, abi: new Interface(hostileArtifact.abi) };
    const terms = await world().terms();
    await world().mint(roles.buyer.address, PRICE);
    await world().act(roles.buyer, 'fund', [terms]);
    await world().send(world().token, roles.deployer, 'setMode', [HOSTILE.shortReturn]);
    await world().rejects(world().settle(terms, releaseAll), 'NotCovered');
  });
});
