import { expect } from 'chai';
import { type BaseWallet, dataLength } from 'ethers';
import { badAddresses, badNumbers, YEAR } from '../brokenTerms.ts';
import type { Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { readArtifact } from '../localChain.ts';

const usdtArtifact = readArtifact('mocks/UsdtLikeToken.sol', 'UsdtLikeToken');

describe('MarketplaceEscrow.fund', () => {
  const world = useEscrowWorld();

  async function allow(payer: BaseWallet): Promise<void> {
    await world().mint(payer.address, PRICE);
    await world().send(world().token, payer, 'approve', [world().escrow.address, PRICE]);
  }

  it('takes the amount into the pool and makes a record', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    expect(await world().payment(terms)).to.deep.equal({
      remaining: PRICE,
      released: 0n,
      clock: 0n,
      seq: 0n,
      status: STATUS.funded,
      inVault: false,
      vaultDeployed: false,
      bumps: 0n,
    });
    expect(await world().book()).to.deep.equal({ owed: PRICE, fees: 0n });
    expect(await world().balance(world().escrow.address)).to.equal(PRICE);
  });

  it('emits Funded with source 0 and the full terms', async () => {
    const terms = await world().terms();
    const receipt = await world().fund(terms);
    const [event] = world().events(receipt);
    expect(event?.name).to.equal('Funded');
    const own = receipt.logs.find(({ address }) => address.toLowerCase() === world().escrow.address.toLowerCase());
    expect(dataLength(own?.data ?? '0x'), 'fourteen words and nothing behind').to.equal(14 * 32);
    expect(event?.args.id).to.equal(world().idOf(terms));
    expect([event?.args.buyer, event?.args.seller]).to.deep.equal([terms.buyer, terms.seller]);
    expect([event?.args.amount, event?.args.source]).to.deep.equal([PRICE, 0n]);
    expect(world().idOf(event?.args.terms.toObject())).to.equal(world().idOf(terms));
  });

  it('lets anybody pay', async () => {
    const terms = await world().terms();
    await allow(roles.stranger);
    await world().act(roles.stranger, 'fund', [terms]);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('takes exactly the amount', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    await world().fund(terms);
    expect(await world().chain.balanceAt(world().escrow.address)).to.equal(PRICE);
    expect((await world().book(ZERO_ADDRESS)).owed).to.equal(PRICE);
  });

  it('D7: reverts when the value is not the amount of native terms', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    for (const value of [0n, PRICE - 1n, PRICE + 1n]) {
      await world().rejects(world().act(roles.buyer, 'fund', [terms], value), 'WrongValue');
    }
  });

  it('D7: reverts when native coin comes with token terms', async () => {
    const terms = await world().terms();
    await allow(roles.buyer);
    await world().rejects(world().act(roles.buyer, 'fund', [terms], 1n), 'WrongValue');
  });

  it('takes money in the last second', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    await world().chain.setNextTime(terms.fundBy);
    await world().fund(terms);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('D3: reverts one second after fundBy', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    await world().chain.setNextTime(terms.fundBy + 1);
    await world().rejects(world().fund(terms), 'TooLate');
  });

  it('D3: reverts given the id was funded before, whoever pays', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().rejects(world().fund(terms), 'WrongStatus');
    await allow(roles.stranger);
    await world().rejects(world().act(roles.stranger, 'fund', [terms]), 'WrongStatus');
  });

  it('D3: takes the payment although a stranger sent dust to its vault', async () => {
    for (const token of [world().token.address, ZERO_ADDRESS]) {
      const terms = await world().terms({ token });
      const vault = await world().payVault(terms, 1n);
      await world().fund(terms);
      expect((await world().payment(terms)).remaining).to.equal(PRICE);
      expect(await world().balance(vault, token)).to.equal(1n);
      await world().act(roles.stranger, 'recover', [terms, token]);
      expect((await world().payment(terms)).status).to.equal(STATUS.funded);
    }
  });

  it('reverts while paused, and takes money one second later', async () => {
    const later = (await world().chain.now()) + 30 * DAY;
    const terms = await world().terms({ fundBy: later, deliverBy: later });
    await world().act(roles.guardian, 'pause', []);
    const end = (await world().chain.now()) + 7 * DAY;
    await allow(roles.buyer);
    await world().chain.setNextTime(end);
    await world().rejects(world().act(roles.buyer, 'fund', [terms]), 'Paused');
    await world().chain.setNextTime(end + 1);
    await world().act(roles.buyer, 'fund', [terms]);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('A13: reverts given the id was recovered', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().act(roles.seller, 'recover', [terms, terms.token]);
    await world().rejects(world().fund(terms), 'WrongStatus');
  });

  it('D3: keeps the seq of a bump before the funding', async () => {
    const terms = await world().terms();
    await world().act(roles.signers[2], 'bumpSeq', [world().idOf(terms)]);
    await world().fund(terms);
    const { seq, bumps, status } = await world().payment(terms);
    expect([seq, bumps, status]).to.deep.equal([1n, 1n, STATUS.funded]);
  });

  it('reverts given the issuer destroyed money of the pool', async () => {
    world().token = await world().deploy(usdtArtifact);
    await world().fund(await world().terms());
    await world().send(world().token, roles.deployer, 'destroyFunds', [world().escrow.address]);
    await world().rejects(world().fund(await world().terms()), 'NotCovered');
  });

  it('reverts for each broken rule', async () => {
    const base = await world().terms();
    const time = base.fundBy - DAY + 10;
    for (const [rule, changes] of [...badAddresses(base, world().escrow.address), ...badNumbers(base, time)]) {
      await world().chain.setNextTime(time);
      const snapshot = await world().chain.snapshot();
      await world()
        .rejects(world().act(roles.buyer, 'fund', [{ ...base, ...changes }]), 'InvalidTerms')
        .catch((reason: Error) => expect.fail(`${rule}: ${reason.message}`));
      await world().chain.restore(snapshot);
    }
  });

  it('S10: reverts for dirty upper bits in any word', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    const data = world().escrow.abi.encodeFunctionData('fund', [terms]);
    // Words 9 (milestonesHash) and 11 (ref) use all their bits.
    for (const word of [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]) {
      const start = 10 + 64 * word;
      const dirty = `${data.slice(0, start)}80${data.slice(start + 2)}`;
      const call = { from: roles.buyer.address, to: world().escrow.address, data: dirty, value: PRICE };
      await world().rejects(world().chain.send(call), 'InvalidTerms');
    }
  });

  it('takes the extreme values of each rule', async () => {
    const now = (await world().chain.now()) + 10;
    const extremes: Partial<Terms>[] = [
      { buyer: ZERO_ADDRESS, inspection: 3_600, feeBps: 1_000, disputeSellerBps: 10_000 },
      { refundTo: roles.buyer.address, inspection: 90 * DAY, feeBps: 0, disputeSellerBps: 0 },
      { fundBy: now + YEAR, deliverBy: now + 2 * YEAR },
      { fundBy: now, deliverBy: now, amount: 1n },
    ];
    for (const changes of extremes) {
      const terms = await world().terms({ token: ZERO_ADDRESS, ...changes });
      const snapshot = await world().chain.snapshot();
      await world().chain.setNextTime(now);
      await world().fund(terms);
      expect((await world().payment(terms)).remaining).to.equal(terms.amount);
      await world().chain.restore(snapshot);
    }
  });
});
