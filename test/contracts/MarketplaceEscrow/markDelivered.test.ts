import { expect } from 'chai';
import { PRICE, roles, STATUS, useEscrowWorld } from '../escrowWorld.ts';
import { delivered, frozen, funded, MODES, PART, paid, pause } from '../lifeStages.ts';

for (const mode of MODES) {
  describe(`MarketplaceEscrow.markDelivered, ${mode} mode`, () => {
    const world = useEscrowWorld();
    const { seller, stranger } = roles;

    it('starts the inspection of a funded payment and changes nothing else', async () => {
      const terms = await funded(world(), mode);
      const before = await world().payment(terms);
      const events = world().events(await world().act(seller, 'markDelivered', [terms]));
      const time = BigInt(await world().chain.now());
      expect(events.map((event) => [event.name, ...event.args])).to.deep.equal([
        ['Delivered', world().idOf(terms), time],
      ]);
      const after = { ...before, status: STATUS.delivered, clock: time };
      expect(await world().payment(terms)).to.deep.equal(after);
    });

    it('moves no money', async () => {
      const terms = await paid(world(), mode);
      const [vault, escrow] = [await world().vaultOf(terms), world().escrow.address];
      const held = async () => [await world().balance(vault), await world().balance(escrow), await world().book()];
      const before = await held();
      await world().act(seller, 'markDelivered', [terms]);
      expect(await held()).to.deep.equal(before);
    });

    it('works while paused', async () => {
      const terms = await funded(world(), mode);
      await pause(world());
      await world().act(seller, 'markDelivered', [terms]);
      expect((await world().payment(terms)).status).to.equal(STATUS.delivered);
    });

    it('reverts for anybody but the seller, signers included', async () => {
      const terms = await paid(world(), mode);
      for (const caller of [roles.buyer, roles.refundTo, stranger, roles.guardian, ...roles.signers]) {
        await world().rejects(world().act(caller, 'markDelivered', [terms]), 'NotAllowed');
      }
    });

    it('T3: reverts after the deadline, whatever the payment waits for', async () => {
      const terms = await funded(world(), mode);
      const unopened = await paid(world(), mode, { deliverBy: terms.deliverBy });
      await world().chain.setNextTime(terms.deliverBy + 1);
      await world().rejects(world().act(seller, 'markDelivered', [terms]), 'TooLate');
      await world().rejects(world().act(seller, 'markDelivered', [unopened]), 'TooLate');
    });

    it('reverts given the payment is marked, so that the inspection cannot begin again', async () => {
      const { terms, clock } = await delivered(world(), mode);
      await world().rejects(world().act(seller, 'markDelivered', [terms]), 'WrongStatus');
      expect((await world().payment(terms)).clock).to.equal(BigInt(clock));
    });

    it('reverts given the payment is disputed or closed', async () => {
      const { terms } = await frozen(world(), mode);
      await world().rejects(world().act(seller, 'markDelivered', [terms]), 'WrongStatus');
      const closed = await paid(world(), mode);
      await world().settle(closed, { toSeller: PRICE, toBuyer: 0n });
      await world().payVault(closed);
      await world().rejects(world().act(seller, 'markDelivered', [closed]), 'WrongStatus');
    });
  });
}

describe('MarketplaceEscrow.markDelivered of a vault without a record', () => {
  const world = useEscrowWorld();

  it('opens the record with the amount, not the balance, and deploys nothing', async () => {
    const terms = await world().terms();
    const vault = await world().payVault(terms, PRICE + PART);
    const events = world().events(await world().act(roles.seller, 'markDelivered', [terms]));
    expect(events.map((event) => event.name)).to.deep.equal(['Funded', 'Delivered']);
    expect([events[0]?.args.amount, events[0]?.args.source]).to.deep.equal([PRICE, 2n]);
    expect(await world().payment(terms)).to.deep.equal({
      remaining: PRICE,
      released: 0n,
      clock: BigInt(await world().chain.now()),
      seq: 0n,
      status: STATUS.delivered,
      inVault: true,
      vaultDeployed: false,
      bumps: 0n,
    });
    expect(await world().chain.codeAt(vault)).to.equal('0x');
  });

  it('keeps the seq of an earlier bump, so that a voided payload stays dead', async () => {
    const terms = await paid(world(), 'vault');
    await world().act(roles.signers[0], 'bumpSeq', [world().idOf(terms)]);
    await world().act(roles.seller, 'markDelivered', [terms]);
    const { seq, bumps } = await world().payment(terms);
    expect([seq, bumps]).to.deep.equal([1n, 1n]);
    await world().rejects(world().settle(terms, { toSeller: PRICE, toBuyer: 0n, seq: 0 }), 'WrongSeq');
  });

  it('reverts given the vault is short by one unit, so that no clock runs before the money', async () => {
    const terms = await world().terms();
    await world().payVault(terms, PRICE - 1n);
    await world().rejects(world().act(roles.seller, 'markDelivered', [terms]), 'VaultShort');
    expect((await world().payment(terms)).status).to.equal(STATUS.none);
  });

  it('reverts given the terms are invalid', async () => {
    const terms = await paid(world(), 'vault', { inspection: 3_599 });
    await world().rejects(world().act(roles.seller, 'markDelivered', [terms]), 'InvalidTerms');
  });
});
