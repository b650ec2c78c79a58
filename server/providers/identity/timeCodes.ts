import { Secret, TOTP } from 'otpauth';
import type { TimeCodes } from '../../ports/identity.ts';

/** RFC 6238, and the only numbers that every authenticator app knows. */
const numbers = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** RFC 4226 recommends 160 bits. */
const seedBytes = 20;
/** One step to either side, for clocks that differ. */
const window = 1;

/** Time codes by otpauth. */
export const timeCodes: TimeCodes = {
  newSeed: () => new Secret({ size: seedBytes }).base32,
  address: (name, seed) =>
    new TOTP({ ...numbers, issuer: 'Holdfast', label: name, secret: Secret.fromBase32(seed) }).toString(),
  stepOf(seed, code, now) {
    const apart = TOTP.validate({ ...numbers, token: code, secret: Secret.fromBase32(seed), timestamp: now, window });
    return apart === null ? null : Math.floor(now / 1000 / numbers.period) + apart;
  },
};
