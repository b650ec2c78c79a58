import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseMutantArguments, type Wanted } from './mutants/arguments.ts';
import { measureBaseline } from './mutants/baseline.ts';
import { Choice } from './mutants/choice.ts';
import { hunt } from './mutants/hunt.ts';
import type { Mutant } from './mutants/mutant.ts';
import { printSummary, summaryOf } from './mutants/report.ts';
import { Results } from './mutants/results.ts';
import { randomFrom, sampleOf, shuffled } from './mutants/sample.ts';
import { buildSchema, type Schema } from './mutants/schema.ts';
import { hashOf, mutantsOf, readSources, readTests, type Sources } from './mutants/sources.ts';

/** Why a mutant may survive: that nothing observable changes, or that it changes only what the tests must not look at. */
const REASONS = 'test/contracts/mutants.survivors.json';

/**
 * `npm run mutants:contracts [-- --list --sample N --seed S --only <file or id> --resume --compare --json]`: changes the escrow in
 * small ways, one at a time, and sees whether its tests notice. Answers whether they notice enough.
 */
async function main(wanted: Wanted): Promise<boolean> {
  const root = process.cwd();
  const folder = path.join(root, '.holdfast/mutants');
  mkdirSync(folder, { recursive: true });
  const sources = readSources(root);
  const all = mutantsOf(sources);
  const mutants = chosen(all, wanted);
  if (wanted.list) return list(mutants, wanted.json);
  console.log(`${mutants.length} of ${all.length} mutants, seed ${wanted.seed}`);
  const tests = readTests(root);
  const { schema, build } = schemaOf(folder, sources, all);
  const baseline = await measureBaseline(folder, build, sources, tests);
  for (const title of baseline.unfit) console.log(`takes no part, its gas is that of the real build: ${title}`);
  const results = new Results(path.join(folder, 'results.jsonl'), sources, tests);
  if (wanted.resume) results.resume();
  const left = mutants.filter(({ id }) => !results.get(id));
  console.log(`${baseline.tests.length} tests, ${mutants.length - left.length} mutants are known from earlier runs`);
  const ground = { build, schema, choice: new Choice(baseline, sources), results, compare: wanted.compare };
  const tell = progress(left.length);
  await hunt(shuffled(left, randomFrom(wanted.seed)), ground, tell);
  const found = mutants.map(({ id }) => results.get(id)).filter((result) => result !== undefined);
  const reasons = existsSync(REASONS) ? JSON.parse(readFileSync(REASONS, 'utf8')) : {};
  const summary = summaryOf(found, reasons, all);
  if (wanted.json) console.log(JSON.stringify(summary));
  else printSummary(summary, found);
  return summary.passed;
}

function chosen(all: readonly Mutant[], { only, sample, seed }: Wanted): readonly Mutant[] {
  const own = only.length === 0 ? all : all.filter(({ id }) => only.some((start) => id.startsWith(start)));
  return sample === undefined ? own : sampleOf(own, sample, seed);
}

function list(mutants: readonly Mutant[], json: boolean): boolean {
  if (json) console.log(JSON.stringify(mutants.map(({ id }) => id)));
  else for (const { id } of mutants) console.log(id);
  return true;
}

/** Building takes a minute or two, so it is kept. */
function schemaOf(folder: string, sources: Sources, mutants: readonly Mutant[]): { schema: Schema; build: string } {
  const key = hashOf({ ...sources, mutants: JSON.stringify(mutants) });
  const file = path.join(folder, `schema-${key}.json`);
  const build = path.join(folder, `schema-${key}.hex`);
  if (!existsSync(build)) {
    console.log('compiling the escrow with all mutants in it');
    const { bytecode, ...rest } = buildSchema(sources, mutants);
    writeFileSync(file, JSON.stringify({ bytecode: '', ...rest }));
    writeFileSync(build, bytecode);
  }
  return { schema: JSON.parse(readFileSync(file, 'utf8')), build };
}

/** Prints a line for each mutant that is not killed, and now and then how far it is. */
function progress(total: number) {
  const started = Date.now();
  let done = 0;
  return ({ id, status }: { id: string; status: string }): void => {
    done += 1;
    if (status !== 'killed') console.log(`  ${status}: ${id}`);
    if (done % 25 !== 0 && done !== total) return;
    const minutes = (Date.now() - started) / 60_000;
    const left = ((total - done) * minutes) / done;
    console.log(`${done} of ${total}, ${(done / minutes).toFixed(1)} a minute, ${left.toFixed(1)} minutes left`);
  };
}

const anySeed = Math.floor(Math.random() * 2 ** 31);
process.exitCode = (await main(parseMutantArguments(process.argv.slice(2), anySeed))) ? 0 : 1;
