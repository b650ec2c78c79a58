import { closeSync, fsyncSync, openSync, readFileSync, realpathSync, renameSync, statSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { type ConfiguredNetwork, parseNetworks } from '../../server/providers/chain/networks.ts';
import { withLock } from '../launch/lock.mjs';
import { messageOf, Refusal } from './refusal.ts';

const entrySchema = z.looseObject({
  name: z.string(),
  chainId: z.int().positive(),
  rpcUrls: z.array(z.url({ protocol: /^https?$/ })).min(1),
  /** Missing until the escrow is deployed. */
  escrow: z.string().optional(),
});
const fileSchema = z.looseObject({ networks: z.array(entrySchema) });

/** One network of the file, possibly still without an escrow. */
export type NetworkEntry = z.output<typeof entrySchema>;

function parse(file: string, text: string): z.output<typeof fileSchema> {
  try {
    const parsed = fileSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Refusal(`the networks file ${file} is not usable`, problems);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`the networks file ${file} is not usable`, [messageOf(error)]);
  }
}

/** The entries of the networks file; throws a `Refusal` when it cannot be read. */
export function readEntries(file: string): NetworkEntry[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Refusal('the networks file cannot be read', [messageOf(error)]);
  }
  return parse(file, text).networks;
}

/** The entry of this name; refuses when there is none or more than one. */
export function findEntry(entries: readonly NetworkEntry[], name: string): NetworkEntry {
  const [entry, ...more] = entries.filter((candidate) => candidate.name === name);
  if (entry !== undefined && more.length === 0) return entry;
  const names = entries.map((candidate) => candidate.name).join(', ');
  throw new Refusal(`the networks file names ${name} ${entry ? 'twice' : 'nowhere'}`, [
    `it has: ${names || 'nothing'}`,
  ]);
}

/** The entry as the server would read it with this escrow; refuses one it would not take. */
export function completed(entry: NetworkEntry, escrow: string): ConfiguredNetwork {
  try {
    const [configured] = parseNetworks({ networks: [{ ...entry, escrow }] });
    if (configured !== undefined) return configured;
  } catch (error) {
    throw new Refusal(`the entry ${entry.name} would stop the server`, [messageOf(error)]);
  }
  throw new Refusal(`the entry ${entry.name} is empty`);
}

/** Puts the escrow's address into one entry. A reader sees the old file or the new one; whoever writes at the same time is waited for. */
export async function writeEscrow(file: string, name: string, escrow: string): Promise<void> {
  const target = realpathSync(file);
  await withLock(`${target}.lock`, async () => {
    const text = readFileSync(target, 'utf8');
    const whole = parse(target, text);
    findEntry(whole.networks, name);
    const networks = whole.networks.map((entry) => (entry.name === name ? withEscrow(entry, escrow) : entry));
    const indentation = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
    const ending = text.endsWith('\n') ? '\n' : '';
    replace(target, `${JSON.stringify({ ...whole, networks }, null, indentation)}${ending}`);
  });
}

/** The escrow stands behind the nodes, as in the documentation, when the entry had none. */
function withEscrow(entry: NetworkEntry, escrow: string): NetworkEntry {
  if (entry.escrow !== undefined) return { ...entry, escrow };
  const { name, chainId, rpcUrls, ...rest } = entry;
  return { name, chainId, rpcUrls, escrow, ...rest };
}

function replace(target: string, text: string): void {
  const draft = `${target}.new`;
  const handle = openSync(draft, 'w', statSync(target).mode);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, target);
}
