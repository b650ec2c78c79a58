import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { DAY, type Item, PRICE, roles, type Split, STATUS, TAG, useEscrowWorld } from '../escrowWorld.ts';
import { delivered, frozen, funded, MODES, paid, pause } from '../lifeStages.ts';
import { prepareFundings, recordMakers, termsForMakers } from '../recordMakers.ts';
import { ACTION, actSigned, rescue, rotate, settleBatch, signerOff } from '../signedActs.ts';

const WEEK = 7 * DAY;
const releaseAll = { toSeller: PRICE, toBuyer: 0n };
const refundAll = { toSeller: 0n, toBuyer: PRICE };
const BUYER = [TAG.buyer, roles.buyer] as const;
const SELLER = [TAG.seller, roles.seller] as const;

describe('MarketplaceEscrow.pause', () => {
  const world = useEscrowWorld();
  const { guardian, stranger, treasury, signers } = roles;

  async function pausedUntil(): Promise<number> {
    return Number((await world().read(world().escrow, 'config')).pausedUntil);
  }
  async function later(seconds: number): Promise<void> {
    await world().chain.setNextTime((await world().chain.now()) + seconds);
  }

  it('reports the end of the pause and keeps the rest of the configuration', async () => {
    await rotate(world(), { index: 9, account: stranger.address });
    const before = (await world().read(world().escrow, 'config')).toObject();
    const events = world().events(await world().act(guardian, 'pause', []));
    const until = BigInt((await world().chain.now()) + WEEK);
    expect(events.map((event) => [event.name, ...event.args])).to.deep.equal([['PausedUntil', until]]);
    const after = (await world().read(world().escrow, 'config')).toObject();
    expect(after).to.deep.equal({ ...before, pausedUntil: until });
  });

  it('reverts for anybody but the guardian, because a pause is his only power', async () => {
    for (const caller of [stranger, treasury, signers[0], roles.buyer, roles.seller]) {
      await world().rejects(world().act(caller, 'pause', []), 'NotAllowed');
    }
    await pause(world());
    for (const caller of [stranger, treasury, signers[0]]) {
      await world().rejects(world().act(caller, 'unpause', []), 'NotAllowed');
    }
  });

  it('stops every call that makes a record of new money', async () => {
    await prepareFundings(world());
    const terms = await termsForMakers(world());
    await world().payVault(terms);
    const makers = await recordMakers(world(), terms);
    await pause(world());
    const stopped: string[] = [];
    for (const { method, from, data } of makers) {
      const snapshot = await world().chain.snapshot();
      const call = world().chain.send({ from, to: world().escrow.address, data });
      await world()
        .rejects(call, 'Paused')
        .then(
          () => stopped.push(method),
          () => undefined,
        );
      await world().chain.restore(snapshot);
    }
    const fundings = ['fund', 'fundWithAuthorization', 'fundWithPermit2', 'fundWithPermit'];
    const settlements = ['settle', 'settleMilestone', 'settleBatch'];
    expect(stopped).to.deep.equal([...fundings, 'sweep', ...settlements]);
  });

  for (const mode of MODES) {
    describe(`${mode} mode`, () => {
      it('stops settlements whose authority is the admins, batches and the direct caller included', async () => {
        const terms = await paid(world(), mode);
        const settle = await world().settlement(terms, releaseAll);
        await pause(world());
        await world().rejects(world().settle(terms, releaseAll), 'Paused');
        for (const method of ['settleBatch', 'settleBatchReport'] as const) {
          await world().rejects(settleBatch(world(), method, [[terms, settle]]), 'Paused');
        }
        world().escrow = await world().deployEscrow({ threshold: 1 });
        const own = await paid(world(), mode);
        const validUntil = (await pause(world())) + 1;
        const direct = [own, await world().settlement(own, { ...releaseAll, validUntil }), '0x'];
        await world().rejects(world().act(signers[0], 'settle', direct), 'Paused');
        await world().chain.setNextTime(validUntil);
        await world().act(signers[0], 'settle', direct);
        expect(await world().balance(own.seller)).to.equal((PRICE * 99n) / 100n);
      });

      it('C1: lets the parties settle, so that no pause traps what they agree on', async () => {
        const agreed: [terms: Terms, split: Split, items: readonly Item[]][] = [
          [await paid(world(), mode), releaseAll, [BUYER]],
          [await paid(world(), mode), refundAll, [SELLER]],
          [await paid(world(), mode), { toSeller: 1n, toBuyer: PRICE - 1n }, [BUYER, SELLER]],
        ];
        await pause(world());
        for (const [terms, split, items] of agreed) {
          await world().settle(terms, split, items);
          expect((await world().payment(terms)).status).to.equal(STATUS.closed);
          expect(await world().balance(await world().vaultOf(terms))).to.equal(0n);
        }
      });

      it('C1: stops neither marks nor freezes nor the exits by time', async () => {
        const [unmarked, marked, disputed, late] = [
          await paid(world(), mode),
          await delivered(world(), mode),
          await frozen(world(), mode),
          await funded(world(), mode),
        ];
        await pause(world());
        await world().act(roles.seller, 'markDelivered', [unmarked]);
        await actSigned(world(), unmarked, ACTION.freeze, BUYER);
        await world().act(signers[0], 'bumpSeq', [world().idOf(unmarked)]);
        await world().chain.setNextTime(marked.clock + marked.terms.inspection + 1);
        await world().act(stranger, 'claim', [marked.terms]);
        // The guardian pauses again as soon as he may: every exit is tried inside a pause.
        for (const [time, verb, terms] of [
          [late.deliverBy + DAY, 'reclaim', late],
          [disputed.clock + 46 * DAY, 'forceResolve', disputed.terms],
        ] as const) {
          await world().chain.setNextTime(time);
          await world().act(guardian, 'pause', []);
          await world().act(stranger, verb, [terms]);
          expect((await world().payment(terms)).status).to.equal(STATUS.closed);
        }
      });

      it('A23: stops no control message and no withdrawal', async () => {
        const terms = await paid(world(), mode);
        await world().settle(terms, releaseAll);
        await world().mint(world().escrow.address, 3n);
        await pause(world());
        if (mode === 'pool') await world().act(stranger, 'withdrawFees', [terms.token]);
        await rescue(world(), { token: terms.token, amount: 3n });
        await rotate(world(), { index: 8, account: stranger.address });
        await signerOff(world(), 2);
        await world().payVault(terms, 5n);
        await world().act(stranger, 'recover', [terms, terms.token]);
        expect(await world().balance(terms.refundTo)).to.equal(5n);
        expect(await world().balance(treasury.address)).to.equal(PRICE / 100n + 3n);
      });
    });
  }

  it('C1: cannot be extended while it runs, nor renewed in the 7 days after', async () => {
    const until = await pause(world());
    for (const second of [until - DAY, until, until + 1, until + WEEK]) {
      await world().chain.setNextTime(second);
      await world().rejects(world().act(guardian, 'pause', []), 'TooEarly');
      expect(await pausedUntil()).to.equal(until);
    }
    await world().chain.setNextTime(until + WEEK + 1);
    await world().act(guardian, 'pause', []);
    expect(await pausedUntil()).to.equal(until + 2 * WEEK + 1);
  });

  it('C1: cannot be held by ending it in every block, because only a running pause can be ended', async () => {
    await pause(world());
    await later(60);
    await world().act(guardian, 'unpause', []);
    const ended = await pausedUntil();
    expect(ended).to.equal(await world().chain.now());
    for (let block = 0; block < 3; block += 1) {
      await world().rejects(world().act(guardian, 'unpause', []), 'NotPaused');
      await world().rejects(world().act(guardian, 'pause', []), 'TooEarly');
      expect(await pausedUntil()).to.equal(ended);
    }
    await world().fund(await world().terms());
    await world().chain.setNextTime(ended + WEEK + 1);
    await world().act(guardian, 'pause', []);
  });

  it('reverts when there never was a pause to end', async () => {
    await world().rejects(world().act(guardian, 'unpause', []), 'NotPaused');
  });
});
