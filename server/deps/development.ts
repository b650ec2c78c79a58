import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { DevelopmentTools } from '../http/development.ts';
import { createShkeeperClient } from '../providers/shkeeper/client.ts';
import { ShkeeperError } from '../providers/shkeeper/shkeeperError.ts';

/** Our own webhook answers within a second; a machine that is busy may take some more. */
const deliverWithinMs = 10_000;
/** A problem document has some hundred characters. */
const answerMax = 4_096;

/** The outside of the development routes; null where they are off, and production refuses to start with them on. */
export function developmentOf(config: Config, webhookUrl: string): DevelopmentTools | null {
  if (config.DEVELOPMENT_ROUTES !== 'on' || config.NODE_ENV === 'production') return null;
  const client = createShkeeperClient({ url: config.SHKEEPER_URL, apiKey: config.SHKEEPER_API_KEY });
  return {
    async listCoins() {
      try {
        return await client.listCoins();
      } catch (error) {
        if (!(error instanceof ShkeeperError)) throw error;
        throw new AppError('provider_failed', error.message, { details: { providerCode: error.code }, cause: error });
      }
    },
    async deliver(rawBody, headers) {
      const signal = AbortSignal.timeout(deliverWithinMs);
      try {
        const answer = await fetch(webhookUrl, {
          ...{ method: 'POST', redirect: 'error', signal, body: new Uint8Array(rawBody) },
          headers: { 'Content-Type': 'application/json', ...headers },
        });
        return { status: answer.status, body: (await answer.text()).slice(0, answerMax) };
      } catch (cause) {
        throw new AppError('busy', 'Our own webhook did not answer; PUBLIC_URL has to lead to this server.', { cause });
      }
    },
  };
}
