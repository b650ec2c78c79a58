import { createSecretKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jwt from 'jsonwebtoken';
import { MongoClient } from 'mongodb';
import { secretsOf } from '../../../scripts/sandbox/secrets.ts';
import { sandboxDefaults } from '../../../scripts/sandbox/settings.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../scripts/sandbox.ts';
import { keepLogs, plantAll } from '../../support/canaries.ts';
import { type ChainTools, createChainTools } from './chainTools.ts';

export type Json = Record<string, unknown>;
export interface Answer {
  readonly status: number;
  /** When a call is to be repeated, as the answer states it. */
  readonly retryAfter: string | null;
  readonly body: Json;
  readonly data: Json;
}

/** How a call is made; a string body goes out as it is. */
export interface Call {
  readonly token?: string;
  readonly body?: unknown;
  /** Which server is asked; the stage's choice by default. */
  readonly server?: number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A whole product of its own: real processes, real stores, a real chain, the provider's simulator. */
export interface Stage {
  readonly sandbox: Sandbox;
  readonly directory: string;
  /** What every server of this stage is told. */
  readonly environment: Readonly<Record<string, string>>;
  readonly chain: ChainTools;
  /** How many times as long as usual a step may take, where its server dies more than once on the way. */
  readonly patience?: number;
  readonly mongo: MongoClient;
  token(userId: string, role: string): string;
  call(method: string, path: string, options?: Call): Promise<Answer>;
  /** The simulator's control API. */
  control(path: string, body?: unknown): Promise<Json>;
  close(): Promise<void>;
}

/** What a single call may take before the test calls it hung; the server's own limits are far below. */
const callLimitMs = 20_000;

/** Users of every stage. */
export const people = { buyer: 'stage-buyer', seller: 'stage-seller', rival: 'stage-rival', admin: 'stage-admin' };

/** Where stages lie: where `npm test` keeps its databases, or among the temporary files. */
export const stageFolder = () => process.env.HOLDFAST_TEST_FOLDER || tmpdir();

/** Starts a stage in a folder of its own; `close` leaves nothing behind. */
export async function openStage(options: SandboxOptions = {}): Promise<Stage> {
  const directory = options.directory ?? mkdtempSync(join(stageFolder(), 'holdfast-stage-'));
  const sandbox = await startSandbox({ environment: {}, temporary: true, quiet: true, ...options, directory });
  const { info } = sandbox;
  plantAll({ ...secretsOf(directory, {}), ...info.deployment });
  const mongo = await new MongoClient(info.mongodbUri).connect();
  const chain = createChainTools(info);
  const key = createSecretKey(Buffer.from(info.jwtSecret));
  return {
    sandbox,
    directory,
    environment: sandboxDefaults(info, secretsOf(directory, {}), directory),
    chain,
    mongo,
    token: (userId, role) =>
      jwt.sign({ role }, key, { subject: userId, issuer: info.jwtIssuer, audience: info.jwtAudience, expiresIn: 3600 }),
    call: (method, path, call = {}) => callAt(String(sandbox.servers[call.server ?? 0]?.url), method, path, call),
    control: (path, body) => control(info.simulatorUrl, path, body),
    async close() {
      chain.close();
      await mongo.close();
      await sandbox.stop();
      keepLogs(directory);
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** One HTTP call; throws fetch's TypeError when nobody answers. */
export async function callAt(url: string, method: string, path: string, call: Call = {}): Promise<Answer> {
  const { token, body, headers = {} } = call;
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(callLimitMs),
  });
  const text = await answer.text();
  const parsed = text.startsWith('{') ? (JSON.parse(text) as Json) : { text };
  const retryAfter = answer.headers.get('retry-after');
  return { status: answer.status, retryAfter, body: parsed, data: (parsed.data ?? parsed) as Json };
}

async function control(simulatorUrl: string, path: string, body?: unknown): Promise<Json> {
  const answer = await fetch(`${simulatorUrl}/control/${path}`, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(callLimitMs),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`control/${path} answered ${answer.status}: ${text}`);
  return text.startsWith('{') ? (JSON.parse(text) as Json) : { list: JSON.parse(text || '[]') };
}
