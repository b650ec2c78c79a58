import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type ArtifactResolver,
  buildModule,
  type DeploymentResult,
  DeploymentResultType,
  deploy,
  type EIP1193Provider,
  trackTransaction,
  wipe,
} from '@nomicfoundation/ignition-core';
import type { Wallet } from 'ethers';
import { type ChainNode, quantity } from './chainNode.ts';
import { Refusal } from './refusal.ts';
import { readSigned, signingProvider } from './signingProvider.ts';

/** One transaction that must happen once, under a name that its journal keeps. */
export interface Step {
  readonly name: string;
  readonly to: string;
  readonly value: bigint;
  readonly data: string;
}

/** Who sends, where to, and where Ignition's journal is kept. */
export interface Sender {
  readonly node: ChainNode;
  readonly wallet: Wallet;
  readonly chainId: number;
  readonly folder: string;
}

// Ignition looks for a new block this often; a second, its default, is longer than a block of fast chains.
const BLOCK_POLL_MS = 250;
// A step is a plain transaction: nothing is compiled or linked by Ignition.
const noArtifacts: ArtifactResolver = {
  loadArtifact: async (name) => {
    throw new Error(`no artifact ${name} is part of this deployment`);
  },
  getBuildInfo: async () => undefined,
};

/** Sends the step's transaction through Ignition, which writes down what it does before doing it; a second call finds it done. */
export async function sendOnce(step: Step, sender: Sender): Promise<void> {
  const folder = path.join(sender.folder, step.name);
  mkdirSync(folder, { recursive: true });
  const { node, wallet, chainId } = sender;
  const signedFile = path.join(folder, 'signed.jsonl');
  const provider = signingProvider({ node, wallet, chainId, signedFile });
  await recallLost({ step, sender, folder, provider });
  let result = await run(step, folder, provider, wallet);
  if (canStartAgain(result)) {
    await wipe(folder, noArtifacts, futureOf(step));
    result = await run(step, folder, provider, wallet);
  }
  if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT) throw failure(step, folder, result);
}

const futureOf = (step: Step) => `${step.name}#transaction`;

async function run(step: Step, folder: string, provider: EIP1193Provider, wallet: Wallet): Promise<DeploymentResult> {
  const ignitionModule = buildModule(step.name, (module) => {
    module.send('transaction', step.to, step.value, step.data);
    return {};
  });
  const working = deploy({
    artifactResolver: noArtifacts,
    provider,
    deploymentDir: folder,
    ignitionModule,
    deploymentParameters: {},
    accounts: [wallet.address],
    config: { blockPollingInterval: BLOCK_POLL_MS },
  });
  return working.catch((error: unknown) => {
    // Ignition's own words, e.g. that the account has other transactions under way; anything else is the node's failure.
    if (!(error instanceof Error) || error.name !== 'HardhatError') throw error;
    throw new Refusal(`Ignition does not go on with ${step.name}`, [error.message, `its journal is ${folder}`]);
  });
}

/** A step that failed in an earlier run was refused before it was sent, or reverted on the chain: both are over. One that timed out is not. */
function canStartAgain(result: DeploymentResult): boolean {
  if (result.type !== DeploymentResultType.PREVIOUS_RUN_ERROR) return false;
  return !Object.values(result.errors)
    .flat()
    .some((reason) => reason.includes('timed out'));
}

function failure(step: Step, folder: string, result: DeploymentResult): Error {
  return new Refusal(`Ignition could not finish ${step.name} (${result.type})`, [
    JSON.stringify(result),
    `its journal is ${folder}; look at the account's last transactions before you run this again`,
  ]);
}

/**
 * Ignition notes a nonce before it sends and the hash afterwards, and goes no further when a kill left the first without
 * the second. Our own copy of what was signed tells which transaction it was; if there is none, nothing was ever signed.
 */
async function recallLost(at: {
  step: Step;
  sender: Sender;
  folder: string;
  provider: EIP1193Provider;
}): Promise<void> {
  const { step, sender, folder, provider } = at;
  const { node, wallet } = sender;
  const nonce = unsentNonce(folder);
  if (nonce === undefined) return;
  const signed = readSigned(path.join(folder, 'signed.jsonl')).findLast((entry) => entry.nonce === nonce);
  const forget = () => wipe(folder, noArtifacts, futureOf(step));
  if (signed === undefined) return forget();
  if ((await node.ask('eth_getTransactionByHash', [signed.hash])) === null) {
    // Another transaction took the nonce, so this one can never be mined.
    if ((await quantity(node, 'eth_getTransactionCount', [wallet.address, 'latest'])) > BigInt(nonce)) return forget();
    await node.ask('eth_sendRawTransaction', [signed.raw]);
  }
  await trackTransaction(folder, signed.hash, provider);
}

/** The nonce of a transaction that was prepared while none was ever noted as sent. A lost fee bump is no loss: the first one is known. */
function unsentNonce(folder: string): number | undefined {
  const journal = path.join(folder, 'journal.jsonl');
  if (!existsSync(journal)) return undefined;
  const all = readFileSync(journal, 'utf8').split('\n').flatMap(readMessage);
  const messages = all.slice(all.findLastIndex(({ type }) => type === 'WIPE_APPLY') + 1);
  if (messages.some(({ type }) => type === 'TRANSACTION_SEND')) return undefined;
  return messages.findLast(({ type }) => type === 'TRANSACTION_PREPARE_SEND')?.nonce;
}

/** A message of Ignition's journal; its lines are separated by blank ones, and a kill may cut the last. */
function readMessage(line: string): { type: string; nonce?: number }[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
