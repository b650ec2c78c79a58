import { expect } from 'chai';
import { DAY, PRICE, roles, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { delivered, frozen, funded, MODES, paid, pause } from '../lifeStages.ts';
import { signerOff } from '../signedActs.ts';
import { openUntil } from '../timeBounds.ts';

const { buyer, seller, signers, stranger } = roles;

for (const mode of MODES) {
  describe(`MarketplaceEscrow.freeze, ${mode} mode`, () => {
    const world = useEscrowWorld();

    it('starts the dispute of a funded payment and changes nothing else', async () => {
      const terms = await funded(world(), mode);
      const before = await world().payment(terms);
      const events = world().events(await world().act(buyer, 'freeze', [terms]));
      const time = BigInt(await world().chain.now());
      expect(events.map((event) => [event.name, ...event.args])).to.deep.equal([
        ['Frozen', world().idOf(terms), buyer.address, time],
      ]);
      expect(await world().payment(terms)).to.deep.equal({ ...before, status: STATUS.frozen, clock: time });
    });

    it('puts the clock of a delivered payment to the dispute and names who began it', async () => {
      for (const party of [buyer, seller, signers[2]]) {
        const { terms, clock } = await delivered(world(), mode);
        const time = clock + DAY;
        await world().chain.setNextTime(time);
        const events = world().events(await world().act(party, 'freeze', [terms]));
        expect(events.map((event) => event.args.by)).to.deep.equal([party.address]);
        const { remaining, status, clock: since } = await world().payment(terms);
        expect([remaining, status, since]).to.deep.equal([PRICE, STATUS.frozen, BigInt(time)]);
      }
    });

    it('A32: reverts for the seller before delivery, because he has the mark; after it he may', async () => {
      const [unopened, open] = [await paid(world(), mode), await funded(world(), mode)];
      await world().rejects(world().act(seller, 'freeze', [unopened]), 'NotAllowed');
      await world().rejects(world().act(seller, 'freeze', [open]), 'NotAllowed');
      await world().act(seller, 'markDelivered', [open]);
      await world().act(seller, 'freeze', [open]);
      expect((await world().payment(open)).status).to.equal(STATUS.frozen);
    });

    it('A4: lets any one signer stop a seller who marked at once, while the guardian pauses past the inspection', async () => {
      for (const signer of signers) {
        const terms = await paid(world(), mode, { buyer: ZERO_ADDRESS });
        await world().act(seller, 'markDelivered', [terms]);
        const clock = await world().chain.now();
        const snapshot = await world().chain.snapshot();
        await pause(world());
        const call = () => world().act(signer, 'freeze', [terms]);
        await openUntil(world(), { at: clock + terms.inspection, error: 'TooLate', call });
        await call();
        await world().chain.setNextTime(clock + terms.inspection + 1);
        await world().rejects(world().act(stranger, 'claim', [terms]), 'WrongStatus');
        await world().chain.restore(snapshot);
      }
    });

    it('A4: lets a signer freeze before delivery only until deliverBy, paused or not', async () => {
      const terms = await funded(world(), mode);
      const call = () => world().act(signers[1], 'freeze', [terms]);
      await openUntil(world(), { at: terms.deliverBy, error: 'TooLate', call });
      await world().chain.setNextTime(terms.deliverBy - 1);
      await pause(world());
      await openUntil(world(), { at: terms.deliverBy, error: 'TooLate', call });
    });

    it('reverts for a signer who was switched off', async () => {
      const terms = await funded(world(), mode);
      await signerOff(world(), 2);
      await world().rejects(world().act(signers[2], 'freeze', [terms]), 'NotAllowed');
    });

    it('reverts for anybody else', async () => {
      const terms = await paid(world(), mode);
      const { terms: marked } = await delivered(world(), mode);
      for (const caller of [stranger, roles.refundTo, roles.guardian, roles.treasury]) {
        await world().rejects(world().act(caller, 'freeze', [terms]), 'NotAllowed');
        await world().rejects(world().act(caller, 'freeze', [marked]), 'NotAllowed');
      }
    });

    it('reverts given the payment is disputed, so that the timeout cannot begin again', async () => {
      const { terms, clock } = await frozen(world(), mode);
      for (const caller of [buyer, seller, signers[0]]) {
        await world().rejects(world().act(caller, 'freeze', [terms]), 'WrongStatus');
      }
      expect((await world().payment(terms)).clock).to.equal(BigInt(clock));
    });

    it('reverts given the payment is closed', async () => {
      const terms = await paid(world(), mode);
      await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
      await world().payVault(terms);
      await world().rejects(world().act(buyer, 'freeze', [terms]), 'WrongStatus');
    });

    it('leaves every settlement open, of the admins and of the parties', async () => {
      for (const [split, items] of [
        [{ toSeller: 1n, toBuyer: PRICE - 1n }, undefined],
        [{ toSeller: PRICE, toBuyer: 0n }, [[TAG.buyer, buyer]]],
        [{ toSeller: 0n, toBuyer: PRICE }, [[TAG.seller, seller]]],
      ] as const) {
        const { terms } = await frozen(world(), mode);
        await world().settle(terms, split, items);
        expect((await world().payment(terms)).status).to.equal(STATUS.closed);
      }
    });

    it('keeps status and clock when a settlement takes a part', async () => {
      const { terms, clock } = await frozen(world(), mode);
      await world().settle(terms, { toSeller: 1n, toBuyer: 2n });
      const { status, clock: since, remaining } = await world().payment(terms);
      expect([status, since, remaining]).to.deep.equal([STATUS.frozen, BigInt(clock), PRICE - 3n]);
    });

    it('T3: meets the mark in the last second: whichever comes first decides, and both leave one exit', async () => {
      const terms = await paid(world(), mode);
      await world().chain.setNextTime(terms.deliverBy - 1);
      await world().act(seller, 'markDelivered', [terms]);
      await world().act(buyer, 'freeze', [terms]);
      expect((await world().payment(terms)).status).to.equal(STATUS.frozen);
      const other = await paid(world(), mode);
      await world().chain.setNextTime(other.deliverBy);
      await world().act(buyer, 'freeze', [other]);
      await world().rejects(world().act(seller, 'markDelivered', [other]), 'WrongStatus');
    });

    it('T3: meets the claim at the end of the inspection: in no second are both open', async () => {
      const { terms, clock } = await delivered(world(), mode);
      const end = clock + terms.inspection;
      const calls = ['freeze', 'claim'].map((verb) => () => world().act(buyer, verb, [terms]));
      for (const [second, errors] of [
        [end, [undefined, 'TooEarly']],
        [end + 1, ['TooLate', undefined]],
      ] as const) {
        for (const [index, call] of calls.entries()) {
          const snapshot = await world().chain.snapshot();
          await world().chain.setNextTime(second);
          const error = errors[index];
          await (error === undefined ? call() : world().rejects(call(), error));
          await world().chain.restore(snapshot);
        }
      }
    });
  });
}

describe('MarketplaceEscrow.freeze of a vault without a record', () => {
  const world = useEscrowWorld();

  it('opens the record with the amount and deploys nothing', async () => {
    const terms = await world().terms();
    const vault = await world().payVault(terms, PRICE + 1n);
    const events = world().events(await world().act(signers[0], 'freeze', [terms]));
    expect(events.map((event) => event.name)).to.deep.equal(['Funded', 'Frozen']);
    expect([events[0]?.args.amount, events[0]?.args.source]).to.deep.equal([PRICE, 2n]);
    const { remaining, inVault, vaultDeployed, status } = await world().payment(terms);
    expect([remaining, inVault, vaultDeployed, status]).to.deep.equal([PRICE, true, false, STATUS.frozen]);
    expect(await world().chain.codeAt(vault)).to.equal('0x');
  });

  it('reverts given the vault is short by one unit, for the buyer and for a signer', async () => {
    const terms = await world().terms();
    await world().payVault(terms, PRICE - 1n);
    for (const caller of [buyer, signers[0]]) {
      await world().rejects(world().act(caller, 'freeze', [terms]), 'VaultShort');
    }
    expect((await world().payment(terms)).status).to.equal(STATUS.none);
  });
});
