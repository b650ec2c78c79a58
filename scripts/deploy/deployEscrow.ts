import path from 'node:path';
import { formatEther, Wallet, ZeroAddress } from 'ethers';
import type { ConfiguredNetwork } from '../../server/providers/chain/networks.ts';
import { withLock } from '../launch/lock.mjs';
import { type ChainNode, codeAt, connectNode, quantity } from './chainNode.ts';
import {
  checkSeats,
  connectReference,
  requireLikeReference,
  requireServerAccepts,
  waitFor,
  waitForDepth,
} from './checks.ts';
import { buildEscrow, type EscrowBuild } from './escrowBuild.ts';
import { broadcastFactory, FACTORY, FACTORY_COST, FACTORY_SIGNER, factoryNeeds, hasFactory } from './factory.ts';
import { type Sender, sendOnce } from './ignition.ts';
import { completed, findEntry, type NetworkEntry, readEntries, writeEscrow } from './networkEntries.ts';
import { requireOpcodes } from './opcodes.ts';
import type { EscrowParameters } from './parameters.ts';
import { messageOf, Refusal } from './refusal.ts';
import { seatsOf } from './seats.ts';

/** One run of the deployment. */
export interface DeployRequest {
  readonly network: string;
  readonly networksFile: string;
  readonly parameters: EscrowParameters;
  /** Folder below which Ignition's journals are kept. */
  readonly journals: string;
  /** Key of the account that pays; only a dry run does without. */
  readonly deployerKey: string | undefined;
  /** Name of the network to be like, `none`, or undefined for the first other one with an escrow. */
  readonly reference?: string | undefined;
  readonly dryRun: boolean;
  readonly say: (line: string) => void;
}

/** What a run came to. */
export interface DeployOutcome {
  readonly address: string;
  readonly did: 'deployed' | 'already there' | 'dry run';
  /** Whether the networks file was changed. */
  readonly enabled: boolean;
}

const FACTORY_LIMIT_MS = 120_000;
// A CREATE2 through the factory costs a hash of the init code and a call more than the plain creation that is estimated.
const GAS_MARGIN_PERCENT = 115n;

/** Deploys the escrow on a network, or finds it there, checks it, and writes its address into the networks file. */
export async function deployEscrow(request: DeployRequest): Promise<DeployOutcome> {
  const { networksFile, parameters, say, dryRun } = request;
  const escrow = buildEscrow(parameters);
  const entries = readEntries(networksFile);
  const entry = findEntry(entries, request.network);
  requireNoOther(entry, escrow.address);
  const configured = completed(entry, escrow.address);
  const node = await connectNode(entry);
  say(`network ${entry.name}, chain ${entry.chainId} at ${node.host}`);
  say(`escrow ${escrow.address}`);
  await requireOpcodes(node);
  const reference = await connectReference(entries, entry, request.reference);
  say(reference ? `compared with ${reference.name}` : 'compared with no other network');
  if (reference) await requireLikeReference(node, reference, escrow, parameters);

  const there = (await codeAt(node, escrow.address)) !== '0x';
  if (dryRun) {
    await rehearse({ request, node, escrow, there });
    return { address: escrow.address, did: 'dry run', enabled: false };
  }
  if (!there) await bringThere(request, configured, node, escrow);
  await waitForDepth(node, escrow.address, configured.finality.confirmations);
  const rotated = await checkSeats(node, escrow.address, parameters, reference);
  for (const line of rotated) say(`rotated since: ${line}`);
  await requireServerAccepts(configured);
  say(there ? 'already there, checked' : 'deployed, checked');
  const enabled = entry.escrow === undefined;
  if (enabled) await writeEscrow(networksFile, entry.name, escrow.address);
  say(enabled ? `written into ${networksFile}` : `${networksFile} has it already`);
  return { address: escrow.address, did: there ? 'already there' : 'deployed', enabled };
}

/** Payments may be open in the escrow that an entry names, so it is never replaced. */
function requireNoOther(entry: NetworkEntry, address: string): void {
  if (entry.escrow === undefined || entry.escrow.toLowerCase() === address.toLowerCase()) return;
  throw new Refusal(`network ${entry.name} has another escrow already`, [
    `${entry.escrow} in the networks file, ${address} by these parameters and this build`,
    'take its line out yourself when nothing is left in it',
  ]);
}

/** Says what a run would do. */
async function rehearse(plan: {
  readonly request: DeployRequest;
  readonly node: ChainNode;
  readonly escrow: EscrowBuild;
  readonly there: boolean;
}): Promise<void> {
  const { request, node, escrow, there } = plan;
  const { say, parameters, deployerKey } = request;
  for (const [name, word] of Object.entries(seatsOf(parameters))) say(`  ${name}: ${word}`);
  if (there) return say('dry run: it is there already; a run would check it and write the networks file');
  if (!(await hasFactory(node))) {
    const missing = await factoryNeeds(node);
    say(`dry run: would deploy the deterministic deployer ${FACTORY} and pay ${formatEther(missing)} for it`);
  }
  const from = deployerKey === undefined ? undefined : walletOf(deployerKey).address;
  const cost = await costOf(node, escrow, from);
  say(`dry run: would deploy for about ${formatEther(cost)} from ${from ?? 'an account (DEPLOYER_KEY is not set)'}`);
}

function walletOf(deployerKey: string | undefined): Wallet {
  if (deployerKey === undefined) throw new Refusal('DEPLOYER_KEY is not set: the key of the account that pays');
  try {
    return new Wallet(deployerKey);
  } catch {
    // The library's own message would print the key.
    throw new Refusal('DEPLOYER_KEY is no private key');
  }
}

/** What the deployment costs at the node's price. A node that refuses the estimate says what the constructor would have said. */
async function costOf(node: ChainNode, escrow: EscrowBuild, from: string = ZeroAddress): Promise<bigint> {
  const call = [{ from, data: escrow.initCode }];
  const gas = await quantity(node, 'eth_estimateGas', call).catch((error: unknown) => {
    throw new Refusal('the node says that the contract cannot be made', [messageOf(error)]);
  });
  return (gas * GAS_MARGIN_PERCENT * (await quantity(node, 'eth_gasPrice'))) / 100n;
}

/** Makes the factory where it is missing, then the escrow. One run at a time: two would share a journal. */
async function bringThere(
  request: DeployRequest,
  { name, chainId }: ConfiguredNetwork,
  node: ChainNode,
  escrow: EscrowBuild,
): Promise<void> {
  const wallet = walletOf(request.deployerKey);
  // Another address, another journal: Ignition compares a journal with what it is asked for.
  const folder = path.resolve(request.journals, `${name}-${chainId}-${escrow.address.toLowerCase()}`);
  await withLock(`${folder}.lock`, async () => {
    if ((await codeAt(node, escrow.address)) !== '0x') return;
    const sender: Sender = { node, wallet, chainId, folder };
    await requireFunds(node, escrow, wallet.address);
    await ensureFactory(sender, request.say);
    request.say(`sending from ${wallet.address}; the journal is in ${folder}`);
    await sendOnce({ name: 'MarketplaceEscrow', to: FACTORY, value: 0n, data: escrow.factoryData }, sender);
    if ((await codeAt(node, escrow.address)) !== '0x') return;
    throw new Refusal(`the journal says that the escrow was deployed, and ${escrow.address} has no code`, [
      `the chain was reset or reorganised: move ${folder} away and run this again`,
    ]);
  });
}

async function requireFunds(node: ChainNode, escrow: EscrowBuild, address: string): Promise<void> {
  const balance = await quantity(node, 'eth_getBalance', [address, 'latest']);
  const factory = (await hasFactory(node)) ? 0n : await factoryNeeds(node);
  const cost = (await costOf(node, escrow, address)) + factory;
  if (balance >= cost) return;
  throw new Refusal('the deployer cannot pay', [
    `${address} has ${formatEther(balance)}, about ${formatEther(cost)} is needed`,
  ]);
}

async function ensureFactory(sender: Sender, say: (line: string) => void): Promise<void> {
  const { node } = sender;
  if (await hasFactory(node)) return;
  say(`deploying the deterministic deployer ${FACTORY}`);
  if ((await factoryNeeds(node)) > 0n) {
    await sendOnce({ name: 'FactoryFunds', to: FACTORY_SIGNER, value: FACTORY_COST, data: '0x' }, sender);
  }
  const answer = await broadcastFactory(node);
  await waitFor(
    () => hasFactory(node),
    FACTORY_LIMIT_MS,
    () => new Refusal('the deterministic deployer could not be deployed', [answer]),
  );
}
