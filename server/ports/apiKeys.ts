import type { Actor } from '../ports.ts';

/** What a key opens; a route without a scope is open to no key. */
export const apiKeyScopes = ['read', 'trade', 'intents', 'payouts', 'reports'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];

/** The id of a key, by which a server is told from a person wherever either may stand. */
export const apiKeyIdForm = /^hfk_[0-9a-f]{24}$/;

/** A key of a marketplace's server; its secret is sealed, since a signature is checked with the secret itself. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  readonly lastUsedAtMs: number | null;
  readonly sealedSecret: string;
}

/** Where keys are kept; none is ever deleted. */
export interface ApiKeyStore {
  /** `tooMany` when there are as many live keys as there may be. */
  insert(key: ApiKey): Promise<'kept' | 'sameId' | 'tooMany'>;
  find(id: string): Promise<ApiKey | null>;
  /** Newest first. */
  list(limit: number): Promise<ApiKey[]>;
  /** The key as it is afterwards, the first revocation's time kept; null when there is none. */
  revoke(id: string, atMs: number): Promise<ApiKey | null>;
  /** Notes a use, unless one was noted after `notSinceMs`. */
  touch(id: string, atMs: number, notSinceMs: number): Promise<void>;
}

/** Tells signatures that were seen before; `unknown` when that cannot be said right now. */
export interface ReplayCache {
  first(name: string): Promise<'first' | 'seen' | 'unknown'>;
}

/** One signed call, as far as the signature speaks of it. */
export interface SignedCall {
  readonly keyId: string;
  readonly timestamp: string;
  /** 64 hex digits. */
  readonly signature: string;
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  readonly bodySha256: string;
  /** Headers that the signature covers when they are sent, by their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** A server that was known by its signature, and the user it speaks for if it named one. */
export interface KnownServer {
  readonly keyId: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly onBehalfOf: Actor | null;
}
