import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, useEscrowWorld } from '../escrowWorld.ts';
import { delivered, frozen, funded, MODES, paid } from '../lifeStages.ts';
import { moneyOf } from '../payouts.ts';
import { openAt } from '../timeBounds.ts';

const { buyer, seller, stranger } = roles;
const TIMEOUT = 45 * DAY;

/** Everything that anybody can do to end a payment by time: three timers, and `recover` of an unused vault. */
const EXITS = ['reclaim', 'claim', 'forceResolve', 'recover'] as const;
type Exit = (typeof EXITS)[number];

for (const mode of MODES) {
  describe(`MarketplaceEscrow, one timer at a time, ${mode} mode`, () => {
    const world = useEscrowWorld();

    function take(exit: Exit, terms: Terms) {
      return world().act(stranger, exit, exit === 'recover' ? [terms, terms.token] : [terms]);
    }
    /** Which exits end the payment in a second, each tried alone. */
    async function openIn(terms: Terms, second: number): Promise<Exit[]> {
      const open: Exit[] = [];
      for (const exit of EXITS) {
        await openAt(world(), [second], async () => {
          await take(exit, terms).then(
            async () => {
              if ((await world().payment(terms)).status === STATUS.closed) open.push(exit);
            },
            () => undefined,
          );
        });
      }
      return open;
    }
    /** The seconds around every bound that a payment can have. */
    function seconds(terms: Terms, now: number, clocks: readonly number[]): number[] {
      const bounds = [terms.fundBy, terms.deliverBy, ...clocks, terms.deliverBy + 400 * DAY];
      return [...new Set(bounds.flatMap((bound) => [bound, bound + 1, bound + 2]))].filter((second) => second > now);
    }

    it('T2: never opens two exits by time in one second, at any bound of any stage', async () => {
      const stages: [wanted: Exit | undefined, terms: Terms, from: number][] = [];
      const unopened = await paid(world(), mode);
      stages.push([mode === 'pool' ? 'reclaim' : 'recover', unopened, unopened.deliverBy + 1]);
      const part = await funded(world(), mode);
      stages.push(['reclaim', part, part.deliverBy + 1]);
      const marked = await delivered(world(), mode);
      stages.push(['claim', marked.terms, marked.clock + marked.terms.inspection + 1]);
      const disputed = await frozen(world(), mode);
      stages.push(['forceResolve', disputed.terms, disputed.clock + TIMEOUT + 1]);
      const both = await delivered(world(), mode);
      await world().act(seller, 'freeze', [both.terms]);
      const clock = await world().chain.now();
      stages.push(['forceResolve', both.terms, clock + TIMEOUT + 1]);
      const over = await paid(world(), mode);
      await world().settle(over, { toSeller: PRICE, toBuyer: 0n });
      stages.push([undefined, over, 0]);

      const now = await world().chain.now();
      const clocks = [marked, disputed, { terms: both.terms, clock }].flatMap(({ terms, clock: start }) => [
        start + terms.inspection - 1,
        start + TIMEOUT - 1,
      ]);
      for (const [wanted, terms, from] of stages) {
        for (const second of seconds(terms, now, clocks)) {
          const expected = wanted !== undefined && second >= from ? [wanted] : [];
          expect(await openIn(terms, second), `${wanted} at ${second - now}`).to.deep.equal(expected);
        }
      }
    });

    it('T2: never lets a second exit follow the first, whatever time goes by', async () => {
      for (const [first, make] of [
        ['reclaim', async () => funded(world(), mode)],
        ['claim', async () => (await delivered(world(), mode)).terms],
        ['forceResolve', async () => (await frozen(world(), mode)).terms],
      ] as const) {
        const snapshot = await world().chain.snapshot();
        const terms = await make();
        const now = await world().chain.now();
        await world().chain.setNextTime(now + 50 * DAY);
        await take(first, terms);
        const money = await moneyOf(world(), terms);
        for (const later of [now + 51 * DAY, now + 500 * DAY]) {
          await world().chain.setNextTime(later);
          for (const exit of EXITS) {
            await world().rejects(take(exit, terms), exit === 'recover' ? 'Nothing' : 'WrongStatus');
          }
        }
        expect(await moneyOf(world(), terms)).to.deep.equal(money);
        await world().chain.restore(snapshot);
      }
    });

    it('T2: closes the old exit in the call that opens the next one, in the last second of each', async () => {
      // A mark in the last second: no reclaim a second later, but a claim after the inspection.
      const terms = await paid(world(), mode);
      await world().chain.setNextTime(terms.deliverBy);
      await world().act(seller, 'markDelivered', [terms]);
      expect(await openIn(terms, terms.deliverBy + 1)).to.deep.equal([]);
      const end = terms.deliverBy + terms.inspection;
      expect(await openIn(terms, end)).to.deep.equal([]);
      expect(await openIn(terms, end + 1)).to.deep.equal(['claim']);
      // A freeze in the last second of that: no claim a second later, but a resolution after the timeout.
      await world().chain.setNextTime(end);
      await world().act(buyer, 'freeze', [terms]);
      for (const second of [end + 1, end + TIMEOUT]) expect(await openIn(terms, second)).to.deep.equal([]);
      expect(await openIn(terms, end + TIMEOUT + 1)).to.deep.equal(['forceResolve']);
    });
  });
}
