import { readFileSync } from 'node:fs';
import { getAddress } from 'ethers';
import { z } from 'zod';
import { AppError } from '../../errors.ts';

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'no address')
  .refine(isChecksummed, 'wrong EIP-55 checksum')
  .transform((text) => text.toLowerCase());

function isChecksummed(text: string): boolean {
  try {
    getAddress(text);
    return true;
  } catch {
    return false;
  }
}

const token = z.strictObject({
  symbol: z.string().regex(/^[A-Z0-9.]{1,16}$/, 'symbols are upper-case letters and digits'),
  address,
  decimals: z.int().min(0).max(36),
  shkeeperName: z.string().regex(/^[A-Za-z0-9-]{1,32}$/),
});

const network = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,32}$/, 'names are lower-case letters, digits and dashes'),
  chainId: z.int().positive(),
  rpcUrls: z.array(z.url({ protocol: /^https?$/ })).min(1),
  escrow: address,
  refundWallet: address,
  shkeeperHotWallet: address,
  finality: z.strictObject({
    /** A block counts as its own first confirmation. */
    confirmations: z.int().min(1).max(10_000),
    minimumAgeSeconds: z.int().min(0).max(86_400),
  }),
  tokens: z.array(token).min(1),
});

const networksFile = z.strictObject({ networks: z.array(network).min(1) });

/** One network as the operator wrote it down; addresses lower-case. */
export type ConfiguredNetwork = z.output<typeof network>;

function repeated(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

/** What a schema cannot say: names and addresses that must differ from each other. */
function contradictions(networks: readonly ConfiguredNetwork[]): string[] {
  const found = [
    ...repeated(networks.map((entry) => entry.name)).map((name) => `network ${name} stands there twice`),
    ...repeated(networks.map((entry) => String(entry.chainId))).map((id) => `chain id ${id} stands there twice`),
  ];
  for (const entry of networks) {
    const say = (problem: string) => found.push(`${entry.name}: ${problem}`);
    for (const symbol of repeated(entry.tokens.map((item) => item.symbol))) say(`token ${symbol} stands there twice`);
    for (const at of repeated(entry.tokens.map((item) => item.address))) say(`token address ${at} stands there twice`);
    if (entry.shkeeperHotWallet === entry.refundWallet) say('shkeeperHotWallet and refundWallet are the same');
    if ([entry.shkeeperHotWallet, entry.refundWallet].includes(entry.escrow)) say('a wallet is the escrow itself');
  }
  return found;
}

/** The networks of a parsed file; throws `AppError('not_ready')` that names every problem at once. */
export function parseNetworks(value: unknown): ConfiguredNetwork[] {
  const parsed = networksFile.safeParse(value);
  const problems = parsed.success
    ? contradictions(parsed.data.networks)
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (!parsed.success || problems.length > 0) {
    throw new AppError('not_ready', `NETWORKS_FILE is not usable: ${problems.join('; ')}`, { details: { problems } });
  }
  return parsed.data.networks;
}

/** Reads and checks NETWORKS_FILE. */
export function loadNetworks(file: string): ConfiguredNetwork[] {
  try {
    return parseNetworks(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('not_ready', `NETWORKS_FILE cannot be read: ${String(error)}`, { cause: error });
  }
}
