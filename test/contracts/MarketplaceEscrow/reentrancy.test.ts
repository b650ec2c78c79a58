import { expect } from 'chai';
import { id } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { readArtifact } from '../localChain.ts';

const hostileArtifact = readArtifact('mocks/HostileToken.sol', 'HostileToken');
const receiverArtifact = readArtifact('mocks/TestReceiver.sol', 'TestReceiver');
const REENTERED = id('Reentered()').slice(0, 10);
const WRONG_VALUE = id('WrongValue()').slice(0, 10);
const half = { toSeller: PRICE / 2n, toBuyer: 0n };

describe('MarketplaceEscrow against calls back', () => {
  const world = useEscrowWorld();

  /** A payment in a token that calls `method` of the escrow on every transfer. */
  async function hostileTerms(): Promise<Terms> {
    world().token = await world().deploy(hostileArtifact);
    return world().terms();
  }
  async function callBackWith(data: string): Promise<void> {
    await world().send(world().token, roles.stranger, 'setCall', [world().escrow.address, data]);
  }
  async function callError(target = world().token): Promise<unknown> {
    return (await world().read(target, 'callError'))[0];
  }

  it('D6: refuses every function during a funding', async () => {
    const terms = await hostileTerms();
    const other = await world().terms();
    const settle = await world().settlement(terms, half);
    const calls: [string, unknown[]][] = [
      ['fund', [other]],
      ['sweep', [other]],
      ['settle', [terms, settle, world().sign(settle)]],
      ['reclaim', [terms]],
      ['recover', [terms, terms.token]],
      ['bumpSeq', [world().idOf(terms)]],
      ['withdrawFees', [terms.token]],
    ];
    await world().mint(roles.buyer.address, 2n * PRICE);
    for (const [method, args] of calls) {
      const snapshot = await world().chain.snapshot();
      await callBackWith(world().escrow.abi.encodeFunctionData(method, args));
      await world().act(roles.buyer, 'fund', [terms]);
      expect(await callError(), method).to.equal(REENTERED);
      expect((await world().book()).owed).to.equal(PRICE);
      await world().chain.restore(snapshot);
    }
  });

  it('D6: refuses a second settlement during a payout from either custody', async () => {
    for (const custody of ['pool', 'vault']) {
      const terms = await hostileTerms();
      await world().mint(custody === 'pool' ? roles.buyer.address : await world().vaultOf(terms), PRICE);
      if (custody === 'pool') await world().act(roles.buyer, 'fund', [terms]);
      const next = await world().settlement(terms, { ...half, seq: 1 });
      await callBackWith(world().escrow.abi.encodeFunctionData('settle', [terms, next, world().sign(next)]));
      await world().settle(terms, half);
      expect(await callError()).to.equal(REENTERED);
      expect((await world().payment(terms)).remaining).to.equal(PRICE / 2n);
    }
  });

  it('D6: refuses a sweep and a recovery during a sweep', async () => {
    const terms = await hostileTerms();
    await world().payVault(terms, 2n * PRICE);
    for (const [method, args] of [
      ['sweep', [terms]],
      ['recover', [terms, terms.token]],
    ] as const) {
      const snapshot = await world().chain.snapshot();
      await callBackWith(world().escrow.abi.encodeFunctionData(method, [...args]));
      await world().act(roles.seller, 'sweep', [terms]);
      expect(await callError()).to.equal(REENTERED);
      expect((await world().book()).owed).to.equal(PRICE);
      await world().chain.restore(snapshot);
    }
  });

  it('refuses a call back during a native payout', async () => {
    const receiver = await world().deploy(receiverArtifact);
    for (const mode of ['pool', 'vault'] as const) {
      const terms = await world().terms({ token: ZERO_ADDRESS, seller: receiver.address });
      await world().pay(terms, mode);
      // Short, because a receiver gets 50,000 gas: with more data it could not even read what to call.
      const data = world().escrow.abi.encodeFunctionData('withdrawFees', [ZERO_ADDRESS]);
      await world().send(receiver, roles.stranger, 'setCall', [world().escrow.address, data]);
      await world().settle(terms, half);
      expect(await callError(receiver)).to.equal(REENTERED);
      expect((await world().payment(terms)).remaining).to.equal(PRICE / 2n);
    }
  });

  it('reverts when a stranger sends it', async () => {
    const call = { from: roles.stranger.address, to: world().escrow.address, value: 1n };
    await world().rejects(world().chain.send(call), 'WrongValue');
  });

  it('reverts when a payee sends it back during his payout', async () => {
    const receiver = await world().deploy(receiverArtifact);
    const terms = await world().terms({ token: ZERO_ADDRESS, seller: receiver.address });
    await world().payVault(terms);
    // An empty call back is a plain send of nothing, which the escrow refuses like any other.
    await world().send(receiver, roles.stranger, 'setCall', [world().escrow.address, '0x']);
    await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
    expect(await callError(receiver)).to.equal(WRONG_VALUE);
    expect((await world().payment(terms)).status).to.equal(STATUS.closed);
  });

  it('D10: keeps forced coin out of the books', async () => {
    await world().chain.setBalance(world().escrow.address, PRICE);
    const terms = await world().terms({ token: ZERO_ADDRESS });
    await world().fund(terms);
    await world().settle(terms, { toSeller: 0n, toBuyer: PRICE });
    expect(await world().book(ZERO_ADDRESS)).to.deep.equal({ owed: 0n, fees: 0n });
    expect(await world().chain.balanceAt(world().escrow.address)).to.equal(PRICE);
  });
});
