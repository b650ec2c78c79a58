import type { Redis } from 'ioredis';
import { createIssueApiKey } from '../commands/issueApiKey.ts';
import { createKnowServer } from '../commands/knowServer.ts';
import { createRevokeApiKey } from '../commands/revokeApiKey.ts';
import type { Config } from '../config.ts';
import { createReplayCache } from '../providers/identity/replayCache.ts';
import { createSecretBox } from '../providers/identity/secretBox.ts';
import { createSharedStore } from '../providers/limits/sharedStore.ts';
import type { Store } from '../store/createStore.ts';
import type { Ports } from './ports.ts';

/** Keys of marketplaces' servers: how they are issued, and how a call is known by one. */
export function serversOf(parts: { config: Config; ports: Ports; store: Store; redis: Redis | null }) {
  const { config, ports, store, redis } = parts;
  const { apiKeys } = store;
  const secretBox = createSecretBox(config.ENCRYPTION_KEYS);
  const replays = createReplayCache(redis, ports.clock.now);
  const given = { ...ports, apiKeys, secretBox };
  return {
    apiKeys,
    limitStore: (budget: string) => createSharedStore(budget, { ...ports, redis }),
    knowServer: createKnowServer({ ...given, replays }),
    commands: { issueApiKey: createIssueApiKey(given), revokeApiKey: createRevokeApiKey(given) },
  };
}
