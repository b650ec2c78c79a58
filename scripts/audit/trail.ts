import { parseArgs } from 'node:util';
import { createTrailCheck, type TrailFault, type TrailRecord } from '../../server/domain/auditTrail.ts';
import { openTrail } from '../../server/store/auditTrail.ts';
import { readTrailAnchors } from '../../server/store/trailAnchors.ts';
import { auditedConfig } from './settings.ts';

/** Exit code: the trail is not as it was written. */
const exitFaulty = 1;

/** What was found of a trail. */
export interface TrailVerdict {
  readonly holds: boolean;
  readonly records: number;
  readonly anchors: number;
  readonly fault: TrailFault | null;
}

/** Reads a whole trail beside its anchors, up to the first fault. */
export async function checkTrail(
  trail: AsyncIterable<{ readonly place: number; readonly record: TrailRecord }>,
  anchors: ReadonlyMap<number, string>,
): Promise<TrailVerdict> {
  const check = createTrailCheck(anchors);
  let fault: TrailFault | null = null;
  for await (const { place, record } of trail) {
    fault = check.next(place, record);
    if (fault !== null) break;
  }
  fault ??= check.end();
  return { holds: fault === null, records: check.count(), anchors: anchors.size, fault };
}

/** What a person reads of it. */
export function sentenceOf({ records, anchors, fault }: TrailVerdict): string {
  if (fault !== null)
    return `The audit trail is broken: record ${fault.seq} was ${fault.kind}; ${records} before it hold.`;
  const beside = anchors === 0 ? ' No anchors were found, so a cut at its end would not be seen.' : '';
  return `The audit trail holds: ${records} records, ${anchors} anchored outside the database.${beside}`;
}

/** Checks the trail of the configured database; exit code 1 when it is not as it was written. */
export async function verifyTrail(given: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...given], options: { json: { type: 'boolean' } } });
  const config = await auditedConfig(process.env);
  const opened = openTrail({ uri: config.MONGODB_URI });
  try {
    const verdict = await checkTrail(opened.read(), await readTrailAnchors(config.TERMS_ARCHIVE));
    console.log(values.json ? JSON.stringify(verdict) : sentenceOf(verdict));
    process.exitCode = verdict.holds ? 0 : exitFaulty;
  } finally {
    await opened.close();
  }
}
