import { AppError } from '../errors.ts';
import type {
  AdminRole,
  AdminUser,
  AdminUserStore,
  Attempts,
  HiddenTexts,
  Passwords,
  SecretBox,
  SessionStore,
  TimeCodes,
} from '../ports/identity.ts';
import type { PayoutApprovals } from '../ports/payouts.ts';
import type { Clock, Ids } from '../ports.ts';
import { seedPlace } from './rules/secondFactor.ts';
import { accountDoor, codeDoors, type Door } from './rules/tries.ts';

export interface AdminUsersDeps {
  readonly users: AdminUserStore;
  readonly sessions: SessionStore;
  readonly payoutApprovals: Pick<PayoutApprovals, 'withdrawAllOf'>;
  readonly attempts: Pick<Attempts, 'forget'>;
  readonly hiddenTexts: Pick<HiddenTexts, 'hash'>;
  readonly passwords: Passwords;
  readonly secretBox: SecretBox;
  readonly timeCodes: TimeCodes;
  readonly clock: Clock;
  readonly ids: Ids;
}

const nameForm = /^[a-z0-9][a-z0-9._@-]{1,63}$/;
/** NIST SP 800-63B asks for 8 where there is a second factor, and for no rules about characters; more than 128 is a denial of service. */
const passwordLength = { min: 12, max: 128 };
/** More than any marketplace has. */
const listed = 1_000;

/** What an operator does at the console: no route leads here. */
export function createAdminUsers(deps: AdminUsersDeps) {
  const { users, sessions, clock } = deps;

  async function known(name: string): Promise<AdminUser> {
    const user = await users.byName(name.toLowerCase());
    if (user === null) throw new AppError('not_found', `There is no user ${name}.`);
    return user;
  }

  /** Who stands at the console opens what failures had closed. */
  async function openDoors(doors: readonly Door[]): Promise<void> {
    await Promise.all(doors.map(([door]) => deps.attempts.forget(door)));
  }

  /** Whoever had his sessions may have approved by them, so what he approved and nobody used goes as well. */
  async function endAllOf(id: string, reason: string): Promise<void> {
    await sessions.endAllOf(id, clock.now(), reason);
    await deps.payoutApprovals.withdrawAllOf(id);
  }

  async function hashOf(password: string): Promise<string> {
    const { min, max } = passwordLength;
    if (password.length < min || password.length > max)
      throw new AppError('validation_failed', `The password must have ${min} to ${max} characters.`);
    return deps.passwords.hash(password);
  }

  function newSeed({ id, name }: { id: string; name: string }) {
    const secret = deps.timeCodes.newSeed();
    const sealed = deps.secretBox.seal(seedPlace(id, 'pendingSeed'), secret);
    return { sealed, address: deps.timeCodes.address(name, secret) };
  }

  return {
    /** Creates a user whose second factor waits for its first code; answers its address, once. */
    async create(input: { name: string; role: AdminRole; password: string }): Promise<{ id: string; address: string }> {
      const name = input.name.toLowerCase();
      if (!nameForm.test(name))
        throw new AppError('validation_failed', 'The name must be 2 to 64 letters, digits, ".", "_", "@" or "-".');
      const passwordHash = await hashOf(input.password);
      const id = `adm-${deps.ids.randomBits()}`;
      const { sealed, address } = newSeed({ id, name });
      const now = clock.now();
      const user: AdminUser = {
        ...{ id, name, role: input.role, passwordHash, isDisabled: false, seed: null },
        ...{ pendingSeed: sealed, pendingAtMs: now, backupCodes: [], createdAtMs: now },
      };
      if (!(await users.insert(user))) throw new AppError('validation_failed', `The name ${name} is taken.`);
      return { id, address };
    },
    list: () => users.list(listed),
    /** Nobody can log in as this user any more, every session of his ends, and what he approved opens nothing. */
    async disable(name: string): Promise<void> {
      const { id } = await known(name);
      await users.setDisabled(id, true);
      await endAllOf(id, 'disabled');
    },
    enable: async (name: string) => users.setDisabled((await known(name)).id, false),
    /** Takes the second factor away and begins another; every session ends. */
    async resetFactor(name: string): Promise<{ address: string }> {
      const user = await known(name);
      const { sealed, address } = newSeed(user);
      await users.dropFactor(user.id);
      await users.setPending(user.id, sealed, clock.now());
      await endAllOf(user.id, 'the second factor was reset');
      await openDoors(codeDoors(user.id));
      return { address };
    },
    async setPassword(name: string, password: string): Promise<void> {
      const { id } = await known(name);
      await users.setPassword(id, await hashOf(password));
      await endAllOf(id, 'the password was changed');
      await openDoors([accountDoor(deps.hiddenTexts, name)]);
    },
  };
}
