import { randomBytes } from 'node:crypto';

/** Addresses of the real services that `npm test` started for this run. */
export interface Services {
  readonly mongodbUri: string;
  readonly redisUrl: string;
  readonly chainUrl: string;
}

/** The services of this run; a test that needs them outside `npm test` fails with what to do. */
export function services(): Services {
  return {
    mongodbUri: given('HOLDFAST_TEST_MONGODB_URI'),
    redisUrl: given('HOLDFAST_TEST_REDIS_URL'),
    chainUrl: given('HOLDFAST_TEST_CHAIN_URL'),
  };
}

/** A connection string to a database no other test uses. */
export function uniqueDatabase(prefix = 'test'): { readonly name: string; readonly uri: string } {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  const uri = new URL(services().mongodbUri);
  uri.pathname = `/${name}`;
  return { name, uri: uri.toString() };
}

function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the test by \`npm test -- <file>\`, which starts the services`);
  return value;
}
