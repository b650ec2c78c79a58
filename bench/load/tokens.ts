import type { Role } from '../../server/ports.ts';
import { createTokens } from '../../server/tokens.ts';
import { secrets } from '../settings.ts';

const tokens = createTokens({ secret: secrets.jwt, publicKey: '', issuer: 'holdfast', audience: 'holdfast' });
const longestRunSeconds = 6 * 3_600;

/** The header of somebody who is logged in. */
export const bearer = (role: Role, userId: string) => ({
  authorization: `Bearer ${tokens.sign({ userId, role }, longestRunSeconds)}`,
});
