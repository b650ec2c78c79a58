import type { Express } from 'express';
import { createApp } from '../../server/app.ts';
import type { AppDeps } from '../../server/http/appDeps.ts';

/** Whatever is asked of it is there, and nothing of it works: enough to mount routes that are never called. */
const idle: unknown = new Proxy(() => undefined, {
  get: (_target, name) => (name === Symbol.toPrimitive || name === 'then' ? undefined : idle),
  apply: () => {
    throw new Error('this app is only looked at');
  },
});

const settings: AppDeps['settings'] = {
  publicUrl: 'http://127.0.0.1',
  webhookKeys: [],
  webhookSources: null,
  ackStatus: 202,
  legacySignature: 'off',
  allowedOrigins: [],
  metrics: { token: '', open: true },
  trustProxy: 0,
  invoicePollSeconds: 60,
  stepUpRequired: false,
  rateLimits: { anonymousPerMinute: 1, readPerMinute: 1, hintPerMinute: 1, createPerMinute: 1, moneyPerMinute: 1 },
};

/** The app with all its routes and nothing behind them, to be looked at. */
export function idleApp({ development }: { readonly development: boolean }): Express {
  const tools = development ? (idle as AppDeps['development']) : null;
  const given: Partial<AppDeps> = { settings, development: tools, limitStore: undefined, atEnd: () => undefined };
  const deps = new Proxy(given as AppDeps, {
    get: (target, name) => (name in target ? Reflect.get(target, name) : idle),
  });
  return createApp(deps);
}
