import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { HDNodeWallet, hexlify, randomBytes, Wallet } from 'ethers';
import { type DeployRequest, deployEscrow } from '../../scripts/deploy/deployEscrow.ts';
import { checkParameters, type EscrowParameters } from '../../scripts/deploy/parameters.ts';
import { Refusal } from '../../scripts/deploy/refusal.ts';
import { freePort } from '../../scripts/services/freePort.ts';
import { startProgram } from '../../scripts/services/program.ts';
import { anvilPath } from '../../scripts/services/programPath.ts';
import { rpc } from '../../scripts/services/rpc.ts';
import { waitUntil } from '../../scripts/services/waitUntil.ts';

/** A chain of its own for these tests, which mines at once. */
export interface TestChain {
  readonly chainId: number;
  readonly url: string;
  ask(method: string, ...params: unknown[]): Promise<unknown>;
  codeAt(address: string): Promise<string>;
  /** Transactions that the deployer has sent. */
  sent(): Promise<number>;
  stop(): Promise<void>;
}

// The first account of the development mnemonic, which every anvil funds.
const deployer = HDNodeWallet.fromPhrase(
  'test test test test test test test test test test test junk',
  undefined,
  "m/44'/60'/0'/0/0",
);
export const deployerKey = deployer.privateKey;
export const tokenAddress = '0x00000000000000000000000000000000000070c1';
/** Answers every call with 18, which is all that is asked of a token here: push 18, mstore, return. */
const TOKEN_CODE = '0x601260005260206000f3';
const READY_LIMIT_MS = 30_000;

/** Starts an anvil; `options` are its own, e.g. `--hardfork paris`. */
export async function startChain(directory: string, chainId: number, ...options: string[]): Promise<TestChain> {
  const port = await freePort();
  const program = await startProgram({
    name: `anvil-${chainId}`,
    command: anvilPath(),
    args: ['--port', String(port), '--chain-id', String(chainId), '--quiet', ...options],
    directory,
  });
  const url = `http://127.0.0.1:${port}`;
  const ask = (method: string, ...params: unknown[]) => rpc(url, method, params);
  const answers = () => ask('eth_chainId').then(Boolean, () => false);
  if (!(await waitUntil(answers, READY_LIMIT_MS))) throw new Error(program.lastLines());
  await ask('anvil_setCode', tokenAddress, TOKEN_CODE);
  return {
    chainId,
    url,
    ask,
    codeAt: async (address) => String(await ask('eth_getCode', address, 'latest')),
    sent: async () => Number(await ask('eth_getTransactionCount', deployer.address, 'latest')),
    stop: () => program.stop(),
  };
}

/** A JSON-RPC request on its way to a chain. */
export interface Passing {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What happens to a request: it goes through, its connection breaks before the chain has it, or after. */
export type Verdict = 'pass' | 'breakBefore' | 'breakAfter';

/** What a gate is told to do. */
export interface GateRules {
  judge(passing: Passing): Verdict;
  /** Called before a connection breaks. */
  breaks(): void;
}

/** A node in front of a chain that breaks connections where a test wants it to; the rules may change while it runs. */
export async function startGate(chain: TestChain, rules: GateRules) {
  const server = createServer(async (request, response) => {
    const text = await bodyOf(request);
    const verdict = rules.judge(JSON.parse(text));
    const cutOff = () => {
      rules.breaks();
      request.socket.destroy();
    };
    if (verdict === 'breakBefore') return cutOff();
    const headers = { 'content-type': 'application/json' };
    const answer = await (await fetch(chain.url, { method: 'POST', headers, body: text })).text();
    if (verdict === 'breakAfter') return cutOff();
    response.writeHead(200, headers).end(answer);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

/** An address nobody has used. */
export const freshAddress = () => Wallet.createRandom().address;

/** The JSON of an operator: parameters of an escrow that no other test deploys. */
export function freshParameters(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  const signers = [freshAddress(), freshAddress(), freshAddress()];
  const seats = { signers, threshold: 2, guardian: freshAddress(), treasury: freshAddress() };
  return { ...seats, feeCapBps: 1_000, disputeTimeoutDays: 45, ...overrides };
}

/** An entry of the networks file, without an escrow. */
export function entryOf(name: string, chain: { chainId: number; url: string }, overrides: object = {}) {
  return {
    name,
    chainId: chain.chainId,
    rpcUrls: [chain.url],
    refundWallet: '0x00000000000000000000000000000000000000f1',
    shkeeperHotWallet: '0x00000000000000000000000000000000000000f2',
    finality: { confirmations: 1, minimumAgeSeconds: 0 },
    tokens: [{ symbol: 'USDT', address: tokenAddress, decimals: 18, shkeeperName: 'BNB-USDT' }],
    ...overrides,
  };
}

/** A networks file and a folder for journals, of one test. */
export function openDesk(directory: string, entries: readonly object[]) {
  const folder = path.join(directory, hexlify(randomBytes(6)));
  mkdirSync(folder, { recursive: true });
  const networksFile = path.join(folder, 'networks.json');
  const journals = path.join(folder, 'deployments');
  const write = (content: readonly object[]) =>
    writeFileSync(networksFile, `${JSON.stringify({ networks: content }, null, 2)}\n`);
  write(entries);
  const text = () => readFileSync(networksFile, 'utf8');
  return {
    folder,
    networksFile,
    journals,
    write,
    text,
    entries: (): Record<string, unknown>[] => JSON.parse(text()).networks,
    /** Runs a deployment at this desk; answers its outcome and what it said. */
    async run(network: string, parameters: object, overrides: Partial<DeployRequest> = {}) {
      const said: string[] = [];
      const outcome = await deployEscrow({
        network,
        networksFile,
        journals,
        parameters: parametersOf(parameters),
        deployerKey,
        dryRun: false,
        say: (line) => said.push(line),
        ...overrides,
      });
      return { ...outcome, said };
    },
  };
}

export const parametersOf = (parameters: object): EscrowParameters => checkParameters(parameters);

/** The screen of a refusal; throws when the work was not refused. */
export async function refusalOf(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof Refusal) return [error.message, ...error.reasons].join('\n');
    throw error;
  }
  throw new Error('it was not refused');
}
