/** What every process of the bench agrees on. */
export const secrets = {
  jwt: 'a secret of the bench, 32 characters and more',
  apiKey: 'the api key of the bench',
} as const;

/** The environment of the server under test: the whole product in the role of a web process, so that nothing else takes its core. */
export function serverEnvironment(parts: { mongodbUri: string; redisUrl?: string; folder: string }) {
  return {
    NODE_ENV: 'test',
    PUBLIC_URL: 'http://127.0.0.1',
    ROLES: 'web',
    MONGODB_URI: parts.mongodbUri,
    REDIS_URL: parts.redisUrl ?? '',
    JWT_SECRET: secrets.jwt,
    SHKEEPER_API_KEY: secrets.apiKey,
    TERMS_ARCHIVE: `${parts.folder}/terms`,
    RATE_LIMIT_PER_MINUTE: '1000000',
    LOG_LEVEL: 'error',
  };
}
