import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../server/deps/system.ts';
import { describeNetwork } from '../../server/providers/chain/describeNetwork.ts';
import type { ConfiguredNetwork } from '../../server/providers/chain/networks.ts';
import { createRpcPool } from '../../server/providers/chain/rpcPool.ts';
import { type ChainNode, codeAt, connectNode, quantity } from './chainNode.ts';
import type { EscrowBuild } from './escrowBuild.ts';
import type { NetworkEntry } from './networkEntries.ts';
import type { EscrowParameters } from './parameters.ts';
import { messageOf, Refusal } from './refusal.ts';
import { differences, type Reference, readSeats, requireSameContracts, seatsOf } from './seats.ts';

const TIMEOUT_MS = 20_000;
// Ten minutes: longer than any configured depth takes on the chains the marketplace knows.
const CONFIRMATION_LIMIT_MS = 600_000;
// Nodes without an archive keep the state of 128 blocks.
const DEEPEST_LOOK = 100;
const POLL_MS = 500;

/** The network to be like: the named one, or the first other one of the file that has an escrow; null when there is none or none is wanted. */
export async function connectReference(
  entries: readonly NetworkEntry[],
  entry: NetworkEntry,
  wanted: string | undefined,
): Promise<Reference | null> {
  if (wanted === 'none') return null;
  const others = entries.filter((other) => other.name !== entry.name && other.escrow !== undefined);
  const found = wanted === undefined ? others[0] : others.find((other) => other.name === wanted);
  if (found?.escrow === undefined) {
    if (wanted === undefined) return null;
    throw new Refusal(`the reference network ${wanted} is not in the networks file with an escrow`);
  }
  return { name: found.name, node: await connectNode(found), escrow: found.escrow };
}

/** Refuses before anything is sent what would make another escrow than the reference chain has, or one whose seats are empty shells here. */
export async function requireLikeReference(
  node: ChainNode,
  reference: Reference,
  escrow: EscrowBuild,
  parameters: EscrowParameters,
): Promise<void> {
  const { name } = reference;
  if ((await codeAt(reference.node, reference.escrow)) === '0x') {
    throw new Refusal(`the reference network ${name} has no contract at ${reference.escrow}`);
  }
  const live = await readSeats(reference.node, reference.escrow);
  if (reference.escrow.toLowerCase() !== escrow.address.toLowerCase()) {
    const different = differences(seatsOf(parameters), live, `on ${name}`);
    throw new Refusal(`this would be another escrow than that of ${name}`, [
      `${escrow.address} here, ${reference.escrow} on ${name}`,
      ...(different.length > 0
        ? different
        : ['the parameters are the same: the contract or its compiler settings are not']),
      'with --reference none it is not compared with any network',
    ]);
  }
  await requireSameContracts(node, reference, live);
}

/** Asks every half second, gently enough for a shared node, until the answer is true; refuses after the limit. */
export async function waitFor(isTrue: () => Promise<boolean>, limitMs: number, refusal: () => Refusal): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  while (!(await isTrue())) {
    if (Date.now() >= deadlineMs) throw refusal();
    await pause(POLL_MS);
  }
}

/** Waits until the escrow's block is as deep as the network's finality asks. */
export async function waitForDepth(node: ChainNode, address: string, confirmations: number): Promise<void> {
  const depth = BigInt(Math.min(confirmations, DEEPEST_LOOK));
  const isDeep = async () => {
    const block = (await quantity(node, 'eth_blockNumber')) - depth + 1n;
    return block >= 0n && (await codeAt(node, address, `0x${block.toString(16)}`)) !== '0x';
  };
  const tooYoung = () => new Refusal(`${address} is not ${depth} blocks deep yet; run this again later`);
  await waitFor(isDeep, CONFIRMATION_LIMIT_MS, tooYoung);
}

/** What differs between the escrow as it is now and its parameters: nothing, or what was rotated since. Refuses where it differs from the reference. */
export async function checkSeats(
  node: ChainNode,
  address: string,
  parameters: EscrowParameters,
  reference: Reference | null,
): Promise<string[]> {
  const live = await readSeats(node, address);
  if (reference !== null) {
    const there = await readSeats(reference.node, reference.escrow);
    const different = differences(live, there, `on ${reference.name}`);
    if (different.length > 0) {
      throw new Refusal(`the escrow is there, and not enabled: its seats differ from those on ${reference.name}`, [
        ...different,
        'rotate here what was rotated there, then run this again',
      ]);
    }
    await requireSameContracts(node, reference, live);
  }
  return differences(live, seatsOf(parameters), 'in the parameters');
}

/** Makes the check the server makes when it starts, so that an enabled network never stops it. */
export async function requireServerAccepts(configured: ConfiguredNetwork): Promise<void> {
  const { name, chainId, rpcUrls: urls } = configured;
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const pool = createRpcPool({ name, chainId, urls, timeoutMs: TIMEOUT_MS, logger: silent, clock: systemClock });
  try {
    await describeNetwork(configured, pool);
  } catch (error) {
    throw new Refusal('the escrow is there, and not enabled: the server would not start with it', [messageOf(error)]);
  } finally {
    pool.close();
  }
}
