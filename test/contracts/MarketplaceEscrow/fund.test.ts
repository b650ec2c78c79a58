import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { readArtifact } from '../localChain.ts';

const usdtArtifact = readArtifact('mocks/UsdtLikeToken.sol', 'UsdtLikeToken');
const hostileArtifact = readArtifact('mocks/HostileToken.sol', 'HostileToken');
const YEAR = 366 * DAY;

describe('MarketplaceEscrow.fund', () => {
  const world = useEscrowWorld();

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
    const [event] = world().events(await world().fund(terms));
    expect(event?.name).to.equal('Funded');
    expect(event?.args.id).to.equal(world().idOf(terms));
    expect([event?.args.buyer, event?.args.seller]).to.deep.equal([terms.buyer, terms.seller]);
    expect([event?.args.amount, event?.args.source]).to.deep.equal([PRICE, 0n]);
    expect(world().idOf(event?.args.terms.toObject())).to.equal(world().idOf(terms));
  });

  it('lets anybody pay', async () => {
    const terms = await world().terms();
    await world().mint(roles.stranger.address, PRICE);
    await world().send(world().token, roles.stranger, 'approve', [world().escrow.address, PRICE]);
    await world().act(roles.stranger, 'fund', [terms]);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('takes a token without return values', async () => {
    world().token = await world().deploy(usdtArtifact);
    const terms = await world().terms();
    await world().fund(terms);
    expect(await world().balance(world().escrow.address, terms.token)).to.equal(PRICE);
  });

  it('takes exactly the amount', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    await world().fund(terms);
    expect(await world().chain.balanceAt(world().escrow.address)).to.equal(PRICE);
    expect((await world().book(ZERO_ADDRESS)).owed).to.equal(PRICE);
  });

  it('reverts when the value is not the amount', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    for (const value of [0n, PRICE - 1n, PRICE + 1n]) {
      await world().rejects(world().act(roles.buyer, 'fund', [terms], value), 'WrongValue');
    }
  });

  it('reverts when native coin comes with token terms', async () => {
    const terms = await world().terms();
    await world().mint(roles.buyer.address, PRICE);
    await world().send(world().token, roles.buyer, 'approve', [world().escrow.address, PRICE]);
    await world().rejects(world().act(roles.buyer, 'fund', [terms], 1n), 'WrongValue');
  });

  it('takes money in the last second', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    await world().chain.setNextTime(terms.fundBy);
    await world().fund(terms);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('reverts one second after fundBy', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    await world().chain.setNextTime(terms.fundBy + 1);
    await world().rejects(world().fund(terms), 'TooLate');
  });

  it('reverts given the id was funded before', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().rejects(world().fund(terms), 'WrongStatus');
  });

  it('reverts given the id was recovered', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().act(roles.seller, 'recover', [terms, terms.token]);
    await world().rejects(world().fund(terms), 'WrongStatus');
  });

  it('keeps the seq of a bump before the funding', async () => {
    const terms = await world().terms();
    await world().act(roles.signers[2], 'bumpSeq', [world().idOf(terms)]);
    await world().fund(terms);
    const { seq, bumps, status } = await world().payment(terms);
    expect([seq, bumps, status]).to.deep.equal([1n, 1n, STATUS.funded]);
  });

  it('reverts when the token takes a fee', async () => {
    world().token = await world().deploy(usdtArtifact);
    await world().send(world().token, roles.deployer, 'setFeeRate', [10]);
    await world().rejects(world().fund(await world().terms()), 'WrongInflow');
  });

  it('reverts when the token takes a fee although the escrow holds a stray surplus', async () => {
    world().token = await world().deploy(usdtArtifact);
    await world().mint(world().escrow.address, PRICE);
    await world().send(world().token, roles.deployer, 'setFeeRate', [10]);
    await world().rejects(world().fund(await world().terms()), 'WrongInflow');
  });

  it('reverts when the token moves nothing', async () => {
    const hostile = await world().deploy(hostileArtifact);
    await world().mint(roles.buyer.address, PRICE, hostile);
    await world().send(hostile, roles.deployer, 'setMode', [1]);
    const terms = await world().terms({ token: hostile.address });
    await world().rejects(world().act(roles.buyer, 'fund', [terms]), 'WrongInflow');
  });

  it('reverts when the token brings more than the amount', async () => {
    const hostile = await world().deploy(hostileArtifact);
    await world().mint(roles.buyer.address, PRICE, hostile);
    await world().send(hostile, roles.deployer, 'setMode', [5]);
    const terms = await world().terms({ token: hostile.address });
    await world().rejects(world().act(roles.buyer, 'fund', [terms]), 'WrongInflow');
  });

  it('reverts when the token has no code', async () => {
    const terms = await world().terms({ token: roles.stranger.address });
    const failure = await world()
      .act(roles.buyer, 'fund', [terms])
      .catch((reason: unknown) => reason);
    expect(failure).to.be.instanceOf(Error);
    expect((await world().payment(terms)).status).to.equal(STATUS.none);
  });

  it('takes a token that returns false but moves the amount', async () => {
    const hostile = await world().deploy(hostileArtifact);
    await world().mint(roles.buyer.address, PRICE, hostile);
    await world().send(hostile, roles.deployer, 'setMode', [2]);
    const terms = await world().terms({ token: hostile.address });
    await world().act(roles.buyer, 'fund', [terms]);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('reverts given the issuer destroyed money of the pool', async () => {
    world().token = await world().deploy(usdtArtifact);
    await world().fund(await world().terms());
    await world().send(world().token, roles.deployer, 'destroyFunds', [world().escrow.address]);
    await world().rejects(world().fund(await world().terms()), 'NotCovered');
  });

  it('reverts for each broken rule', async () => {
    const escrow = world().escrow.address;
    const token = world().token.address;
    const base = await world().terms();
    const broken: Record<string, Partial<Terms>> = {
      'seller zero': { seller: ZERO_ADDRESS },
      'refundTo zero': { refundTo: ZERO_ADDRESS },
      'amount zero': { amount: 0n },
      'seller is refundTo': { seller: base.refundTo },
      'seller is buyer': { seller: base.buyer },
      'buyer is the escrow': { buyer: escrow },
      'seller is the escrow': { seller: escrow },
      'refundTo is the escrow': { refundTo: escrow },
      'token is the escrow': { token: escrow },
      'token is seller': { seller: token },
      'token is refundTo': { refundTo: token },
      // Every call below runs ten seconds after these terms were made.
      'fundBy beyond 366 days': { fundBy: base.fundBy - DAY + 10 + YEAR + 1, deliverBy: base.fundBy + YEAR },
      'deliverBy before fundBy': { deliverBy: base.fundBy - 1 },
      'deliverBy beyond fundBy + 366 days': { deliverBy: base.fundBy + YEAR + 1 },
      'inspection under an hour': { inspection: 3_599 },
      'inspection above 90 days': { inspection: 90 * DAY + 1 },
      'fee above the cap': { feeBps: 1_001 },
      'dispute share above the whole': { disputeSellerBps: 10_001 },
    };
    for (const [rule, changes] of Object.entries(broken)) {
      await world().chain.setNextTime(base.fundBy - DAY + 10);
      const snapshot = await world().chain.snapshot();
      await world()
        .rejects(world().act(roles.buyer, 'fund', [{ ...base, ...changes }]), 'InvalidTerms')
        .catch((reason: Error) => expect.fail(`${rule}: ${reason.message}`));
      await world().chain.restore(snapshot);
    }
  });

  it('reverts for dirty upper bits in any word', async () => {
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
