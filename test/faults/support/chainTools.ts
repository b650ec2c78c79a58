import { Contract, JsonRpcProvider, NonceManager, type TypedDataDomain, type TypedDataField, Wallet } from 'ethers';
import type { SandboxInfo } from '../../../scripts/sandbox.ts';

const tokenAbi = [
  'function transfer(address,uint256) returns (bool)',
  'function mint(address,uint256)',
  'function balanceOf(address) view returns (uint256)',
];

/** Hands of the people on the chain; nothing here goes through the server. */
export interface ChainTools {
  readonly provider: JsonRpcProvider;
  balance(holder: string, token?: string): Promise<bigint>;
  /** Transfers the test token and waits until it is mined. */
  pay(to: string, amount: bigint, options?: { key?: string; token?: string }): Promise<string>;
  mint(to: string, amount: bigint): Promise<void>;
  send(transaction: { to: string; data: string; value?: string }, key?: string): Promise<string>;
  sign(key: string, typedData: Record<string, unknown>): Promise<string>;
  mine(blocks: number): Promise<void>;
  rpc(method: string, params?: unknown[]): Promise<unknown>;
  close(): void;
}

/** Gas of any transaction a test sends; given so that a failing one is mined as failed instead of refused beforehand. */
const gasLimit = 1_500_000;

export function createChainTools({ chainUrl, deployment }: SandboxInfo): ChainTools {
  const provider = new JsonRpcProvider(chainUrl, undefined, { cacheTimeout: -1, pollingInterval: 100 });
  const managers = new Map<string, NonceManager>();
  const signerOf = (key: string) => {
    const known = managers.get(key) ?? new NonceManager(new Wallet(key, provider));
    managers.set(key, known);
    return known;
  };
  const token = (address: string | undefined, key: string) =>
    new Contract(address ?? deployment.token, tokenAbi, signerOf(key));
  const mined = async (hash: string) => {
    await provider.waitForTransaction(hash, 1, 20_000);
    return hash;
  };
  return {
    provider,
    balance: (holder, address) => token(address, deployment.buyerKey).getFunction('balanceOf')(holder),
    async pay(to, amount, { key = deployment.buyerKey, token: address } = {}) {
      const sent = await token(address, key).getFunction('transfer')(to, amount, { gasLimit });
      return mined(sent.hash);
    },
    async mint(to, amount) {
      const sent = await token(undefined, deployment.minterKey).getFunction('mint')(to, amount, { gasLimit });
      await mined(sent.hash);
    },
    async send({ to, data, value = '0' }, key = deployment.buyerKey) {
      const sent = await signerOf(key).sendTransaction({ to, data, value: BigInt(value), gasLimit });
      return mined(sent.hash);
    },
    sign(key, typedData) {
      const { EIP712Domain: _, ...types } = typedData.types as Record<string, TypedDataField[]>;
      return new Wallet(key).signTypedData(typedData.domain as TypedDataDomain, types, typedData.message as object);
    },
    mine: async (blocks) => {
      await provider.send('anvil_mine', [`0x${blocks.toString(16)}`]);
    },
    rpc: (method, params = []) => provider.send(method, params),
    close: () => provider.destroy(),
  };
}
