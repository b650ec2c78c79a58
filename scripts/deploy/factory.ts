import { type ChainNode, codeAt, quantity } from './chainNode.ts';
import { messageOf, Refusal } from './refusal.ts';

/** The deterministic deployer: takes salt and init code, creates by CREATE2; the same address on every chain (docs/adr/0012). */
export const FACTORY = '0x4e59b44847b379578588920cA78FbF26c0B4956C';
/** Signed the factory's transaction once, with a made-up signature: nobody has its key. */
export const FACTORY_SIGNER = '0x3fAB184622Dc19b6109349B94811493BF2a45362';
/** 100,000 gas at 100 gwei, both fixed in the signed transaction. */
export const FACTORY_COST = 10_000_000_000_000_000n;
/** All of the factory's code: it has no owner, no storage and no branch but "created or revert". */
export const FACTORY_CODE =
  '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3';
/** The transaction that makes the factory; without a chain id, so that it is valid on every chain. */
export const FACTORY_TRANSACTION = [
  '0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe',
  FACTORY_CODE.slice(2),
  '1ba02222222222222222222222222222222222222222222222222222222222222222',
  'a02222222222222222222222222222222222222222222222222222222222222222',
].join('');

/** Whether the factory is there; refuses other code at its address. */
export async function hasFactory(node: ChainNode): Promise<boolean> {
  const code = await codeAt(node, FACTORY);
  if (code === '0x') return false;
  if (code.toLowerCase() === FACTORY_CODE) return true;
  throw new Refusal('there is other code at the address of the deterministic deployer', [FACTORY]);
}

/** What is missing to pay for the factory's transaction. */
export async function factoryNeeds(node: ChainNode): Promise<bigint> {
  const balance = await quantity(node, 'eth_getBalance', [FACTORY_SIGNER, 'latest']);
  return balance < FACTORY_COST ? FACTORY_COST - balance : 0n;
}

/** Broadcasts the factory's transaction; answers why the node did not take it, which is no failure if somebody else was faster. */
export async function broadcastFactory(node: ChainNode): Promise<string> {
  try {
    await node.ask('eth_sendRawTransaction', [FACTORY_TRANSACTION]);
    return 'the transaction was taken and not mined';
  } catch (error) {
    return messageOf(error);
  }
}
