import { z } from 'zod';
import { list, production, setting, text, url, whole } from './setting.ts';

const isOrigin = (value: string) => URL.canParse(value) && new URL(value).origin === value;
const origins = list.pipe(
  z.array(z.string().refine(isOrigin, 'must be exact origins as browsers send them, e.g. https://shop.example')),
);

const roleNames = ['web', 'worker', 'monitor'] as const;
const roles = text
  .default(roleNames.join(','))
  .transform((value) => value.split(',').map((item) => item.trim()))
  .pipe(z.array(z.enum(roleNames)).min(1));

/** What a process does, where it listens and how much it takes. */
export const servingSettings = {
  NODE_ENV: setting(
    'server',
    'production refuses to start with anything missing or unsafe',
    z.enum(['development', 'test', 'production']).default('development'),
  ),
  PORT: setting('server', 'port of the HTTP and Socket.IO server', whole(0, 65_535, 4000)),
  HOST: setting('server', 'address to listen on', text.default('127.0.0.1')),
  PUBLIC_URL: setting(
    'server',
    'where the world reaches this server; part of every callback url, so change it rarely',
    url(/^https?$/).default('http://127.0.0.1:4000'),
    production,
  ),
  ROLES: setting('server', 'what this process does, one or more of web,worker,monitor', roles),
  ALLOWED_ORIGINS: setting(
    'server',
    'exact origins of browsers that may call HTTP and sockets, comma-separated',
    origins,
  ),
  TRUST_PROXY: setting('server', 'number of trusted reverse proxies in front', whole(0, 10, 0)),
  RATE_LIMIT_PER_MINUTE: setting(
    'server',
    'requests a minute: of an address on routes that anybody can call, of a user on those that read; a tenth of it on those that open or look',
    whole(1, 1_000_000, 600),
  ),
  MAX_CONNECTIONS: setting(
    'server',
    'open connections of this process, sockets counted in; what comes beyond is closed at once',
    whole(10, 1_000_000, 10_000),
  ),
  LOG_LEVEL: setting(
    'server',
    'pino level',
    z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  ),
  METRICS_TOKEN: setting(
    'server',
    'bearer token of whoever scrapes GET /metrics; without it production has no such route',
    text.default(''),
    { secret: true },
  ),
} as const;
