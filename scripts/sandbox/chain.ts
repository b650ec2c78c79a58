import path from 'node:path';
import { deployLocal, type LocalDeployment, writeNetworksFile } from '../deployLocal.ts';
import { startAnvil } from '../services/anvil.ts';
import { readKept, writeKept } from '../services/keptJson.ts';
import type { Service } from '../services/mongod.ts';
import { rpc } from '../services/rpc.ts';

/** The local chain with the escrow on it. */
export interface Chain {
  readonly anvil: Service;
  readonly deployment: LocalDeployment;
  readonly networksFile: string;
}

/** Starts the chain on its kept state and deploys escrow and test token when they are not on it. */
export async function startChain(directory: string, port: number, persistent: boolean): Promise<Chain> {
  const stateFile = path.join(directory, 'chain', 'state.json');
  const anvil = await startAnvil({ directory, port, ...(persistent ? { stateFile } : {}) });
  try {
    const deployment = await keepDeployment(directory, anvil.url);
    const networksFile = path.join(directory, 'networks.json');
    writeNetworksFile(networksFile, deployment, anvil.url);
    return { anvil, deployment, networksFile };
  } catch (error) {
    await anvil.stop();
    throw error;
  }
}

async function keepDeployment(directory: string, rpcUrl: string): Promise<LocalDeployment> {
  const file = path.join(directory, 'deployment.json');
  const kept = readKept<LocalDeployment>(file);
  if (kept && (await hasCode(rpcUrl, kept.escrow)) && (await hasCode(rpcUrl, kept.token))) return kept;
  const made = await deployLocal({ rpcUrl });
  writeKept(file, made);
  return made;
}

/** The chain may have lost its last seconds, or all of it, while our record of the deployment was kept. */
async function hasCode(rpcUrl: string, address: string): Promise<boolean> {
  return (await rpc(rpcUrl, 'eth_getCode', [address, 'latest'])) !== '0x';
}
