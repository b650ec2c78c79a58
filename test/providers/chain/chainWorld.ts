import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, getCreateAddress, Interface, JsonRpcProvider, type TransactionReceipt, toBeHex, Wallet } from 'ethers';
import { deployLocal, type LocalDeployment } from '../../../scripts/deployLocal.ts';
import { freePort } from '../../../scripts/services/freePort.ts';
import { orEarlyEnd, type Program, startProgram } from '../../../scripts/services/program.ts';
import { anvilPath } from '../../../scripts/services/programPath.ts';
import { rpc } from '../../../scripts/services/rpc.ts';
import { waitUntil } from '../../../scripts/services/waitUntil.ts';
import { noMilestones, type Terms } from '../../../server/domain/terms.ts';
import type { ChainReader, EscrowGateway } from '../../../server/ports/outside.ts';
import type { Clock, Logger } from '../../../server/ports.ts';
import { type Chain, connectChain } from '../../../server/providers/chain/connectChain.ts';
import { escrowInterface } from '../../../server/providers/chain/escrowContract.ts';
import { createEscrowGateway } from '../../../server/providers/chain/escrowGateway.ts';
import { type ConfiguredNetwork, parseNetworks } from '../../../server/providers/chain/networks.ts';
import { createRpcPool, type RpcPool } from '../../../server/providers/chain/rpcPool.ts';
import { transferTopic } from '../../../server/providers/chain/transferLogs.ts';
import { createTransferReader } from '../../../server/providers/chain/transferReader.ts';
import { heard } from '../../support/canaries.ts';
import { batchCode, floodCode, logEmitterCode, word } from './evmScripts.ts';

/** A logger that keeps what it is told. */
export function memoryLogger(): Logger & { readonly lines: { level: string; message: string; fields: object }[] } {
  const lines: { level: string; message: string; fields: object }[] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, message, fields });
  return { lines, ...heard({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }) };
}

export const systemClock: Clock = { now: () => Date.now() };

/** Token and escrow calls of the tests. */
export const erc20 = new Interface([
  'function transfer(address to, uint256 amount) returns (bool)',
  'function transferFrom(address from, address to, uint256 amount) returns (bool)',
  'function approve(address spender, uint256 amount) returns (bool)',
  'function mint(address to, uint256 amount)',
  'function balanceOf(address holder) view returns (uint256)',
]);

const slotsInAnEpoch = 2;
/** anvil calls a block final after two epochs. */
export const finalityBlocks = 2 * slotsInAnEpoch;
const gasLimit = 3_000_000n;
const generousGasPrice = 10n ** 10n;
const wholeBlockGas = 29_000_000n;
const floodAddress = `0x${'f1'.repeat(20)}`;
const mineLimitMs = 10_000;
const startLimitMs = 30_000;
const batchKey = `0x${'b5'.repeat(32)}`;
export const one = 10n ** 18n;

async function startAnvil(): Promise<{ url: string; program: Program; directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-chain-'));
  const port = await freePort();
  const program = await startProgram({
    name: 'anvil',
    command: anvilPath(),
    args: ['--port', String(port), '--slots-in-an-epoch', String(slotsInAnEpoch), '--quiet'],
    directory,
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    rpc(url, 'eth_chainId', []).then(
      () => true,
      () => false,
    );
  await orEarlyEnd(program, waitUntil(answers, startLimitMs), 'ready');
  return { url, program, directory };
}

export interface ChainWorld {
  readonly url: string;
  readonly deployment: LocalDeployment;
  readonly configured: ConfiguredNetwork;
  readonly chain: Chain;
  readonly logger: ReturnType<typeof memoryLogger>;
  rpc<T>(method: string, params?: unknown[]): Promise<T>;
  mine(blocks: number): Promise<void>;
  /** Mines until everything mined so far is final. */
  finalize(): Promise<void>;
  send(key: string, transaction: { to?: string | null; data?: string }): Promise<TransactionReceipt>;
  pay(to: string, amount: bigint, key?: string): Promise<TransactionReceipt>;
  /** A signed transfer of the buyer, to be mined more than once. */
  signPayment(to: string, amount: bigint): Promise<string>;
  broadcast(raw: string): Promise<TransactionReceipt>;
  /** The address that the next batch's calls come from. */
  nextBatchAddress(): Promise<string>;
  /** Several calls in one transaction, with the buyer's allowance. */
  batch(calls: readonly { to: string; data: string }[]): Promise<TransactionReceipt>;
  /** A foreign contract emits a log. */
  emit(topics: string[], data: string): Promise<TransactionReceipt>;
  /** A foreign contract pretends, in one transaction, that as many senders paid `to` one unit each. */
  flood(to: string, logs: number): Promise<TransactionReceipt>;
  /** Calldata of an escrow function. */
  encode(name: string, args: unknown[]): string;
  /** Replaces the last blocks by as many empty ones. */
  reorganise(depth: number): Promise<void>;
  /** Reader and gateway on a node that goes on showing this receipt whatever becomes of its block. */
  withStaleReceipt(receipt: TransactionReceipt): { reader: ChainReader; gateway: EscrowGateway; close(): void };
  terms(changes?: Partial<Terms>): Terms;
  signatures(digest: string, seats?: readonly number[]): { index: number; signer: string; signature: string }[];
  settle(terms: Terms, split: { toSeller: bigint; toBuyer: bigint; settleSeq?: number }): Promise<TransactionReceipt>;
  close(): Promise<void>;
}

/** The networks file's entry of a local deployment. */
export function networkOf(deployment: LocalDeployment, rpcUrls: readonly string[]) {
  return {
    name: 'bsc',
    chainId: deployment.chainId,
    rpcUrls,
    escrow: deployment.escrow,
    refundWallet: deployment.refundWallet,
    shkeeperHotWallet: deployment.hotWalletAddress,
    finality: { confirmations: 2, minimumAgeSeconds: 0 },
    tokens: [{ symbol: 'USDT', address: deployment.token, decimals: 18, shkeeperName: 'BNB-USDT' }],
  };
}

/** A private chain that mines only what a test sends, with escrow and test token, and our code connected to it. */
export async function openChainWorld(): Promise<ChainWorld> {
  const { url, program, directory } = await startAnvil();
  const deployment = await deployLocal({ rpcUrl: url });
  const [configured] = parseNetworks({ networks: [networkOf(deployment, [url])] });
  if (configured === undefined) throw new Error('no network');
  const logger = memoryLogger();
  const chain = await connectChain({ networks: [configured], logger, clock: systemClock });
  const provider = new JsonRpcProvider(url, deployment.chainId, {
    staticNetwork: true,
    cacheTimeout: -1,
    batchMaxCount: 1,
  });
  await provider.send('anvil_setBalance', [new Wallet(batchKey).address, toBeHex(one)]);
  const emitters = new Map<number, string>();
  let refs = 0;

  const ask = <T>(method: string, params: unknown[] = []): Promise<T> => provider.send(method, params);
  const mine = async (blocks: number) => void (await ask('anvil_mine', [`0x${blocks.toString(16)}`]));

  async function receiptOf(hash: string): Promise<TransactionReceipt> {
    let receipt: TransactionReceipt | null = null;
    // The node answers before its miner has run.
    await waitUntil(async () => {
      receipt = await provider.getTransactionReceipt(hash);
      return receipt !== null;
    }, mineLimitMs);
    if (receipt === null) throw new Error(`${hash} is not mined`);
    return receipt;
  }

  const send: ChainWorld['send'] = async (key, { to = null, data = '0x' }) => {
    const sent = await new Wallet(key, provider).sendTransaction({ to, data, gasLimit });
    return receiptOf(sent.hash);
  };
  const callToken = (key: string, name: string, args: unknown[]) =>
    send(key, { to: deployment.token, data: erc20.encodeFunctionData(name, args) });

  async function emit(topics: string[], data: string): Promise<TransactionReceipt> {
    const count = topics.length as 2 | 3 | 4;
    const known = emitters.get(count);
    const at = known ?? (await send(deployment.buyerKey, { data: logEmitterCode(count) })).contractAddress;
    if (!at) throw new Error('no emitter');
    emitters.set(count, at);
    return send(deployment.sellerKey, { to: at, data: concat([...topics.map(word), data]) });
  }

  // An account that sends nothing else, so that its next nonce is known beforehand.
  const batchWallet = new Wallet(batchKey, provider);
  const nextBatchAddress = async () =>
    getCreateAddress({ from: batchWallet.address, nonce: await batchWallet.getNonce() }).toLowerCase();

  const world: ChainWorld = {
    ...{ url, deployment, configured, chain, logger, rpc: ask, mine, send, emit },
    flood: async (to, logs) => {
      const [account] = await ask<string[]>('eth_accounts');
      await ask('anvil_setCode', [floodAddress, floodCode]);
      const data = concat([transferTopic, word(to), toBeHex(logs, 32)]);
      return receiptOf(
        await ask('eth_sendTransaction', [{ from: account, to: floodAddress, data, gas: toBeHex(wholeBlockGas) }]),
      );
    },
    finalize: () => mine(finalityBlocks + 1),
    pay: (to, amount, key = deployment.buyerKey) => callToken(key, 'transfer', [to, amount]),
    signPayment: async (to, amount) => {
      const buyer = new Wallet(deployment.buyerKey, provider);
      const data = erc20.encodeFunctionData('transfer', [to, amount]);
      const transaction = { to: deployment.token, data, gasLimit, gasPrice: generousGasPrice };
      return buyer.signTransaction(await buyer.populateTransaction({ ...transaction, type: 0 }));
    },
    broadcast: async (raw) => receiptOf((await provider.broadcastTransaction(raw)).hash),
    nextBatchAddress,
    batch: async (calls) => {
      await callToken(deployment.buyerKey, 'approve', [await nextBatchAddress(), 2n ** 255n]);
      return send(batchKey, { data: batchCode(calls) });
    },
    encode: (name, args) => escrowInterface.encodeFunctionData(name, args),
    reorganise: async (depth) => void (await ask('anvil_reorg', [depth, []])),
    withStaleReceipt: (receipt) => {
      const { name, chainId, finality } = configured;
      const pool = createRpcPool({ name, chainId, urls: [url], timeoutMs: mineLimitMs, logger, clock: systemClock });
      const stale = (target: JsonRpcProvider) =>
        new Proxy(target, {
          get: (node, key) => {
            if (key === 'getTransactionReceipt') return async () => receipt;
            const value = Reflect.get(node, key, node);
            return typeof value === 'function' ? value.bind(node) : value;
          },
        });
      const misled: RpcPool = { ...pool, run: (read, unknown) => pool.run((node) => read(stale(node)), unknown) };
      const [network] = chain.networks;
      if (network === undefined) throw new Error('no network');
      const connections = new Map([[name, { network, finality, pool: misled }]]);
      return {
        reader: createTransferReader(connections),
        gateway: createEscrowGateway(connections),
        close: () => pool.close(),
      };
    },
    terms: (changes = {}) => {
      refs += 1;
      const now = Math.floor(Date.now() / 1_000);
      return {
        buyer: deployment.buyerAddress.toLowerCase(),
        seller: deployment.sellerAddress.toLowerCase(),
        token: deployment.token.toLowerCase(),
        amount: 100n * one,
        ...{ fundBy: now + 3_600, deliverBy: now + 86_400, inspection: 86_400, feeBps: 100, disputeSellerBps: 5_000 },
        milestonesHash: noMilestones,
        refundTo: deployment.refundWallet.toLowerCase(),
        ref: chain.gateway.ref('0123456789abcdef01234567', refs.toString(16).padStart(32, '0')),
        ...changes,
      };
    },
    signatures: (digest, seats = [0, 1]) =>
      seats.map((index) => {
        const key = deployment.signerKeys[index];
        if (key === undefined) throw new Error(`no signer ${index}`);
        const wallet = new Wallet(key);
        return { index, signer: wallet.address.toLowerCase(), signature: wallet.signingKey.sign(digest).serialized };
      }),
    settle: async (terms, { toSeller, toBuyer, settleSeq = 0 }) => {
      const { termsId } = chain.gateway.identify('bsc', terms);
      const settlement = { settleSeq, toSeller, toBuyer, validUntil: Math.floor(Date.now() / 1_000) + 3_600 };
      const { digest } = chain.gateway.settlementPayload('bsc', termsId, settlement);
      const { to, data } = chain.gateway.settlementTransaction('bsc', terms, settlement, world.signatures(digest));
      return send(deployment.sellerKey, { to, data });
    },
    close: async () => {
      chain.close();
      provider.destroy();
      await program.kill('SIGKILL');
      rmSync(directory, { recursive: true });
    },
  };
  return world;
}
