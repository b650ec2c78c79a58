import { AbiCoder, concat, dataLength, toBeHex } from 'ethers';
import { AppError } from '../../errors.ts';
import type { ContractSignatureVerdict } from '../../ports/outside.ts';
import type { ChainConnection } from './connection.ts';
import { decodeAnswer, encodeCall } from './escrowCodec.ts';

// `isValidSignature(bytes32,bytes)`, also the word that says yes (ERC-1271).
const magic = '0x1626ba7e';
/** Far above what a Safe with many owners needs, far below what any node allows a call. */
const checkGas = 5_000_000n;
/** A check is part of answering a person; a node that needs longer is as good as none. */
const checkLimitMs = 5_000;

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

/** Whether the seat is the signer's and active at this moment: seats rotate and are switched off. */
async function isSeated({ network, pool }: ChainConnection, index: number, signer: string): Promise<boolean> {
  const ask = (data: string) => pool.run((provider) => provider.call({ to: network.escrow, data }));
  const [config, holder] = await Promise.all([ask(encodeCall('config', [])), ask(encodeCall('seat', [index]))]);
  const active = (Number(decodeAnswer('config', config).active) >> index) & 1;
  return active === 1 && decodeAnswer('seat', holder).toLowerCase() === signer;
}

async function isValid({ pool }: ChainConnection, code: string): Promise<boolean> {
  return BigInt(await pool.run((provider) => provider.call({ data: code, gasLimit: checkGas }))) === 1n;
}

async function within<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const refuse = () =>
      reject(new AppError('chain_unavailable', 'The check of a contract’s signature took too long.'));
    timer = setTimeout(refuse, limitMs);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
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
  const [seated, valid] = await within(
    Promise.all([isSeated(connection, index, signer), isValid(connection, code)]),
    limitMs,
  );
  if (!seated) return { outcome: 'unknownSigner' };
  return valid ? { outcome: 'valid', index, signer } : { outcome: 'refused' };
}
