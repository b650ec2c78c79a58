import {
  concat,
  FetchRequest,
  getAddress,
  Interface,
  JsonRpcProvider,
  keccak256,
  Network,
  toBeHex,
  Wallet,
} from 'ethers';
import type { Coin, SimulatorSettings } from './settings.ts';

const rpcTimeoutMs = 10_000;
/** Blocks asked for in one log query. */
const logRange = 5000;
/** A token transfer costs about 55,000 gas. */
export const tokenTransferGas = 100_000n;
export const nativeTransferGas = 21_000n;
const tipPerGas = 1_000_000_000n;

const erc20 = new Interface([
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'function transfer(address to, uint256 value) returns (bool)',
  'function balanceOf(address owner) view returns (uint256)',
]);
const transferTopic = erc20.getEvent('Transfer')?.topicHash ?? '';

/** A Transfer log of one of the coins. */
export interface TransferLog {
  readonly tokenAddress: string;
  readonly to: string;
  readonly value: bigint;
  readonly txid: string;
  readonly logIndex: number;
  readonly blockNumber: number;
}

/** The chain as the simulator's coin backend sees it. */
export interface Chain {
  readonly provider: JsonRpcProvider;
  readonly chainId: number;
  head(): Promise<number>;
  transfers(fromBlock: number, toBlock: number): Promise<TransferLog[]>;
  tokenBalance(tokenAddress: string, owner: string): Promise<bigint>;
  nativeBalance(owner: string): Promise<bigint>;
  /** Block and status of a mined transaction, null while it is not mined. */
  outcome(txHash: string): Promise<{ readonly blockNumber: number; readonly succeeded: boolean } | null>;
  knows(txHash: string): Promise<boolean>;
  maxFeePerGas(): Promise<bigint>;
  transferData(to: string, value: bigint): string;
  broadcast(raw: string): Promise<void>;
  close(): void;
}

/** Connects to the local chain; nothing is asked before the first call. */
export function createChain(settings: SimulatorSettings): Chain {
  const request = new FetchRequest(settings.rpcUrl);
  request.timeout = rpcTimeoutMs;
  const network = Network.from(settings.chainId);
  const options = { staticNetwork: network, batchMaxCount: 1, cacheTimeout: -1 };
  const provider = new JsonRpcProvider(request, network, options);
  const tokens = settings.coins.map((coin: Coin) => coin.tokenAddress);
  return {
    provider,
    chainId: settings.chainId,
    head: () => provider.getBlockNumber(),
    async transfers(fromBlock, toBlock) {
      const found: TransferLog[] = [];
      for (let from = fromBlock; from <= toBlock; from += logRange) {
        const to = Math.min(toBlock, from + logRange - 1);
        const filter = { address: tokens, topics: [transferTopic], fromBlock: from, toBlock: to };
        for (const log of await provider.getLogs(filter)) {
          const receiver = log.topics[2];
          if (log.topics.length !== 3 || receiver === undefined) continue;
          found.push({
            tokenAddress: getAddress(log.address),
            to: getAddress(`0x${receiver.slice(26)}`),
            value: BigInt(log.data),
            txid: log.transactionHash,
            logIndex: log.index,
            blockNumber: log.blockNumber,
          });
        }
      }
      return found;
    },
    async tokenBalance(tokenAddress, owner) {
      const data = erc20.encodeFunctionData('balanceOf', [owner]);
      return BigInt(await provider.call({ to: tokenAddress, data }));
    },
    nativeBalance: (owner) => provider.getBalance(owner),
    async outcome(txHash) {
      const receipt = await provider.getTransactionReceipt(txHash);
      return receipt ? { blockNumber: receipt.blockNumber, succeeded: receipt.status === 1 } : null;
    },
    knows: async (txHash) => (await provider.getTransaction(txHash)) !== null,
    async maxFeePerGas() {
      const block = await provider.getBlock('latest');
      return (block?.baseFeePerGas ?? 0n) * 2n + tipPerGas;
    },
    transferData: (to, value) => erc20.encodeFunctionData('transfer', [to, value]),
    async broadcast(raw) {
      await provider.send('eth_sendRawTransaction', [raw]);
    },
    close: () => provider.destroy(),
  };
}

/** The key of a one-time wallet: nothing but the seed and its index is needed to find it again. */
export function oneTimeKey(seed: string, index: number): Wallet {
  return new Wallet(keccak256(concat([seed, toBeHex(index, 32)])));
}

/** What a sender signs. */
export interface Outgoing {
  readonly to: string;
  readonly data?: string;
  readonly value?: bigint;
  readonly gasLimit: bigint;
}
export interface Signed {
  readonly raw: string;
  readonly hash: string;
  readonly nonce: number;
}

/** An account whose transactions leave one after the other, so that its nonces never collide. */
export interface Sender {
  readonly address: string;
  /** Signs, hands the signed transaction to `keep`, and broadcasts it unless `keep` answers false. */
  send(outgoing: Outgoing, keep?: (signed: Signed) => boolean): Promise<Signed>;
}

/** Builds the one queue of an account; `heldNonces` are signed but kept from the chain. */
export function createSender(chain: Chain, wallet: Wallet, heldNonces: () => readonly number[] = () => []): Sender {
  let last: Promise<unknown> = Promise.resolve();
  let nextNonce = 0;
  const work = async (outgoing: Outgoing, keep: (signed: Signed) => boolean): Promise<Signed> => {
    const pending = await chain.provider.getTransactionCount(wallet.address, 'pending');
    // The node's count is right, also after it lost blocks, unless we hold a transaction back from it.
    const held = heldNonces();
    const nonce = held.length === 0 ? pending : Math.max(pending, nextNonce, ...held.map((one) => one + 1));
    const maxFeePerGas = await chain.maxFeePerGas();
    const raw = await wallet.signTransaction({
      type: 2,
      chainId: chain.chainId,
      nonce,
      maxFeePerGas,
      maxPriorityFeePerGas: tipPerGas,
      ...outgoing,
    });
    const signed = { raw, hash: keccak256(raw), nonce };
    if (keep(signed)) await chain.broadcast(raw);
    nextNonce = nonce + 1;
    return signed;
  };
  return {
    address: wallet.address,
    send(outgoing, keep = () => true) {
      const turn = last.then(() => work(outgoing, keep));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
