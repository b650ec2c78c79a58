import { readFileSync } from 'node:fs';
import { HDNodeWallet, type InterfaceAbi } from 'ethers';
import { network } from 'hardhat';

/** One log of a receipt. */
export interface ChainLog {
  address: string;
  topics: string[];
  data: string;
}

/** What a transaction left behind. */
export interface ChainReceipt {
  contractAddress: string | null;
  gasUsed: bigint;
  logs: ChainLog[];
}

/** One transaction or call. */
export interface ChainCall {
  from: string;
  to?: string;
  data?: string;
  value?: bigint;
  /** Gas limit; by default enough for every call of the tests. */
  gas?: bigint;
}

/** A chain inside the test process, whose clock the test sets. */
export interface LocalChain {
  chainId: bigint;
  send(call: ChainCall): Promise<ChainReceipt>;
  call(call: ChainCall): Promise<string>;
  codeAt(address: string): Promise<string>;
  setCode(address: string, code: string): Promise<void>;
  balanceAt(address: string): Promise<bigint>;
  nonceOf(address: string): Promise<number>;
  setBalance(address: string, amount: bigint): Promise<void>;
  storageAt(address: string, slot: string): Promise<string>;
  setStorageAt(address: string, slot: string, value: string): Promise<void>;
  now(): Promise<number>;
  /** The next transaction's block has exactly this time. */
  setNextTime(seconds: number): Promise<void>;
  snapshot(): Promise<string>;
  restore(snapshot: string): Promise<void>;
  close(): Promise<void>;
}

/** A compiled contract. */
export interface Artifact {
  abi: InterfaceAbi;
  bytecode: string;
  deployedBytecode: string;
}

// The development mnemonic, whose accounts the in-process chain funds.
const MNEMONIC = 'test test test test test test test test test test test junk';
// Enough for every call of the tests, and known, so that no estimate is asked first.
const GAS = 12_000_000n;

const wallets = Array.from({ length: 12 }, (_, index) =>
  HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`),
);

/** The funded account with this index. */
export function walletAt(index: number): HDNodeWallet {
  const wallet = wallets[index];
  if (wallet === undefined) throw new Error(`no test account ${index}`);
  return wallet;
}

/** Reads a compiled contract, e.g. `mocks/MockToken.sol`, `MockToken`. */
export function readArtifact(source: string, name: string): Artifact {
  const file = new URL(`../../artifacts/contracts/${source}/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function toHex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/** Starts a chain in this process. */
export async function openChain(): Promise<LocalChain> {
  const connection = await network.create();
  const request = <T>(method: string, params: unknown[] = []): Promise<T> =>
    connection.provider.request({ method, params }) as Promise<T>;
  const params = (call: ChainCall) => ({ ...call, gas: toHex(call.gas ?? GAS), value: toHex(call.value ?? 0n) });

  return {
    chainId: BigInt(await request<string>('eth_chainId')),
    async send(call) {
      const hash = await request<string>('eth_sendTransaction', [params(call)]);
      const receipt = await request<{ contractAddress: string | null; gasUsed: string; logs: ChainLog[] }>(
        'eth_getTransactionReceipt',
        [hash],
      );
      return { ...receipt, gasUsed: BigInt(receipt.gasUsed) };
    },
    call: (call) => request('eth_call', [params(call), 'latest']),
    codeAt: (address) => request('eth_getCode', [address, 'latest']),
    setCode: (address, code) => request('hardhat_setCode', [address, code]),
    balanceAt: async (address) => BigInt(await request<string>('eth_getBalance', [address, 'latest'])),
    nonceOf: async (address) => Number(await request<string>('eth_getTransactionCount', [address, 'latest'])),
    setBalance: (address, amount) => request('hardhat_setBalance', [address, toHex(amount)]),
    storageAt: (address, slot) => request('eth_getStorageAt', [address, slot, 'latest']),
    setStorageAt: (address, slot, value) => request('hardhat_setStorageAt', [address, slot, value]),
    async now() {
      const block = await request<{ timestamp: string }>('eth_getBlockByNumber', ['latest', false]);
      return Number(block.timestamp);
    },
    setNextTime: (seconds) => request('evm_setNextBlockTimestamp', [toHex(seconds)]),
    snapshot: () => request('evm_snapshot'),
    async restore(snapshot) {
      await request('evm_revert', [snapshot]);
    },
    close: () => connection.close(),
  };
}
