import { type ChainNode, NodeError } from './chainNode.ts';
import { Refusal } from './refusal.ts';

// Init codes that return the word 1 by way of the opcode; a chain without it stops at it.
const PROBES = {
  // push1 1, push0, mstore, push1 32, push0, return
  PUSH0: '0x60015f5260205ff3',
  // 1 to memory 0, mcopy 32 bytes from 0 to 32, return 32 bytes from 32
  MCOPY: '0x60016000526020600060205e60206020f3',
  // tstore(0, 1), mstore(0, tload(0)), return
  TSTORE: '0x600160005d60005c60005260206000f3',
} as const;
const ONE = `0x${'1'.padStart(64, '0')}`;

async function works(node: ChainNode, probe: string): Promise<boolean> {
  try {
    return (await node.ask('eth_call', [{ data: probe }, 'latest'])) === ONE;
  } catch (error) {
    // A node that refuses to run it has answered; one that cannot be reached has not.
    if (error instanceof NodeError) return false;
    throw error;
  }
}

/** Refuses a chain that cannot run what the compiler made for `cancun` (docs/contract/security.md, assumption 6). */
export async function requireOpcodes(node: ChainNode): Promise<void> {
  const results = await Promise.all(
    Object.entries(PROBES).map(async ([name, probe]) => ({ name, there: await works(node, probe) })),
  );
  const missing = results.filter(({ there }) => !there).map(({ name }) => name);
  if (missing.length > 0) {
    throw new Refusal('this chain cannot run the escrow', [`opcodes missing at ${node.host}: ${missing.join(', ')}`]);
  }
}
