import { z } from 'zod';
import { setting } from './setting.ts';

/** Settings that only make sense while something is being built. */
export const developmentSettings = {
  DEVELOPMENT_ROUTES: setting(
    'tests',
    'on mounts the routes for trying the webhooks out (test, callback-test, create-test-payment, trigger-webhook); refused in production',
    z.enum(['off', 'on']).default('off'),
  ),
} as const;

/** Why these settings cannot go into production. */
export function developmentUnfit(config: { readonly DEVELOPMENT_ROUTES?: 'off' | 'on' }): string[] {
  return config.DEVELOPMENT_ROUTES === 'on'
    ? ['DEVELOPMENT_ROUTES opens doors that only tests may have and must be off in production']
    : [];
}
