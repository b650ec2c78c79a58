import { production, setting, text } from './setting.ts';

/** Where things are kept. */
export const storeSettings = {
  MONGODB_URI: setting(
    'stores',
    'MongoDB replica set',
    text
      .regex(/^mongodb(\+srv)?:\/\/./, 'must start with mongodb:// or mongodb+srv://')
      .default('mongodb://127.0.0.1:27017/holdfast?replicaSet=rs0'),
    production,
  ),
  REDIS_URL: setting(
    'stores',
    'Redis; empty works too, only slower',
    text.regex(/^(rediss?:\/\/.|$)/, 'must start with redis:// or rediss://').default(''),
  ),
  TERMS_ARCHIVE: setting(
    'stores',
    "folder outside the database where every payment's terms are kept",
    text.default('.holdfast/terms'),
    production,
  ),
} as const;
