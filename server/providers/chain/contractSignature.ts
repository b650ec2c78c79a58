import { AbiCoder, concat, dataLength, isHexString, toBeHex, toQuantity } from 'ethers';
import type { ContractSignatureVerdict } from '../../ports/outside.ts';
import type { ChainConnection } from './connection.ts';
import { answered, checkLimitMs } from './transactionTrial.ts';

// `isValidSignature(bytes32,bytes)`, also the word that says yes (ERC-1271).
const magic = '0x1626ba7e';
/** Far above what a Safe with many owners needs, far below what any node allows a call. */
const checkGas = 5_000_000n;

/**
 * Code that asks `signer` and returns the answer as one word. Whatever the signer does (it reverts, burns all gas, answers too little) stays inside,
 * so that a failed check is an answer of the node and not an error of it. It reads the answer as the escrow does (contracts/SignerSet.sol).
 */
function checkingCode(signer: string, digest: string, data: string): string {
  const question = concat([magic, AbiCoder.defaultAbiCoder().encode(['bytes32', 'bytes'], [digest, data])]);
  const size = toBeHex(dataLength(question), 2);
  const code = (offset: number) =>
    concat([
      // codecopy(0, offset, size)
      concat(['0x61', size, '0x60', toBeHex(offset, 1), '0x5f39']),
      // staticcall(gas, signer, 0, size, 0, 32)
      concat(['0x60205f61', size, '0x5f73', signer, '0x5afa']),
      // and returndatasize > 31, and the word is the magic and zeros behind it
      concat(['0x601f3d1116', '0x5f51', '0x63', magic, '0x60e01b1416']),
      '0x5f5260205ff3',
    ]);
  return concat([code(dataLength(code(0))), question]);
}

/**
 * Runs the question in the place of the escrow's own code, so that the signer sees the escrow asking: a contract may answer others otherwise. A node
 * that cannot do so runs it at an address made up for the call.
 */
async function isValid({ pool, network }: ChainConnection, code: string): Promise<boolean> {
  const question = [{ to: network.escrow, gas: toQuantity(checkGas) }, 'latest', { [network.escrow]: { code } }];
  const asEscrow: unknown = await pool.run((provider) => provider.send('eth_call', question)).catch(() => null);
  const word = isHexString(asEscrow, 32)
    ? asEscrow
    : await pool.run((provider) => provider.call({ data: code, gasLimit: checkGas }));
  return BigInt(word) === 1n;
}

/** Asks the contract in a signer's seat whether it takes `data` as its signature of `digest` (ERC-1271). */
export async function checkContractSignature(
  connection: ChainConnection,
  digest: string,
  given: { readonly signer: string; readonly data: string },
  limitMs = checkLimitMs,
): Promise<ContractSignatureVerdict> {
  const signer = given.signer.toLowerCase();
  const index = connection.network.signers.indexOf(signer);
  if (index < 0) return { outcome: 'unknownSigner' };
  const code = checkingCode(signer, digest, given.data);
  return (await answered(isValid(connection, code), limitMs))
    ? { outcome: 'valid', index, signer }
    : { outcome: 'refused' };
}
