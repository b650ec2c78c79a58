import { expect } from 'chai';
import { digest } from '../../server/store/codec.ts';
import { mutants } from '../mutants/mutants.ts';
import { buildTransition } from '../support/factories.ts';
import { realParts } from './parts.ts';
import { quickDigest } from './quickDigest.ts';
import { tellFailure } from './report.ts';
import { search } from './search.ts';
import { faults } from './weather.ts';

const seed = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31);
const runs = Number(process.env.MODEL_RUNS ?? 20_000);
/** The mutant that hides best is found in 800 runs on average, so that one in e^25 searches would miss it. */
const mostRuns = 20_000;

/** What has to come to pass often in any search, or its schedules prove nothing. */
const outcomes = ['appended', 'sequenceTaken', 'claimTaken', 'unknown'] as const;

describe('the coordinator and the relay, every interleaving and every crash', () => {
  const { stackTraceLimit } = Error;
  before(() => {
    // Lost replies are errors by the million here, and nobody reads where they come from.
    Error.stackTraceLimit = 0;
  });
  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it(`keeps every rule in ${runs} random schedules (MODEL_SEED=${seed})`, async function () {
    this.timeout(600_000);
    const tally = new Map<string, number>();
    const parts = { ...realParts, count: (what: string) => void tally.set(what, (tally.get(what) ?? 0) + 1) };
    const found = await search(parts, { seed, runs });
    expect(found.violations, await tellFailure(realParts, seed, found)).to.deep.equal([]);
    expect(found.runs).to.equal(runs);
    for (const what of [...faults, ...outcomes]) expect(tally.get(what), what).to.be.greaterThan(runs / 20);
  });

  for (const { name, breaks, build } of mutants) {
    it(`notices ${name}, so that the check can fail. ${breaks}`, async function () {
      this.timeout(300_000);
      const { violations } = await search(await build(), { seed, runs: mostRuns, quick: true, rulesOnly: true });
      expect(violations).not.to.deep.equal([]);
    });
  }

  it('hashes as the server does, also what it remembers parts of', () => {
    const first = buildTransition({
      claims: ['a"b'],
      evidence: { at: new Date(5), raw: Buffer.from('x'), none: undefined },
    });
    const second = { ...first, seq: 2 };
    for (const value of [first, second, { ...first }, { ...first, extra: 1n }, [first, null], 'text', 5n])
      expect(quickDigest(value)).to.equal(digest(value));
  });
});
