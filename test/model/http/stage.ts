import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Wallet } from 'ethers';
import { MongoClient } from 'mongodb';
import { createAuditBooks } from '../../../server/commands/auditBooks.ts';
import { loadConfig } from '../../../server/config.ts';
import { createLogger } from '../../../server/logger.ts';
import type { Role } from '../../../server/ports.ts';
import { signBody } from '../../../server/providers/shkeeper/signature.ts';
import { startSimulator } from '../../../server/providers/shkeeper/simulator/simulator.ts';
import { projectedFields } from '../../../server/store/auditedBooks.ts';
import { createTokens } from '../../../server/tokens.ts';
import { type ChainWorld, openChainWorld } from '../../providers/chain/chainWorld.ts';
import { plant } from '../../support/canaries.ts';
import { createTestClock, type TestClock } from '../../support/clock.ts';
import { uniqueDatabase } from '../../support/services.ts';
import { type ModelServer, startServer } from './server.ts';

export type Body = Record<string, unknown>;
export interface Answer {
  readonly status: number;
  readonly body: Body;
  /** What the answer envelops, or the body itself. */
  readonly data: Body;
}

/** The whole product in this process, over a real database, a real chain and the provider's simulator; time passes as it is told. */
export interface HttpStage {
  readonly chain: ChainWorld;
  readonly clock: TestClock;
  server(): ModelServer;
  call(role: Role, method: 'GET' | 'POST' | 'PUT', path: string, body?: Body, key?: string): Promise<Answer>;
  /** A delivery of the provider, signed with its key unless another one is given. */
  deliver(path: string, body: Body, key?: string): Promise<Answer>;
  /** Lets time pass for the server and the chain. */
  advance(ms: number): Promise<void>;
  /** Replaces the last blocks by empty ones; the chain's clock goes on. */
  reorganise(depth: number): Promise<void>;
  /** The provider sends what it was asked to send, and looks at the chain. */
  providerWorks(): Promise<void>;
  restart(): Promise<void>;
  /** Forgets everything in the database, and sets the server's clock by the chain's. */
  reset(): Promise<void>;
  /** What is wrong with the books, by the audit of the whole database against the chain. */
  audit(): Promise<string[]>;
  close(): Promise<void>;
}

const apiKey = plant('SHKEEPER_API_KEY of the model', 'a key of the model, long enough');
const jwtSecret = plant('JWT_SECRET of the model', 'a secret of the model, 32 characters and more');
const payout = { SHKEEPER_PAYOUT_USER: 'payer', SHKEEPER_PAYOUT_PASSWORD: 'payer-password' };
/** How long a buyer has to pay; no run lasts that long unless it is told to. */
export const intentTtlMinutes = 120;
const mostTries = 5;
/** Enough for all payouts of a stage. */
const hotWalletFunds = 10n ** 23n;

const configOf = (directory: string, simulatorUrl: string) =>
  loadConfig({
    ...{ NODE_ENV: 'test', PUBLIC_URL: 'http://127.0.0.1:9', MONGODB_URI: uniqueDatabase('model').uri, REDIS_URL: '' },
    ...{ JWT_SECRET: jwtSecret, TERMS_ARCHIVE: join(directory, 'terms'), LOG_LEVEL: 'silent' },
    ...{ SHKEEPER_URL: simulatorUrl, SHKEEPER_API_KEY: apiKey, ...payout },
    ...{ INTENT_TTL_MINUTES: String(intentTtlMinutes), PAYOUT_MANUAL_AFTER_SECONDS: '604800' },
    // Many stories share a stage and its day.
    ...{ PAYOUT_MOST: '1000000', PAYOUT_MOST_PER_DAY: '1000000000' },
  });

async function startProvider({ url, deployment }: ChainWorld) {
  const { chainId, hotWalletKey, token } = deployment;
  const { SHKEEPER_PAYOUT_USER: payoutUser, SHKEEPER_PAYOUT_PASSWORD: payoutPassword } = payout;
  const simulator = await startSimulator({
    ...{ rpcUrl: url, chainId, apiKey, payoutUser, payoutPassword, hotWalletKey, tickMs: 0, sweepDelayMs: 0 },
    coins: [{ name: 'BNB-USDT', tokenAddress: token, decimals: 18, symbol: 'USDT' }],
  });
  const control = async (path: string, body: Body) => {
    const answer = await fetch(`${simulator.url}/control/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(`control/${path} answered ${answer.status}`);
  };
  // its calls would come at moments of their own; the model makes them instead
  await control('switches', { noCallback: true, payoutCallback: false, walletMs: 0, holdPayouts: true });
  return { simulator, control };
}

/** Opens a stage; `close` leaves nothing behind. */
export async function openHttpStage(): Promise<HttpStage> {
  const chain = await openChainWorld();
  const { simulator, control } = await startProvider(chain);
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-model-'));
  const config = configOf(directory, simulator.url);
  const client = new MongoClient(config.MONGODB_URI);
  const clock = createTestClock(Date.now());
  let server = await startServer({ config, chain: chain.chain, clock });
  await chain.pay(new Wallet(chain.deployment.hotWalletKey).address, hotWalletFunds, chain.deployment.buyerKey);
  const tokens = createTokens({
    secret: jwtSecret,
    publicKey: '',
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
  });
  const bearers = new Map<Role, string>();
  const bearer = (role: Role) => {
    const known = bearers.get(role) ?? `Bearer ${tokens.sign({ userId: `${role}-1`, role }, 86_400)}`;
    bearers.set(role, known);
    return known;
  };

  async function send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
    const given = body === undefined ? {} : { body };
    const json = { 'content-type': 'application/json', ...headers };
    const ask = () => fetch(`${server.url}${path}`, { method, headers: json, ...given });
    let answer = await ask();
    // a busy machine may be too slow for a limit of the server; whoever reads that may repeat the call unchanged
    for (let tries = 1; answer.status === 503 && tries < mostTries; tries += 1) answer = await ask();
    const parsed = (await answer.json()) as Body;
    return { status: answer.status, body: parsed, data: (parsed.data ?? parsed) as Body };
  }

  /** When a block would be mined now, as the chain has it. */
  const chainTimeMs = async () => {
    const block = await chain.rpc<{ timestamp: string }>('eth_getBlockByNumber', ['pending', false]);
    return Number(block.timestamp) * 1000;
  };

  const restart = async () => {
    await server.close();
    server = await startServer({ config, chain: chain.chain, clock });
  };

  return {
    ...{ chain, clock, restart },
    server: () => server,
    call: (role, method, path, body, key) => {
      const headers = { authorization: bearer(role), ...(key === undefined ? {} : { 'idempotency-key': key }) };
      return send(method, path, headers, body === undefined ? undefined : JSON.stringify(body));
    },
    deliver: (path, body, key = apiKey) => {
      const text = JSON.stringify(body);
      const seconds = Math.floor(clock.now() / 1000);
      const signature = signBody(key, seconds, Buffer.from(text));
      return send('POST', path, { 'x-shkeeper-timestamp': String(seconds), 'x-shkeeper-signature': signature }, text);
    },
    async advance(ms) {
      clock.advance(ms);
      await chain.rpc('evm_increaseTime', [Math.ceil(ms / 1000)]);
    },
    async reorganise(depth) {
      await chain.reorganise(depth);
      const behind = clock.now() - (await chainTimeMs());
      if (behind > 0) await chain.rpc('evm_increaseTime', [Math.ceil(behind / 1000)]);
    },
    async providerWorks() {
      await control('switches', { holdPayouts: false });
      await control('tick', {});
      await control('switches', { holdPayouts: true });
    },
    async reset() {
      await Promise.all((await client.db().collections()).map((collection) => collection.deleteMany({})));
      clock.advance((await chainTimeMs()) - clock.now());
    },
    async audit() {
      const { auditedBooks, digest } = server.store;
      const { reader, gateway, books } = chain.chain;
      const audit = createAuditBooks({
        ...{ auditedBooks, chainBooks: books, chain: reader, gateway, digest, projectedFields, clock },
        ...{ logger: createLogger('silent'), manualAfterMs: config.PAYOUT_MANUAL_AFTER_SECONDS * 1000 },
        pause: async () => undefined,
      });
      const { violations, parked } = await audit();
      return [...violations, ...parked].map((one) => JSON.stringify(one));
    },
    async close() {
      await server.close();
      await simulator.stop();
      await client.db().dropDatabase();
      await client.close();
      await chain.close();
      rmSync(directory, { recursive: true });
    },
  };
}
