import { expect } from 'chai';
import { DAY, type Deployed, useEscrowWorld } from './escrowWorld.ts';
import { useToken } from './mocks.ts';
import { EXAMPLES } from './pageExamples.ts';
import { type Example, reading, rowsOf } from './pageReadings.ts';
import type { PageStage } from './pageStage.ts';
import { deployPermit2 } from './permit2.ts';

// Longer than any example needs before its day 0; every transaction takes a second.
const SETUP = 1_000;

/** Rows that tell what follows of the others, or what another contract says; every other row is read. */
const CONSEQUENCES = [
  'nonce = id of the buyer in the token',
  'Permit2 nonce 1 of the buyer',
  'allowance of the buyer for the escrow',
  'claim opens',
  'forceResolve opens',
  'record of the id on chain 56',
  'code at the vault’s address on chain 56',
  'the payment on chain 1',
  'earliest next pause',
  'fund, sweep, settlements by admins',
  'fundings and admins',
  'timers and parties',
  'override bit of seat 2',
  'what the old key signed and nobody sent',
  'what signer 2 signed and nobody sent',
];

describe('examples of the contract’s pages', () => {
  const world = useEscrowWorld();

  async function stageOf(permit2: Deployed): Promise<PageStage & { readonly start: number }> {
    const start = (await world().chain.now()) + SETUP;
    return {
      world: world(),
      permit2,
      start,
      sample: (changes) =>
        world().terms({ amount: 10_000n, fundBy: start + DAY, deliverBy: start + 14 * DAY, ...changes }),
      at: (day) => world().chain.setNextTime(start + day * DAY),
    };
  }

  /** What the chain says to each row that can be read. */
  async function readings(example: Example, labels: readonly string[]): Promise<Record<string, string>> {
    const shown: Record<string, string> = {};
    for (const label of labels) {
      const value = await reading(example, label);
      if (value !== undefined) shown[label] = value;
    }
    return shown;
  }

  it('has one for every verb of the contract', () => {
    const verbs: string[] = [];
    world().escrow.abi.forEachFunction(({ name, constant }) => {
      if (!constant) verbs.push(name);
    });
    expect(Object.keys(EXAMPLES)).to.have.members(verbs);
  });

  for (const [verb, play] of Object.entries(EXAMPLES)) {
    it(`shows of ${verb} what the chain says before and after`, async () => {
      await useToken(world(), 'UsdcLikeToken');
      const stage = await stageOf(await deployPermit2(world().chain));
      const { payments, act, names = {}, vault } = await play(stage);
      const example = {
        world: world(),
        payments,
        start: stage.start,
        names,
        ...(vault === undefined ? {} : { vault }),
      };
      const rows = rowsOf(verb);
      const labels = rows.map(([label]) => label);

      const before = await readings(example, labels);
      await act();
      const after = await readings(example, labels);
      const read = rows.filter(([label]) => label in before);
      const unread = labels.filter((label) => !(label in before) && !CONSEQUENCES.includes(label));
      expect(unread, 'rows that nobody can read').to.deep.equal([]);
      expect(read, 'a page whose example nobody can read').not.to.have.length(0);
      expect(before).to.deep.equal(Object.fromEntries(read.map(([label, value]) => [label, value])));
      expect(after).to.deep.equal(Object.fromEntries(read.map(([label, , value]) => [label, value])));
    });
  }
});
