import { expect } from 'chai';
import { parseMutantArguments } from '../../scripts/mutants/arguments.ts';
import { MutantGenerator, namesInAssembly } from '../../scripts/mutants/generate.ts';
import { type Mutant, mutated } from '../../scripts/mutants/mutant.ts';
import { summaryOf } from '../../scripts/mutants/report.ts';
import type { Result, Status } from '../../scripts/mutants/results.ts';
import { sampleOf } from '../../scripts/mutants/sample.ts';
import { takeTurn, withMutants } from '../../scripts/mutants/schema.ts';

const FILE = 'Some.sol';

function sourceOf(body: string, before = ''): string {
  return `// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\n\ncontract Some {\n${before}\nfunction f(uint256 a, uint256 b, bool c) external view returns (uint256 d) {\n${body}\n}\n}\n`;
}

function mutantsIn(text: string): Mutant[] {
  return new MutantGenerator(FILE, text, new Set(namesInAssembly(FILE, text))).run();
}

/** What the mutants of a body make of it. */
function changesIn(body: string): string[] {
  const text = sourceOf(body);
  return mutantsIn(text).map((mutant) => mutated(text, mutant).split('\n').slice(6, -3).join('\n'));
}

function resultOf(id: string, status: Status): Result {
  return { id, status, ms: 1, basis: '' };
}

describe('the mutants of the escrow', () => {
  const changes: Readonly<Record<string, { body: string; expected: readonly string[] }>> = {
    'moves a bound by one and turns its direction': {
      body: 'd = a < b ? a : b;',
      expected: ['d = a <= b ? a : b;', 'd = a > b ? a : b;', 'd = (a < b ? b : a);'],
    },
    'forces a guard to hold always and never': {
      body: 'if (a > b) revert();',
      expected: ['if (true) revert();', 'if (false) revert();', 'if (a >= b) revert();', 'if (a < b) revert();'],
    },
    'swaps "and" with "or", and drops a "not"': {
      body: 'if (!c && a == b) d = 1;',
      expected: ['if (!c || a == b) d = 1;', 'if (c && a == b) d = 1;', 'if (!c && a != b) d = 1;'],
    },
    'leaves a statement out, and turns what it does around': {
      body: 'd += a;',
      expected: ['', 'd -= a;'],
    },
    'raises a number and keeps its unit': {
      body: 'd = a - 7 days;',
      expected: ['d = a - 8 days;', 'd = a + 7 days;'],
    },
    'turns assembly around as well': {
      body: 'assembly { d := add(a, 0x0f) }',
      expected: ['assembly { d := sub(a, 0x0f) }', 'assembly { d := add(a, 0x10) }', 'assembly {  }'],
    },
  };
  for (const [what, { body, expected }] of Object.entries(changes)) {
    it(`${what}, each change by itself`, () => {
      expect(changesIn(body)).to.include.members([...expected]);
    });
  }

  it('changes neither interfaces nor lengths, and never the same thing twice', () => {
    expect(changesIn('uint256[2] memory e;')).to.deep.equal([]);
    const made = changesIn('assembly { d := iszero(iszero(a)) }');
    expect(new Set(made)).to.have.property('size', made.length);
  });

  it('names a mutant by its place and its change, the same each time, so that a reason stays with it', () => {
    const text = sourceOf('if (a < b && b < 5) d = 1;');
    const ids = mutantsIn(text).map((mutant) => mutant.id);
    expect(ids).to.include('Some.sol:7:5 < to <=').and.to.include('Some.sol:7:14 < to <=');
    expect(new Set(ids)).to.have.property('size', ids.length);
    expect(mutantsIn(text).map((mutant) => mutant.id)).to.deep.equal(ids);
  });

  it('keeps constants that assembly reads as plain numbers, which only a build alone can change', () => {
    const text = sourceOf('assembly { d := ONE }\nd += TWO;', 'uint256 constant ONE = 1;\nuint256 constant TWO = 2;');
    const forms = Object.fromEntries(mutantsIn(text).map(({ id, form }) => [id.split(' ').slice(1).join(' '), form]));
    expect(forms).to.include({ '1 to 2': 'alone', '2 to 3': 'number' });
  });

  it('keeps every line on its number when all of them stand in one source, each with a turn of its own', () => {
    const text = sourceOf('if (!c && a < b) d = a + 1;\nassembly { if iszero(a) { d := add(b, 1) } }');
    const mutants = mutantsIn(text);
    const { [FILE]: together = '' } = withMutants({ [FILE]: text }, mutants);
    expect(together.split('\n')).to.have.lengthOf(text.split('\n').length);
    const turns = [...together.matchAll(/__MUTANT == (\d+)|__\w+\((\d+), |eq\(__MUTANT, (\d+)\)/g)];
    const numbers = turns.map((match) => Number(match.slice(1).find(Boolean)));
    expect(numbers.toSorted((a, b) => a - b)).to.deep.equal(mutants.map((_mutant, index) => index + 1));
  });

  it('gives the turn to one mutant by nothing but its number in the code', () => {
    expect(takeTurn('60f1a7c0de5b63f1a7c0de', 300)).to.equal('600000012c5b630000012c');
  });
});

describe('the run of the mutants', () => {
  it('takes a sample from every file by its share, the same one for the same seed', () => {
    const make = (file: string, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        id: `${file}:${index}`,
        file,
        reach: 1,
        start: 0,
        end: 0,
        text: '',
        form: 'value' as const,
      }));
    const all = [...make('a.sol', 90), ...make('b.sol', 9), ...make('c.sol', 1)];
    const sample = sampleOf(all, 20, 7);
    const counts = ['a.sol', 'b.sol', 'c.sol'].map((name) => sample.filter(({ file }) => file === name).length);
    expect(counts).to.deep.equal([18, 2, 1]);
    expect(sampleOf(all, 20, 7)).to.deep.equal(sample);
    expect(sampleOf(all, 20, 8)).to.not.deep.equal(sample);
  });

  it('counts a hanging test as noticing, and neither what does not compile nor what is the same', () => {
    const results = ['killed', 'timeout', 'survived', 'equivalent', 'uncompilable'] as const;
    const { score } = summaryOf(
      results.map((status) => resultOf(status, status)),
      {},
      [],
    );
    expect(score).to.equal(2 / 3);
  });

  it('fails for a survivor without a reason, and tells which reasons nobody needs any more', () => {
    const killed = Array.from({ length: 30 }, (_, index) => resultOf(`k${index}`, 'killed'));
    const results = [...killed, resultOf('s', 'survived')];
    expect(summaryOf(results, {}, [])).to.include({ passed: false });
    const [mutant] = mutantsIn(sourceOf('d = a;'));
    const all = results.flatMap(({ id }) => (mutant ? [{ ...mutant, id }] : []));
    const { passed, stale } = summaryOf(results, { s: 'only gas', k1: 'was hard', gone: 'only gas' }, all);
    expect({ passed, stale }).to.deep.equal({ passed: true, stale: ['k1', 'gone'] });
  });

  it('fails below the share that must be noticed, reasons or not', () => {
    const results = [resultOf('k', 'killed'), resultOf('s', 'survived')];
    expect(summaryOf(results, { s: 'only gas' }, [])).to.include({ passed: false, score: 0.5 });
  });

  it('leaves out of the score what nobody can tell from the original, and says what it would be with them', () => {
    const results = [resultOf('k', 'killed'), resultOf('s', 'survived')];
    const { score, ofAll } = summaryOf(results, { s: 'the same: a byte behind the last argument' }, []);
    expect({ score, ofAll }).to.deep.equal({ score: 1, ofAll: 0.5 });
    expect(summaryOf(results, { s: 'gas only: one unit' }, [])).to.include({ score: 0.5, ofAll: 0.5 });
  });

  it('refuses options it does not know, rather than run for an hour over something else', () => {
    expect(() => parseMutantArguments(['--smaple', '5'], 1)).to.throw('--smaple');
    expect(() => parseMutantArguments(['--sample', 'five'], 1)).to.throw('--sample');
    expect(parseMutantArguments(['--sample', '5'], 1)).to.include({ sample: 5, seed: 1, resume: false });
  });
});
