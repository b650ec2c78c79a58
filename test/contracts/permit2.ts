import { readFileSync } from 'node:fs';
import { concat, Interface } from 'ethers';
import type { Deployed } from './escrowWorld.ts';
import { type LocalChain, walletAt } from './localChain.ts';

/** What permit2.json says: the compiled contract, and where and how it is deployed on every chain. */
export interface Permit2Build {
  address: string;
  deployer: string;
  deployerRuntime: string;
  salt: string;
  initCode: string;
}

/** The real Permit2 of Uniswap Labs, compiled from its MIT sources. */
export const permit2Build: Permit2Build = JSON.parse(readFileSync(new URL('./permit2.json', import.meta.url), 'utf8'));

/** The functions of Permit2 that a payer, the escrow and the tests call. */
export const permit2Abi = new Interface([
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function nonceBitmap(address owner, uint256 word) view returns (uint256)',
  'function invalidateUnorderedNonces(uint256 word, uint256 mask)',
  'function permitWitnessTransferFrom(((address token, uint256 amount) permitted, uint256 nonce, uint256 deadline) permit, (address to, uint256 requestedAmount) transferDetails, address owner, bytes32 witness, string witnessTypeString, bytes signature)',
]);

/**
 * Puts Permit2 at its address on a test chain.
 *
 * Its domain separator is an immutable made of the chain id and its own address, so copied runtime code of another chain would refuse
 * every signature. It is deployed as it was everywhere: its init code through the deterministic deployer (whose 69 bytes are set, as no
 * test chain brings them) with the canonical salt. So the address comes out by itself, and the immutables fit this chain.
 */
export async function deployPermit2(chain: LocalChain): Promise<Deployed> {
  const { address, deployer, deployerRuntime, salt, initCode } = permit2Build;
  await chain.setCode(deployer, deployerRuntime);
  await chain.send({ from: walletAt(0).address, to: deployer, data: concat([salt, initCode]) });
  if ((await chain.codeAt(address)) === '0x') throw new Error('Permit2 did not come out at its address');
  return { address, abi: permit2Abi };
}
