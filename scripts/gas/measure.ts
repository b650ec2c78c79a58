import { dataLength } from 'ethers';
import { escrowArtifact } from '../../test/contracts/escrowWorld.ts';
import { type Beside, measureBesides } from './besides.ts';
import { GAS_KEYS, type GasKey, type GasTable } from './ceilings.ts';
import { GAS_ROWS } from './rows.ts';
import { type GasStage, openStage } from './stage.ts';

/** Measures every row by a real transaction on the chain in this process, each from the same stage. */
export async function measureGas(): Promise<{ table: GasTable; besides: Beside[] }> {
  const stage = await openStage();
  try {
    const table: Partial<GasTable> = {};
    for (const key of GAS_KEYS) table[key] = await fromTheStage(stage, () => rowOf(stage, key));
    return { table: table as GasTable, besides: await measureBesides(stage) };
  } finally {
    await stage.chain.close();
  }
}

async function rowOf(stage: GasStage, key: GasKey): Promise<number> {
  if (key === 'runtimeBytes') return dataLength(escrowArtifact.deployedBytecode);
  return Number(await GAS_ROWS[key](stage));
}

async function fromTheStage<T>(stage: GasStage, measure: () => Promise<T>): Promise<T> {
  const snapshot = await stage.chain.snapshot();
  const result = await measure();
  await stage.chain.restore(snapshot);
  return result;
}
