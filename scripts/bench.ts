import { readArguments, type Wanted } from '../bench/arguments.ts';
import { growthProblems, growthTable, measureGrowth } from '../bench/growth.ts';
import { ratios } from '../bench/ratios/catalog.ts';
import type { Ratio } from '../bench/ratios/ratio.ts';
import { type Line, lineOf, notesOf, rowOf, tableHead } from '../bench/report.ts';
import { type Moment, measureSoak, soakVerdict } from '../bench/soak.ts';
import { openStage } from '../bench/stage.ts';
import { onEndRequest } from './services/endRequest.ts';

const say = (text: string) => process.stderr.write(`${text}\n`);

function chosen({ only }: Wanted): readonly Ratio[] {
  const unknown = only.filter((key) => !ratios.some((ratio) => ratio.key === key));
  if (unknown.length > 0) throw new Error(`no ratio is called ${unknown.join(', ')}`);
  return only.length === 0 ? ratios : ratios.filter(({ key }) => only.includes(key));
}

/** `npm run bench`: the ratios of reliability.md §6.4; the table for people, or with `--json` one object on the last line. */
async function measureRatios(wanted: Wanted): Promise<boolean> {
  const lines: Record<string, Line> = {};
  const rows: string[] = [];
  const all = chosen(wanted);
  const stage = await openStage(wanted);
  try {
    for (const ratio of all) {
      say(`${ratio.key}: ${ratio.what}`);
      const outcome = await ratio.measure({ stage, plan: wanted.plan });
      const line = lineOf(ratio, outcome);
      lines[ratio.key] = line;
      rows.push(rowOf(ratio, line, outcome), ...notesOf(outcome).map((note) => `        ${note}`));
      say(rowOf(ratio, line, outcome));
      for (const note of notesOf(outcome)) say(`        ${note}`);
    }
    say(stage.pinned() ? '' : 'not pinned: servers, generator and database shared the cores (no taskset, or one core)');
  } finally {
    await stage.close();
  }
  if (wanted.json) console.log(JSON.stringify(lines));
  else console.log([tableHead, ...rows].join('\n'));
  return Object.values(lines).every(({ met, ratio }) => met || ratio === null);
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
    const moments = await measureSoak(stage, minutes, (moment) => say(momentLine(moment)));
    const { figures, problems } = soakVerdict(moments);
    if (wanted.json) console.log(JSON.stringify({ figures, problems, moments }));
    else console.log([JSON.stringify(figures), ...verdictLines(problems)].join('\n'));
    return problems.length === 0;
  } finally {
    await stage.close();
  }
}

const momentLine = ({ minute, rssMegabytes, loopDelayP99Ms, relayAgeSeconds, p99Ms }: Moment) =>
  `minute ${minute.toFixed(1)}: ${rssMegabytes.toFixed(0)} MB, event loop p99 ${loopDelayP99Ms.toFixed(0)} ms, ` +
  `relay ${relayAgeSeconds.toFixed(1)} s behind, answers p99 ${p99Ms.toFixed(0)} ms`;

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
