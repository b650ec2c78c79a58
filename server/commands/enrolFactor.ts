import { AppError } from '../errors.ts';
import type { Credentials, Passwords } from '../ports/identity.ts';
import { demandFreshFactor } from './rules/freshFactor.ts';
import { type SecondFactorDeps, seedPlace } from './rules/secondFactor.ts';
import { type SessionDeps, userOfBearer } from './rules/sessionUser.ts';
import { judged, passwordDoor, takeTry } from './rules/tries.ts';

export interface EnrolFactorDeps extends SecondFactorDeps, SessionDeps {
  readonly passwords: Passwords;
}
const consoleOnly = () =>
  new AppError(
    'second_factor_missing',
    'The first seed of a second factor is printed by the console: npm run admin -- reset-factor --name <name>.',
  );

export interface EnrolFactorInput {
  readonly bearer: Credentials;
  readonly password: string;
}

/**
 * Makes a new seed that waits for its first code, for a user who has just shown the old one. The first seed comes from the console alone:
 * otherwise whoever has nothing but a password could make himself the factor that money waits for.
 */
export function createEnrolFactor(deps: EnrolFactorDeps) {
  return async function enrolFactor({ bearer, password }: EnrolFactorInput) {
    const { user } = await userOfBearer(deps, bearer);
    if (user.seed === null) throw consoleOnly();
    demandFreshFactor(bearer, deps.clock.now());
    const giveBack = await takeTry(deps, passwordDoor(user.id));
    await judged(giveBack, async () => {
      if (!(await deps.passwords.matches(user.passwordHash, password)))
        throw new AppError('login_refused', 'The password is wrong.');
    });
    const secret = deps.timeCodes.newSeed();
    const sealed = deps.secretBox.seal(seedPlace(user.id, 'pendingSeed'), secret);
    await deps.users.setPending(user.id, sealed, deps.clock.now());
    return { secret, address: deps.timeCodes.address(user.name, secret) };
  };
}
