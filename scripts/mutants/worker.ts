import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Artifact } from '../../test/contracts/localChain.ts';
import { compileEscrow } from './compiler.ts';
import { type Mutant, mutated } from './mutant.ts';
import { takeTurn } from './schema.ts';
import { readSources } from './sources.ts';
import { type Outcome, Suites, type Test } from './suites.ts';

/** What a worker is asked to do: run tests against a build that stands in a file, or against a mutant alone. */
export interface Task {
  readonly tests: readonly number[];
  readonly bail: boolean;
  /** File with init code, and whose turn it is in it. */
  readonly build?: string;
  readonly turn?: number;
  readonly alone?: Mutant;
  /** Once it survived: whether the usual build of it is that of the original. */
  readonly compare?: Mutant;
}

/** What a worker answers: its tests when it has loaded them, then the outcome of each task. */
export type Answer =
  | { readonly kind: 'ready'; readonly tests: readonly Test[] }
  | { readonly kind: 'uncompilable' }
  | { readonly kind: 'equivalent' }
  | ({ readonly kind: 'outcome'; readonly rss: number } & Outcome);

const root = process.cwd();
const sources = readSources(root);
const suites = new Suites();
const builds = new Map<string, string>();
let original: string | undefined;

/** The artifact that all tests deploy; they share one object, which gets the mutant's code. */
async function escrowArtifact(): Promise<Artifact> {
  const world = pathToFileURL(path.join(root, 'test/contracts/escrowWorld.ts')).href;
  const { escrowArtifact: artifact }: { escrowArtifact: Artifact } = await import(world);
  return artifact;
}

function codeOf({ build, turn = 0, alone }: Task): string {
  if (alone) return plainBuild(alone, 'none');
  if (!build) return '';
  const code = builds.get(build) ?? readFileSync(build, 'utf8');
  builds.set(build, code);
  return takeTurn(code, turn);
}

function plainBuild(mutant: Mutant, effort: 'none' | 'usual'): string {
  const text = mutated(sources[mutant.file] ?? '', mutant);
  return compileEscrow({ ...sources, [mutant.file]: text }, effort).bytecode;
}

function isEquivalent(mutant: Mutant): boolean {
  original ??= compileEscrow(sources, 'usual').bytecode;
  return plainBuild(mutant, 'usual') === original;
}

async function answer(task: Task): Promise<Answer> {
  if (task.compare && isEquivalent(task.compare)) return { kind: 'equivalent' };
  const code = codeOf(task);
  if (code === '' && task.alone) return { kind: 'uncompilable' };
  if (code !== '') (await escrowArtifact()).bytecode = `0x${code}`;
  const outcome = await suites.run(task.tests, task.bail);
  return { kind: 'outcome', rss: process.memoryUsage.rss(), ...outcome };
}

async function main(): Promise<void> {
  await suites.load(root);
  const send = (message: Answer) => process.send?.(message);
  process.on('message', (task: Task) => void answer(task).then(send));
  process.on('disconnect', () => process.exit());
  send({ kind: 'ready', tests: suites.tests });
}

await main();
