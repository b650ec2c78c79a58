import { concat } from 'ethers';
import { type Deployed, type EscrowWorld, roles } from './escrowWorld.ts';
import { readArtifact } from './localChain.ts';

/** What `HostileToken` does in a transfer: the order of its enum. */
export const HOSTILE = {
  honest: 0,
  falseUnmoved: 1,
  falseMoved: 2,
  shortReturn: 3,
  longReturn: 4,
  generous: 5,
  reverting: 6,
  returnBomb: 7,
  revertBomb: 8,
  eatsGas: 9,
  fee: 10,
} as const;

/** What `Erc1271Wallet` answers: the order of its enum. */
export const ANSWER = {
  ownersKey: 0,
  always: 1,
  never: 2,
  reverting: 3,
  garbage: 4,
  dirtyMagic: 5,
  shortReturn: 6,
  longReturn: 7,
  emptyReturn: 8,
  untilTime: 9,
  reenters: 10,
  eatsGas: 11,
} as const;

/** The contracts under contracts/mocks, each in a file of its name. */
export type MockName =
  | 'Erc1271Wallet'
  | 'EtherForcer'
  | 'FacedVault'
  | 'HookToken'
  | 'HookedAccount'
  | 'HostileToken'
  | 'MockToken'
  | 'NativeFace'
  | 'RebasingToken'
  | 'SecondFace'
  | 'TestReceiver'
  | 'UsdcLikeToken'
  | 'UsdtLikeToken'
  | 'WethLikeToken';

// An EIP-7702 account's code is this marker, then the address it delegates to.
const DELEGATION = '0xef0100';

/** Deploys a mock. */
export async function deployMock(world: EscrowWorld, name: MockName, args: unknown[] = []): Promise<Deployed> {
  return world.deploy(readArtifact(`mocks/${name}.sol`, name), args);
}

/** Deploys a token and makes it the one that the world's verbs use. */
export async function useToken(world: EscrowWorld, name: MockName, args: unknown[] = []): Promise<Deployed> {
  world.token = await deployMock(world, name, args);
  return world.token;
}

/** Gives an account that has a key the code of a contract, as EIP-7702 does. */
export async function delegate(world: EscrowWorld, account: string, implementation: string): Promise<void> {
  await world.chain.setCode(account, concat([DELEGATION, implementation]));
}

/** Forces native coin onto an account. */
export async function forceEther(world: EscrowWorld, to: string, amount: bigint): Promise<void> {
  const forcer = await deployMock(world, 'EtherForcer');
  await world.send(forcer, roles.stranger, 'force', [to], amount);
}

/** Puts a vault in place that a `NativeFace` can debit, as a chain with such a face could. */
export async function faceVault(world: EscrowWorld, vault: string, face: string): Promise<void> {
  const { address } = await deployMock(world, 'FacedVault', [world.escrow.address, face]);
  await world.chain.setCode(vault, await world.chain.codeAt(address));
}
