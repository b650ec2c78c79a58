import { readArguments, type Wanted } from '../bench/arguments.ts';
import { ratios } from '../bench/ratios/catalog.ts';
import type { Ratio } from '../bench/ratios/ratio.ts';
import { type Line, lineOf, notesOf, rowOf, tableHead } from '../bench/report.ts';
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

onEndRequest(() => process.exit(130));
try {
  process.exitCode = (await measureRatios(readArguments(process.argv.slice(2)))) ? 0 : 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
process.exit();
