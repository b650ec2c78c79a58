import { z } from 'zod';
import { endpoint, envelope } from '../endpoint.ts';

const name = z.string().min(1).max(64);
const password = z.string().min(1).max(128);
const refreshToken = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be a refresh token');
const code = z
  .string()
  .regex(/^(\d{6}|[A-Za-z2-7]{4}(-?[A-Za-z2-7]{4}){3})$/, 'must be six digits or a backup code')
  .meta({ examples: ['492039'] });
const sixDigits = z.string().regex(/^\d{6}$/, 'must be six digits');
const time = z.iso.datetime();

/** What every route with a body may answer; those behind a token are given it by their policy. */
const unread = ['validation_failed', 'malformed_json', 'payload_too_large', 'unsupported_media_type'] as const;

const access = {
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresAt: time,
};
const session = envelope(
  z.strictObject({
    ...access,
    refreshToken: z.string(),
    refreshUntil: time.meta({ description: 'The end of the session, however often it is refreshed' }),
    secondFactor: z.enum(['set', 'missing']),
  }),
);

export const openSession = endpoint({
  operation: 'POST /api/payment/v1/sessions',
  summary: 'Log an admin user in',
  description:
    'Users with a second factor send a code as well; the access token then counts as stepped up. Too many failures of a name, or of an ' +
    'address, close the door for a while, and the refusal says for how long.',
  body: z.strictObject({ name, password, code: code.exactOptional() }),
  answer: session,
  problems: [...unread, 'login_refused', 'code_required', 'code_refused', 'busy', 'not_ready'],
});

export const refreshSession = endpoint({
  operation: 'POST /api/payment/v1/sessions/refresh',
  summary: 'Exchange a refresh token for new tokens',
  description:
    'Each refresh token is good for one exchange; the same client may repeat it for 10 seconds and gets the same answer. One that comes again after ' +
    'that ends the session, since somebody else has a copy.',
  body: z.strictObject({ refreshToken }),
  answer: session,
  problems: [...unread, 'session_ended', 'busy', 'not_ready'],
});

export const endSession = endpoint({
  operation: 'POST /api/payment/v1/sessions/end',
  summary: 'Log out: end the session of a refresh token',
  body: z.strictObject({ refreshToken }),
  answer: z.strictObject({ success: z.literal(true) }),
  problems: [...unread, 'busy'],
});

export const stepUp = endpoint({
  operation: 'POST /api/payment/v1/sessions/step-up',
  summary: 'Prove the second factor, as money routes demand it',
  description: 'Answers an access token that carries the time of the proof; money routes take it for 5 minutes.',
  body: z.strictObject({ code }),
  answer: envelope(z.strictObject({ ...access, steppedUpUntil: time })),
  problems: ['code_refused', 'second_factor_missing', 'session_ended', 'rate_limited'],
});

export const enrolFactor = endpoint({
  operation: 'POST /api/payment/v1/second-factor',
  summary: 'Begin another second factor: a seed for an authenticator app',
  description:
    'It counts once its first code is confirmed, within 24 hours. The user must have stepped up by the old one; the first seed comes from the console.',
  body: z.strictObject({ password }),
  answer: envelope(
    z.strictObject({ address: z.string().meta({ description: 'otpauth:// address, shown once' }), secret: z.string() }),
  ),
  problems: [
    'login_refused',
    'second_factor_missing',
    'step_up_required',
    'session_ended',
    'rate_limited',
    'not_ready',
  ],
});

export const confirmFactor = endpoint({
  operation: 'POST /api/payment/v1/second-factor/confirm',
  summary: 'Confirm a second factor by its first code',
  description: 'Answers ten backup codes, each good for one use and shown once. Other sessions of the user end.',
  body: z.strictObject({ code: sixDigits }),
  answer: envelope(z.strictObject({ ...access, backupCodes: z.array(z.string()) })),
  problems: ['code_refused', 'second_factor_missing', 'session_ended', 'rate_limited', 'not_ready'],
});
