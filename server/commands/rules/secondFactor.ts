import { AppError } from '../../errors.ts';
import {
  type AdminUser,
  type AdminUserStore,
  type Attempts,
  adminUsers,
  type HiddenTexts,
  type SealedFields,
  type SecretBox,
  type SecurityAlarm,
  type SeedField,
  type TimeCodes,
} from '../../ports/identity.ts';
import type { Clock } from '../../ports.ts';
import { codeDoors, judged, takeTry } from './tries.ts';

export interface SecondFactorDeps {
  readonly users: AdminUserStore;
  readonly attempts: Attempts;
  readonly secretBox: SecretBox;
  readonly sealedFields: SealedFields;
  readonly timeCodes: TimeCodes;
  readonly hiddenTexts: HiddenTexts;
  readonly clock: Clock;
  readonly alarm: SecurityAlarm;
}

/** A used step is remembered for longer than any server takes it for one of now. */
const rememberedMs = 3_600_000;
const sixDigits = /^\d{6}$/;

/** Where a seed of a user lies. */
export const seedPlace = (id: string, field: SeedField) => ({ collection: adminUsers, id, field });

/** How a backup code is kept: bound to its user, in one spelling. */
export const backupCodeHash = ({ hash }: HiddenTexts, userId: string, code: string) =>
  hash(`${userId}:${code.replace(/[\s-]/g, '').toUpperCase()}`);

const refused = () =>
  new AppError('code_refused', 'This code is wrong, too old, or was used before; wait for the next one.');

/** Reads a seed, and seals it anew when its key is not the one of now. */
async function readSeed(deps: SecondFactorDeps, id: string, field: SeedField, sealed: string): Promise<string> {
  const place = seedPlace(id, field);
  const seed = deps.secretBox.open(place, sealed);
  if (!deps.secretBox.isCurrent(sealed)) {
    await deps.sealedFields.replace({ ...place, sealed }, deps.secretBox.seal(place, seed));
  }
  return seed;
}

/** Uses up the time step that a code belongs to; refuses wrong codes and steps that somebody used. */
export async function useTimeCode(deps: SecondFactorDeps, userId: string, seed: string, code: string): Promise<void> {
  const now = deps.clock.now();
  const step = deps.timeCodes.stepOf(seed, code, now);
  if (step === null || !(await deps.users.claimStep(userId, step, now + rememberedMs))) throw refused();
}

/**
 * Counts a code before it is known to be right. Only who has the password or a session comes so far, so a closed door means that one of
 * them is in other hands, or that its owner erred five times; a person hears of it, once a day.
 */
export async function takeCode(deps: SecondFactorDeps, userId: string): Promise<() => Promise<void>> {
  try {
    return await takeTry(deps, ...codeDoors(userId));
  } catch (error) {
    if (error instanceof AppError && error.code === 'rate_limited') {
      const atMs = deps.clock.now();
      const day = new Date(atMs).toISOString().slice(0, 10);
      const reason = `codes of ${userId} were tried until the door closed; whoever did so has the password or a session`;
      await deps.alarm({ key: `codesTried:${userId}:${day}`, reason, atMs });
    }
    throw error;
  }
}

/** Proves the second factor of a user by a time code or a backup code, each good for one use; answers when. */
export async function proveFactor(deps: SecondFactorDeps, user: AdminUser, code: string): Promise<number> {
  const { id, seed } = user;
  if (seed === null)
    throw new AppError(
      'second_factor_missing',
      'This user has no second factor yet: begin at POST /api/payment/v1/second-factor.',
    );
  const giveBack = await takeCode(deps, id);
  await judged(giveBack, async () => {
    if (sixDigits.test(code)) await useTimeCode(deps, id, await readSeed(deps, id, 'seed', seed), code);
    else if (!(await deps.users.spendBackupCode(id, backupCodeHash(deps.hiddenTexts, id, code)))) throw refused();
  });
  return deps.clock.now();
}
