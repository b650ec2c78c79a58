import { z } from 'zod';
import { setting, text } from './setting.ts';

/** Settings that only make sense while something is being built. */
export const developmentSettings = {
  DEVELOPMENT_ROUTES: setting(
    'tests',
    'on mounts the routes for trying the webhooks out (test, callback-test, create-test-payment, trigger-webhook); refused in production',
    z.enum(['off', 'on']).default('off'),
  ),
  CRASH_AT: setting(
    'tests',
    'kill this process at a labelled point, `<label>:<n>` or `<label>@<actor>/<signal>:<n>`; refused in production',
    text.regex(/^(.+:[1-9]\d*|)$/, 'must be <label>:<n>').default(''),
  ),
} as const;

/** Why these settings cannot go into production. */
export function unfitDevelopment(config: { readonly DEVELOPMENT_ROUTES?: 'off' | 'on' }): string[] {
  return config.DEVELOPMENT_ROUTES === 'on'
    ? ['DEVELOPMENT_ROUTES opens doors that only tests may have and must be off in production']
    : [];
}
