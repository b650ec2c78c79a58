import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { readArtifact } from '../localChain.ts';

const hostileArtifact = readArtifact('mocks/HostileToken.sol', 'HostileToken');
const faceArtifact = readArtifact('mocks/SecondFace.sol', 'SecondFace');
const receiverArtifact = readArtifact('mocks/TestReceiver.sol', 'TestReceiver');

describe('MarketplaceEscrow.recover', () => {
  const world = useEscrowWorld();

  async function recover(terms: Terms, from = roles.stranger, asset = terms.token) {
    const [event] = world().events(await world().act(from, 'recover', [terms, asset]));
    return event?.args.toObject();
  }

  it('sends only the surplus while the payment is needed', async () => {
    const terms = await world().terms();
    const vault = await world().payVault(terms, PRICE + 9n);
    expect(await recover(terms)).to.deep.equal({
      id: world().idOf(terms),
      token: terms.token,
      to: terms.refundTo,
      amount: 9n,
      closed: false,
    });
    expect(await world().balance(vault)).to.equal(PRICE);
    const { status, vaultDeployed } = await world().payment(terms);
    expect([status, vaultDeployed]).to.deep.equal([STATUS.none, true]);
  });

  it('takes nothing that a paid payment needs', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().rejects(recover(terms), 'Nothing');
    await world().rejects(recover(terms, roles.buyer), 'Nothing');
  });

  it('leaves a short payment alone until deliverBy', async () => {
    const terms = await world().terms();
    await world().payVault(terms, PRICE - 1n);
    await world().chain.setNextTime(terms.deliverBy);
    await world().rejects(recover(terms), 'Nothing');
  });

  it('sends everything to refundTo after deliverBy', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().chain.setNextTime(terms.deliverBy + 1);
    expect((await recover(terms))?.amount).to.equal(PRICE);
    expect(await world().balance(terms.refundTo)).to.equal(PRICE);
  });

  it('sends everything at once when the seller calls', async () => {
    for (const amount of [PRICE - 1n, PRICE, PRICE + 1n]) {
      const terms = await world().terms();
      await world().payVault(terms, amount);
      const event = await recover(terms, roles.seller);
      expect([event?.amount, event?.closed, event?.to]).to.deep.equal([amount, true, terms.refundTo]);
    }
  });

  it('lets a signer end a short payment only after fundBy', async () => {
    const terms = await world().terms();
    await world().payVault(terms, PRICE - 1n);
    await world().chain.setNextTime(terms.fundBy);
    await world().rejects(recover(terms, roles.signers[1]), 'Nothing');
    await world().chain.setNextTime(terms.fundBy + 1);
    const event = await recover(terms, roles.signers[1]);
    expect([event?.amount, event?.closed]).to.deep.equal([PRICE - 1n, true]);
  });

  it('refuses a signer when exactly the amount is there', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().chain.setNextTime(terms.fundBy + 1);
    await world().rejects(recover(terms, roles.signers[1]), 'Nothing');
  });

  it('says closed and kills the id when it takes everything', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().act(roles.signers[0], 'bumpSeq', [world().idOf(terms)]);
    expect((await recover(terms, roles.seller))?.closed).to.equal(true);
    const { status, inVault, seq, remaining, released } = await world().payment(terms);
    expect([status, inVault, seq, remaining, released]).to.deep.equal([STATUS.closed, true, 1n, 0n, 0n]);
    await world().payVault(terms);
    await world().rejects(world().settle(terms, { toSeller: PRICE, toBuyer: 0n }), 'WrongStatus');
    await world().rejects(world().act(roles.seller, 'sweep', [terms]), 'WrongStatus');
    await world().rejects(world().fund(terms), 'WrongStatus');
    const again = await recover(terms);
    expect([again?.amount, again?.closed]).to.deep.equal([PRICE, false]);
  });

  it('sends everything at once for each broken rule', async () => {
    const broken: Partial<Terms>[] = [
      { seller: ZERO_ADDRESS },
      { seller: roles.refundTo.address },
      { seller: roles.buyer.address },
      { buyer: world().escrow.address },
      { amount: 0n },
      { fundBy: (await world().chain.now()) + 400 * DAY, deliverBy: (await world().chain.now()) + 401 * DAY },
      { deliverBy: 0 },
      { inspection: 0 },
      { feeBps: 1_001 },
      { disputeSellerBps: 10_001 },
    ];
    for (const changes of broken) {
      const terms = await world().terms(changes);
      await world().payVault(terms, 40n);
      const event = await recover(terms);
      expect([event?.amount, event?.to, event?.closed]).to.deep.equal([40n, terms.refundTo, true]);
    }
  });

  it('sends everything at once for dirty upper bits', async () => {
    const terms = await world().terms();
    const data = world().escrow.abi.encodeFunctionData('recover', [terms, terms.token]);
    for (const word of [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]) {
      const start = 10 + 64 * word;
      const dirty = `${data.slice(0, start)}80${data.slice(start + 2)}`;
      const call = { from: roles.stranger.address, to: world().escrow.address, data: dirty };
      const idCall = `${world().escrow.abi.getFunction('idOf')?.selector}${dirty.slice(10, 10 + 64 * 12)}`;
      const [vault] = await world().read(world().escrow, 'depositAddress', [
        await world().chain.call({ ...call, data: idCall }),
      ]);
      await world().mint(vault, 40n);
      const [event] = world().events(await world().chain.send(call));
      expect([event?.args.amount, event?.args.to, event?.args.closed]).to.deep.equal([40n, terms.refundTo, true]);
    }
  });

  it('pays the buyer when refundTo cannot have the money', async () => {
    for (const refundTo of [ZERO_ADDRESS, world().escrow.address, world().token.address]) {
      const terms = await world().terms({ refundTo });
      await world().payVault(terms, 40n);
      expect((await recover(terms))?.to).to.equal(terms.buyer);
    }
  });

  it('pays the treasury when the buyer cannot have it either', async () => {
    for (const buyer of [ZERO_ADDRESS, world().escrow.address, world().token.address]) {
      const terms = await world().terms({ refundTo: ZERO_ADDRESS, buyer });
      await world().payVault(terms, 40n);
      expect((await recover(terms))?.to).to.equal(roles.treasury.address);
    }
  });

  it('leaves what remains in an open vault', async () => {
    const terms = await world().terms();
    const vault = await world().payVault(terms, PRICE + 9n);
    await world().settle(terms, { toSeller: 100n, toBuyer: 0n });
    for (const from of [roles.stranger, roles.seller]) {
      const snapshot = await world().chain.snapshot();
      expect((await recover(terms, from))?.amount).to.equal(9n);
      expect(await world().balance(vault)).to.equal(PRICE - 100n);
      await world().chain.restore(snapshot);
    }
    await recover(terms);
    await world().chain.setNextTime(terms.deliverBy + 1);
    await world().rejects(recover(terms, roles.seller), 'Nothing');
  });

  it('sends everything from the vault of a pool payment', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().payVault(terms, 9n);
    const event = await recover(terms);
    expect([event?.amount, event?.closed]).to.deep.equal([9n, false]);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('sends everything that arrives later', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
    await world().payVault(terms, 5n);
    const event = await recover(terms);
    expect([event?.amount, event?.closed]).to.deep.equal([5n, false]);
  });

  it('sends a wrong token although the payment is short', async () => {
    const terms = await world().terms();
    const vault = await world().payVault(terms, PRICE - 1n);
    const wrong = await world().deploy(hostileArtifact);
    await world().mint(vault, 7n, wrong);
    const event = await recover(terms, roles.stranger, wrong.address);
    expect([event?.token, event?.amount, event?.closed]).to.deep.equal([wrong.address, 7n, false]);
    expect(await world().balance(terms.refundTo, wrong.address)).to.equal(7n);
    expect((await world().payment(terms)).status).to.equal(STATUS.none);
  });

  it('sends native coin that came by mistake', async () => {
    const terms = await world().terms();
    const vault = await world().payVault(terms);
    await world().chain.send({ from: roles.buyer.address, to: vault, value: 7n });
    const before = await world().chain.balanceAt(terms.refundTo);
    expect((await recover(terms, roles.stranger, ZERO_ADDRESS))?.amount).to.equal(7n);
    expect((await world().chain.balanceAt(terms.refundTo)) - before).to.equal(7n);
    expect(await world().balance(vault)).to.equal(PRICE);
  });

  it('reverts when the asset is a second address of the needed token', async () => {
    world().token = await world().deploy(hostileArtifact);
    const face = await world().deploy(faceArtifact, [world().token.address]);
    await world().send(world().token, roles.stranger, 'setFace', [face.address]);
    const terms = await world().terms();
    await world().payVault(terms, PRICE);
    await world().rejects(recover(terms, roles.stranger, face.address), 'NotCovered');
    const short = await world().terms();
    await world().payVault(short, PRICE - 1n);
    await world().rejects(recover(short, roles.stranger, face.address), 'NotCovered');
  });

  it('sends native coin of a native payment only above the amount', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    await world().payVault(terms, PRICE);
    await world().rejects(recover(terms), 'Nothing');
    await world().payVault(terms, 3n);
    expect((await recover(terms))?.amount).to.equal(3n);
  });

  it('keeps the deployed bit exact in every order', async () => {
    const terms = await world().terms();
    const vault = await world().payVault(terms, PRICE + 1n);
    expect((await world().payment(terms)).vaultDeployed).to.equal(false);
    await recover(terms);
    expect(await world().chain.codeAt(vault)).to.have.lengthOf(128);
    await world().settle(terms, { toSeller: 1n, toBuyer: 0n });
    await world().payVault(terms, 1n);
    await recover(terms);
    await world().settle(terms, { toSeller: PRICE - 1n, toBuyer: 0n });
    const { vaultDeployed, status } = await world().payment(terms);
    expect([vaultDeployed, status]).to.deep.equal([true, STATUS.closed]);
  });

  it('reverts given the vault is empty', async () => {
    const terms = await world().terms();
    await world().rejects(recover(terms, roles.seller), 'Nothing');
    await world().rejects(recover(terms, roles.seller, ZERO_ADDRESS), 'Nothing');
  });

  it('reverts when the receiver refuses', async () => {
    const receiver = await world().deploy(receiverArtifact);
    await world().send(receiver, roles.stranger, 'setRefuses', [true]);
    const terms = await world().terms({ token: ZERO_ADDRESS, refundTo: receiver.address });
    const vault = await world().payVault(terms);
    await world().rejects(recover(terms, roles.seller), 'PushFailed');
    expect(await world().chain.balanceAt(vault)).to.equal(PRICE);
  });

  it('reverts when native coin does not fit a command', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    const vault = await world().vaultOf(terms);
    await world().chain.setBalance(vault, 2n ** 96n);
    await world().rejects(recover(terms, roles.seller), 'PushFailed');
    await world().chain.setBalance(vault, 2n ** 96n - 1n);
    expect((await recover(terms, roles.seller))?.amount).to.equal(2n ** 96n - 1n);
  });
});
