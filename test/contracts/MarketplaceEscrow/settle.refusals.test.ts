import { expect } from 'chai';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { readArtifact } from '../localChain.ts';
import { HOSTILE } from '../mocks.ts';

const hostileArtifact = readArtifact('mocks/HostileToken.sol', 'HostileToken');
const usdtArtifact = readArtifact('mocks/UsdtLikeToken.sol', 'UsdtLikeToken');
const receiverArtifact = readArtifact('mocks/TestReceiver.sol', 'TestReceiver');
const FEE = PRICE / 100n;
const releaseAll = { toSeller: PRICE, toBuyer: 0n };

for (const mode of ['pool', 'vault'] as const) {
  describe(`MarketplaceEscrow.settle to a receiver or by a token that refuses, ${mode} mode`, () => {
    const world = useEscrowWorld();

    it('credits the share when the token refuses the transfer', async () => {
      world().token = await world().deploy(usdtArtifact);
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().send(world().token, roles.deployer, 'setPaused', [true]);
      const events = world().events(await world().settle(terms, releaseAll));
      expect(events.map((event) => event.name)).to.deep.equal(['Credited', 'Settled']);
      await world().send(world().token, roles.deployer, 'setPaused', [false]);
      if (mode === 'pool') await world().act(roles.stranger, 'withdrawCredit', [terms.seller, terms.token]);
      else await world().act(roles.stranger, 'payVaultCredit', [terms]);
      // A fee that no route takes is waived.
      expect(await world().balance(terms.seller, terms.token)).to.equal(mode === 'pool' ? PRICE - FEE : PRICE);
    });

    it('reverts when the token moves and returns false or too little', async () => {
      const hostile = await world().deploy(hostileArtifact);
      const terms = await world().terms({ token: hostile.address });
      await world().mint(mode === 'pool' ? roles.buyer.address : await world().vaultOf(terms), PRICE, hostile);
      if (mode === 'pool') await world().act(roles.buyer, 'fund', [terms]);
      for (const hostility of [HOSTILE.falseMoved, HOSTILE.shortReturn]) {
        await world().send(hostile, roles.deployer, 'setMode', [hostility]);
        await world().rejects(world().settle(terms, releaseAll), 'NotCovered');
      }
      await world().send(hostile, roles.deployer, 'setMode', [HOSTILE.falseUnmoved]);
      const events = world().events(await world().settle(terms, releaseAll));
      expect(events[0]?.name).to.equal('Credited');
    });

    it('takes a token that returns more than a word', async () => {
      const hostile = await world().deploy(hostileArtifact);
      const terms = await world().terms({ token: hostile.address });
      await world().mint(mode === 'pool' ? roles.buyer.address : await world().vaultOf(terms), PRICE, hostile);
      if (mode === 'pool') await world().act(roles.buyer, 'fund', [terms]);
      await world().send(hostile, roles.deployer, 'setMode', [HOSTILE.longReturn]);
      await world().settle(terms, releaseAll);
      expect(await world().balance(terms.seller, hostile.address)).to.equal(PRICE - FEE);
    });

    it('credits the share when a receiver refuses native coin', async () => {
      const receiver = await world().deploy(receiverArtifact);
      await world().send(receiver, roles.stranger, 'setRefuses', [true]);
      const terms = await world().terms({ token: ZERO_ADDRESS, seller: receiver.address });
      await world().pay(terms, mode);
      const [credited] = world().events(await world().settle(terms, releaseAll));
      expect(credited?.args.toArray().slice(1)).to.deep.equal([
        receiver.address,
        ZERO_ADDRESS,
        PRICE - FEE,
        mode === 'vault',
      ]);
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    });
  });
}
