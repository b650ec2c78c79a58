import { pino } from 'pino';
import type { Logger } from './ports.ts';

/** Secrets that could ever be handed to a log call by name; paths of pino's redact. */
const redacted = [
  'req.headers.authorization',
  'req.headers.cookie',
  'req.headers["x-shkeeper-api-key"]',
  '*.apiKey',
  '*.password',
  '*.secret',
  '*.token',
  '*.privateKey',
];

/** Creates the structured logger: JSON lines, ids instead of bodies, secrets redacted. */
export function createLogger(level: string): Logger {
  return pino({ level, redact: { paths: redacted, censor: '[redacted]' } });
}
