import type { KeyObject } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createTrailCheck, type TrailFault, type TrailRecord } from '../../server/domain/auditTrail.ts';
import { type AnchorFault, firstAnchorFault, type KeptAnchor } from '../../server/domain/trailSignature.ts';
import { openTrail } from '../../server/store/auditTrail.ts';
import { readTrailAnchors } from '../../server/store/trailAnchors.ts';
import { auditedConfig } from './settings.ts';
import { trailKeyOf } from './trailKey.ts';

/** Exit code: the trail is not as it was written. */
const exitFaulty = 1;

/** What was found of a trail. */
export interface TrailVerdict {
  readonly holds: boolean;
  readonly records: number;
  readonly anchors: number;
  readonly fault: TrailFault | null;
  /** Of the signatures; null where they hold, or were not looked at. */
  readonly anchorFault: AnchorFault | null;
  /** From which place on the anchors were held against a public key; null where none was given. */
  readonly signedFrom: number | null;
}

/** How the anchors are held against a public key. */
export interface Signatures {
  readonly key: KeyObject;
  readonly from: number;
}

/** The hashes by their places. A place that was anchored twice with different hashes was written anew; the first is what was. */
const hashesOf = (anchors: readonly KeptAnchor[]) =>
  new Map(anchors.map(({ seq, hash }) => [seq, hash] as const).reverse());

/** Reads a whole trail beside its anchors, up to the first fault, and then, with a key, what the anchors are worth. */
export async function checkTrail(
  trail: AsyncIterable<{ readonly place: number; readonly record: TrailRecord }>,
  readAnchors: () => Promise<readonly KeptAnchor[]>,
  signatures?: Signatures,
): Promise<TrailVerdict> {
  const anchors = hashesOf(await readAnchors());
  const check = createTrailCheck(anchors);
  let fault: TrailFault | null = null;
  for await (const { place, record } of trail) {
    fault = check.next(place, record);
    if (fault !== null) break;
  }
  fault ??= check.end();
  const records = check.count();
  // read anew: what was appended meanwhile has its anchors by now
  const anchorFault = signatures ? firstAnchorFault({ ...signatures, anchors: await readAnchors(), records }) : null;
  const holds = fault === null && anchorFault === null;
  return { holds, records, anchors: anchors.size, fault, anchorFault, signedFrom: signatures?.from ?? null };
}

const anchorSentences = {
  missing: 'is missing',
  unsigned: 'is not signed',
  forged: 'is forged: its signature is not by the holder of the key',
} as const;

/** What a person reads of it. */
export function sentenceOf({ records, anchors, fault, anchorFault, signedFrom }: TrailVerdict): string {
  const lines: string[] = [];
  if (fault !== null)
    lines.push(`The audit trail is broken: record ${fault.seq} was ${fault.kind}; ${records} before it hold.`);
  if (anchorFault !== null)
    lines.push(`The anchor of record ${anchorFault.seq} ${anchorSentences[anchorFault.kind]}; those before it hold.`);
  if (lines.length > 0) return lines.join('\n');
  const beside = anchors === 0 ? ' No anchors were found, so a cut at its end would not be seen.' : '';
  const signed = signedFrom === null ? '' : ` Every anchor from record ${signedFrom} on is signed.`;
  return `The audit trail holds: ${records} records, ${anchors} anchored outside the database.${beside}${signed}`;
}

function readOptions(given: readonly string[]) {
  const options = {
    json: { type: 'boolean' },
    'trail-key': { type: 'string' },
    'signed-from': { type: 'string' },
  } as const;
  const { values } = parseArgs({ args: [...given], options });
  const from = values['signed-from'] ?? '1';
  if (!/^[1-9]\d{0,14}$/.test(from)) throw new Error(`--signed-from ${from} is no place of a record`);
  const key = values['trail-key'];
  if (key === undefined && values['signed-from'] !== undefined) throw new Error('--signed-from needs --trail-key');
  return {
    json: values.json === true,
    signatures: key === undefined ? undefined : { key: trailKeyOf(key), from: Number(from) },
  };
}

/** Checks the trail of the configured database; exit code 1 when it is not as it was written. */
export async function verifyTrail(given: readonly string[]): Promise<void> {
  const { json, signatures } = readOptions(given);
  const config = await auditedConfig(process.env);
  const opened = openTrail({ uri: config.MONGODB_URI });
  try {
    const verdict = await checkTrail(opened.read(), () => readTrailAnchors(config.TERMS_ARCHIVE), signatures);
    console.log(json ? JSON.stringify(verdict) : sentenceOf(verdict));
    process.exitCode = verdict.holds ? 0 : exitFaulty;
  } finally {
    await opened.close();
  }
}
