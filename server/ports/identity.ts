import type { Actor, Role } from '../ports.ts';

/** Where a secret lies; a ciphertext that was moved to another place is refused. */
export interface SecretPlace {
  readonly collection: string;
  readonly id: string;
  readonly field: string;
}

/** Encryption at rest. */
export interface SecretBox {
  /** Throws `AppError('not_ready')` when no key is configured. */
  seal(place: SecretPlace, secret: string): string;
  /** Throws `SealBroken` when the text was changed, cut, moved, or sealed under a key that is not configured. */
  open(place: SecretPlace, sealed: string): string;
  /** Whether the text is sealed under the key that seals now. */
  isCurrent(sealed: string): boolean;
}

/** A sealed text with its place. */
export interface SealedField extends SecretPlace {
  readonly sealed: string;
}

/** Sealed fields of the whole database, for the change of keys. */
export interface SealedFields {
  /** The next fields after a place, in the order of collection, field and id; `null` begins. */
  page(after: SecretPlace | null, limit: number): Promise<readonly SealedField[]>;
  /** False when the field holds something else by now. */
  replace(field: SealedField, sealed: string): Promise<boolean>;
}

/** What a bearer token says beside who asks. */
export interface Credentials {
  /** Present in tokens of our own sessions only. */
  readonly sessionId?: string;
  /** When the bearer last proved a second factor. */
  readonly factorAtMs?: number;
}
export type Bearer = Actor & Credentials & { readonly expiresAtMs: number };

// ---- admin users of our own ------------------------------------------------------------------------------------------------

/** Roles that our own users may have; buyers and sellers are the marketplace's. */
export type AdminRole = Extract<Role, 'admin' | 'auditor'>;

/** The collection of admin users, part of the place of their seeds. */
export const adminUsers = 'admin_users';
/** Fields of an admin user that hold sealed seeds. */
export type SeedField = 'seed' | 'pendingSeed';

/** An admin user; seeds are sealed, codes and the password are hashed. */
export interface AdminUser {
  readonly id: string;
  readonly name: string;
  readonly role: AdminRole;
  readonly passwordHash: string;
  readonly isDisabled: boolean;
  /** The confirmed second factor. */
  readonly seed: string | null;
  /** One that waits for its first code. */
  readonly pendingSeed: string | null;
  readonly pendingAtMs: number;
  readonly backupCodes: readonly string[];
  readonly createdAtMs: number;
}

/** Admin users; every change is one conditional write. */
export interface AdminUserStore {
  /** False when the name is taken. */
  insert(user: AdminUser): Promise<boolean>;
  byName(name: string): Promise<AdminUser | null>;
  byId(id: string): Promise<AdminUser | null>;
  list(limit: number): Promise<readonly AdminUser[]>;
  setDisabled(id: string, isDisabled: boolean): Promise<void>;
  setPassword(id: string, passwordHash: string): Promise<void>;
  setPending(id: string, sealed: string, atMs: number): Promise<void>;
  /** Makes the pending seed the factor; false when another one is pending by now. */
  confirm(id: string, pendingSeed: string, factor: { seed: string; backupCodes: readonly string[] }): Promise<boolean>;
  /** Forgets the factor and its codes. */
  dropFactor(id: string): Promise<void>;
  /** True for whoever spends a code first. */
  spendBackupCode(id: string, hash: string): Promise<boolean>;
  /** True for whoever uses a time step first; kept until `untilMs`. */
  claimStep(id: string, step: number, untilMs: number): Promise<boolean>;
}

/** One log-in and everything that was refreshed from it. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly endedAtMs: number | null;
}

/** A refresh token as it is kept: never the token itself. */
export interface RefreshToken {
  readonly hash: string;
  readonly sessionId: string;
  /** When it was exchanged, by whom, and for what: the next token, readable with this one alone. */
  readonly usedAtMs: number | null;
  readonly usedBy: string;
  readonly next: string;
}

/** Sessions and their refresh tokens. */
export interface SessionStore {
  open(session: Session, tokenHash: string): Promise<void>;
  session(id: string): Promise<Session | null>;
  token(hash: string): Promise<RefreshToken | null>;
  /** Adds the next token of a session. */
  addToken(session: Session, hash: string): Promise<void>;
  /** True for whoever exchanges the token first. */
  spend(token: Omit<RefreshToken, 'sessionId' | 'usedAtMs'> & { readonly usedAtMs: number }): Promise<boolean>;
  /** False when the session had ended before. */
  end(id: string, atMs: number, why: string): Promise<boolean>;
  /** Ends the sessions of a user, all but one when it is named. */
  endAllOf(userId: string, atMs: number, why: string, except?: string): Promise<void>;
}

/** How many tries there may be within a sliding time. */
export interface TryLimit {
  readonly max: number;
  readonly windowMs: number;
  /** After so many a pause since the last one is due, which doubles with each. */
  readonly growing?: { readonly free: number; readonly firstMs: number; readonly longestMs: number };
}

/** A try that was counted, or when the next one is admitted: there were too many, or the last was too short ago. */
export type TakenTry = { readonly tryId: string } | { readonly opensAtMs: number };

/** Tries within a sliding time, counted for all processes together; unreachable counters refuse (`busy`). */
export interface Attempts {
  take(name: string, limit: TryLimit, now: number): Promise<TakenTry>;
  /** A try that succeeded does not count. */
  giveBack(name: string, tryId: string): Promise<void>;
  /** Forgets every try under a name. */
  forget(name: string): Promise<void>;
  /** Keeps a name until a time. */
  remember(name: string, untilMs: number): Promise<void>;
  remembers(name: string, now: number): Promise<boolean>;
}

// ---- what is computed ------------------------------------------------------------------------------------------------------

export interface Passwords {
  hash(password: string): Promise<string>;
  /** As much work for somebody who does not exist (`null`) as for anybody. */
  matches(hash: string | null, password: string): Promise<boolean>;
}

/** Codes of an authenticator app (RFC 6238: 30 s, six digits). */
export interface TimeCodes {
  newSeed(): string;
  /** The otpauth:// address that an app reads. */
  address(name: string, seed: string): string;
  /** The time step that the code belongs to, one step around now; null when it is of none. */
  stepOf(seed: string, code: string, now: number): number | null;
}

/** Random texts that are kept as hashes. */
export interface HiddenTexts {
  /** 256 random bits. */
  refreshToken(): string;
  /** 80 random bits, in groups that a person can type. */
  backupCode(): string;
  hash(text: string): string;
  /** Hides the next token so that only the holder of this one can read it. */
  hideNext(token: string, next: string): string;
  readNext(token: string, hidden: string): string;
}

/** Access tokens of our own sessions. */
export interface AccessTokens {
  sign(actor: Actor & Credentials): { readonly token: string; readonly expiresAtMs: number };
}

/** Something that a person has to hear of. */
export type SecurityAlarm = (event: {
  readonly key: string;
  readonly reason: string;
  readonly atMs: number;
}) => Promise<void>;
