import { cpus } from 'node:os';
import { readArguments, type Wanted } from '../bench/arguments.ts';
import { generatorCeiling } from '../bench/ceiling.ts';
import { growthProblems, growthTable, measureGrowth } from '../bench/growth.ts';
import { type PageRow, renderNumbers, updatePage } from '../bench/page.ts';
import { ratios } from '../bench/ratios/catalog.ts';
import type { Outcome, Ratio, Setting } from '../bench/ratios/ratio.ts';
import { lineOf, notesOf, rowOf, tableHead } from '../bench/report.ts';
import { type Moment, measureSoak, soakVerdict } from '../bench/soak.ts';
import { openStage } from '../bench/stage.ts';
import { onEndRequest } from './services/endRequest.ts';

const say = (text: string) => process.stderr.write(`${text}\n`);

function chosen({ only }: Wanted): readonly Ratio[] {
  const unknown = only.filter((key) => !ratios.some((ratio) => ratio.key === key));
  if (unknown.length > 0) throw new Error(`no ratio is called ${unknown.join(', ')}`);
  return only.length === 0 ? ratios : ratios.filter(({ key }) => only.includes(key));
}

/** `npm run bench`: the ratios of docs/performance.md; the table for people, or with `--json` one object on the last line. */
async function measureRatios(wanted: Wanted): Promise<boolean> {
  const measured: (PageRow & { readonly row: string })[] = [];
  const stage = await openStage(wanted);
  try {
    const ceiling = `the generator alone sends ${Math.round(await generatorCeiling(stage))} requests/s`;
    say(ceiling);
    for (const ratio of chosen(wanted)) {
      say(`${ratio.key}: ${ratio.what}`);
      const outcome = await measureOne(ratio, { stage, plan: wanted.plan });
      const line = lineOf(ratio, outcome);
      const notes = notesOf(outcome);
      measured.push({ key: ratio.key, what: ratio.what, line, notes, row: rowOf(ratio, line, outcome) });
      say(textOf(measured.slice(-1)));
    }
    const about = `${aboutRun(wanted)}; ${stage.pinned() ? 'the server on a core of its own' : 'NOT PINNED'}; ${ceiling}.`;
    say(about);
    if (wanted.update) updatePage(renderNumbers(measured, about));
  } finally {
    await stage.close();
  }
  if (wanted.json) console.log(JSON.stringify(Object.fromEntries(measured.map(({ key, line }) => [key, line]))));
  else console.log(`${tableHead}\n${textOf(measured)}`);
  return measured.every(({ line: { met, ratio, problems } }) => met || (ratio === null && problems === undefined));
}

/** A ratio that cannot be measured must not take the others along. */
async function measureOne(ratio: Ratio, setting: Setting): Promise<Outcome> {
  try {
    return await ratio.measure(setting);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { comparison: null, reason: 'could not be measured', problems: [reason] };
  }
}

const textOf = (measured: readonly { readonly row: string; readonly notes: readonly string[] }[]) =>
  measured.flatMap(({ row, notes }) => [row, ...notes.map((note) => `        ${note}`)]).join('\n');

function aboutRun({ plan: { pairs, seconds } }: Wanted): string {
  const day = new Date().toISOString().slice(0, 10);
  const [cpu] = cpus();
  return `${day}, Node ${process.versions.node}, ${cpus().length} cores (${cpu?.model ?? 'unknown'}), ${pairs} pairs of ${seconds} s`;
}

/** `-- --growth`: what one operation costs while the database grows. */
async function runGrowth(wanted: Wanted, most: number): Promise<boolean> {
  const stage = await openStage(wanted);
  try {
    const sizes = await measureGrowth(stage, most, say);
    const problems = growthProblems(sizes);
    if (wanted.json) console.log(JSON.stringify({ sizes, problems }));
    else console.log([growthTable(sizes), ...verdictLines(problems)].join('\n'));
    return problems.length === 0;
  } finally {
    await stage.close();
  }
}

/** `-- --soak <minutes>`: whether the server stays as it is at half of what it takes. */
async function runSoak(wanted: Wanted, minutes: number): Promise<boolean> {
  const stage = await openStage(wanted);
  try {
    const moments = await measureSoak(stage, minutes, { text: say, moment: (moment) => say(momentLine(moment)) });
    const { figures, problems } = soakVerdict(moments);
    if (wanted.json) console.log(JSON.stringify({ figures, problems, moments }));
    else console.log([JSON.stringify(figures), ...verdictLines(problems)].join('\n'));
    return problems.length === 0;
  } finally {
    await stage.close();
  }
}

const momentLine = ({ minute, rssMegabytes, liveMegabytes, loopDelayP99Ms, relayAgeSeconds, ...rest }: Moment) =>
  `minute ${minute.toFixed(1)}: ${rssMegabytes.toFixed(0)} MB (${liveMegabytes.toFixed(0)} live), event loop p99 ${loopDelayP99Ms.toFixed(0)} ms, ` +
  `relay ${relayAgeSeconds.toFixed(1)} s and work ${rest.workAgeSeconds.toFixed(1)} s behind, answers p99 ${rest.p99Ms.toFixed(0)} ms`;

const verdictLines = (problems: readonly string[]) =>
  problems.length === 0 ? ['as it should be'] : problems.map((problem) => `NOT: ${problem}`);

function run(wanted: Wanted): Promise<boolean> {
  if (wanted.growTo !== null) return runGrowth(wanted, wanted.growTo);
  return wanted.soakMinutes === null ? measureRatios(wanted) : runSoak(wanted, wanted.soakMinutes);
}

onEndRequest(() => process.exit(130));
try {
  process.exitCode = (await run(readArguments(process.argv.slice(2)))) ? 0 : 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
process.exit();
