import { readFileSync } from 'node:fs';
import { Interface, type JsonFragment, Wallet } from 'ethers';
import type { ChainWorld } from './chainWorld.ts';

const artifact = JSON.parse(
  readFileSync(
    new URL('../../../artifacts/contracts/mocks/Erc1271Wallet.sol/Erc1271Wallet.json', import.meta.url),
    'utf8',
  ),
) as { abi: JsonFragment[]; bytecode: string; deployedBytecode: string };

/** The test wallet's functions. */
export const walletInterface = new Interface(artifact.abi);
/** The test wallet's init code, without its owner. */
export const walletCode = artifact.bytecode;

/** How the test wallet answers, as Erc1271Wallet.sol numbers it. */
export const walletAnswers = {
  OwnersKey: 0,
  Always: 1,
  Never: 2,
  Reverting: 3,
  Garbage: 4,
  DirtyMagic: 5,
  ShortReturn: 6,
  LongReturn: 7,
  EmptyReturn: 8,
  EatsGas: 11,
} as const;
export type WalletAnswer = keyof typeof walletAnswers;

const ownerKey = `0x${'c7'.repeat(32)}`;

/** A contract in a signer's seat. */
export interface ContractSeat {
  readonly index: number;
  /** Lower-case. */
  readonly signer: string;
  /** What its owner gives as the contract's signature: 65 bytes that are no signature of the seat itself. */
  sign(digest: string): string;
  answer(way: WalletAnswer): Promise<void>;
}

/** Puts a test wallet with ERC-1271 into a seat of the private chain's escrow, whose address stays as it is. */
export async function seatContract(world: ChainWorld, index: number): Promise<ContractSeat> {
  const signer = new Wallet(world.deployment.signerKeys[index] ?? '').address.toLowerCase();
  await world.rpc('anvil_setCode', [signer, artifact.deployedBytecode]);
  const call = async (name: string, args: unknown[]) => {
    const { status } = await world.send(world.deployment.minterKey, {
      to: signer,
      data: walletInterface.encodeFunctionData(name, args),
    });
    if (status !== 1) throw new Error(`${name} failed`);
  };
  const owner = new Wallet(ownerKey);
  await call('setOwner', [owner.address]);
  return {
    index,
    signer,
    sign: (digest) => owner.signingKey.sign(digest).serialized,
    answer: (way) => call('setAnswer', [walletAnswers[way]]),
  };
}
