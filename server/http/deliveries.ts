import { type BlockList, isIP } from 'node:net';
import type { Request, RequestHandler } from 'express';
import type { RawDelivery } from '../commands/rules/keepAndCount.ts';
import { AppError } from '../errors.ts';
import type { ReportOutcome } from '../ports/deliveries.ts';
import { type LegacySignature, type SignatureRefusal, verifySignature } from '../providers/shkeeper/signature.ts';
import type { Translation } from '../providers/shkeeper/translate.ts';
import { within } from '../timers.ts';
import type { AppDeps } from './appDeps.ts';
import { asAppError } from './errorHandler.ts';
import { bytesOf, rawBody } from './middleware/rawBody.ts';

/** One kind of provider delivery: how it is read, and the command that records what was read. */
export interface DeliveryKind<T> {
  readonly provider: string;
  readonly translate: (rawBody: Buffer) => Translation<T>;
  readonly record: (report: T, delivery: RawDelivery) => Promise<ReportOutcome>;
}

/** Longer than this and SHKeeper may as well try again: its worker waits for every answer. */
const deadlineMs = 1_000;
/** What is kept of the headers; above all not the API key, which arrives in clear. */
const keptHeaders = ['content-type', 'content-length', 'user-agent', 'x-shkeeper-timestamp', 'x-shkeeper-signature'];

function headersOf(request: Request): Record<string, string> {
  return Object.fromEntries(keptHeaders.flatMap((name) => [[name, request.get(name)]]).filter(isGiven));
}
const isGiven = (entry: (string | undefined)[]): entry is [string, string] => entry[1] !== undefined;

const notKept = (cause: unknown) =>
  new AppError('busy', 'The delivery could not be stored in time; send it again.', { cause });

/** Waits no longer than the deadline. A late write does no harm: the repeat is a duplicate. */
async function withinDeadline<T>(work: Promise<T>): Promise<T> {
  try {
    return await within(work, deadlineMs, () => new Error(`not stored within ${deadlineMs} ms`));
  } catch (error) {
    throw notKept(error);
  }
}

/** Whether a refusal was decided by the headers alone; the seed's form signs the body without a time. */
const hopeless = (reason: SignatureRefusal, legacy: LegacySignature) =>
  reason !== 'signature_mismatch' && (legacy !== 'body' || !reason.startsWith('timestamp_'));

/** Whether an address is on the list, or there is none; `::ffff:192.0.2.1` counts as 192.0.2.1. */
function isListed(sources: BlockList | null, address: string): boolean {
  const version = isIP(address);
  return sources === null || (version !== 0 && sources.check(address, version === 4 ? 'ipv4' : 'ipv6'));
}

/** Takes a provider's delivery: whoever signed it is believed to be the provider, and everything signed is kept. */
export function createTakeDelivery(deps: Pick<AppDeps, 'providerEvents' | 'logger' | 'clock' | 'settings'>) {
  const { providerEvents, logger, clock, settings } = deps;

  function count(provider: string, outcome: 'refused' | 'unreadable', reason: string): void {
    // A counter must neither delay nor fail an answer.
    providerEvents
      .count(provider, outcome, reason)
      .catch((error: unknown) => logger.warn({ err: error, provider, outcome, reason }, 'a delivery was not counted'));
  }

  function refuse(provider: string, reason: string): never {
    count(provider, 'refused', reason);
    throw new AppError('invalid_signature', 'The signature of this delivery is not valid.', { details: { reason } });
  }

  const judge = (request: Request, rawBody: Buffer | null) =>
    verifySignature({
      timestamp: request.headers['x-shkeeper-timestamp'],
      signature: request.headers['x-shkeeper-signature'],
      apiKeyHeader: request.headers['x-shkeeper-api-key'],
      rawBody,
      keys: settings.webhookKeys,
      nowMs: clock.now(),
      legacy: settings.legacySignature,
    });

  /** Refuses what no body could make right, before a body is read. */
  function demandHeaders(request: Request, provider: string): void {
    if (!isListed(settings.webhookSources, request.ip ?? '')) refuse(provider, 'source_not_listed');
    const verdict = judge(request, null);
    if (!verdict.ok && hopeless(verdict.reason, settings.legacySignature)) refuse(provider, verdict.reason);
  }

  function demandSignature(request: Request, rawBody: Buffer, provider: string): void {
    const verdict = judge(request, rawBody);
    if (verdict.ok) {
      if (verdict.scheme !== 'timestamped')
        logger.warn({ provider, scheme: verdict.scheme }, 'legacy signature accepted');
      return;
    }
    refuse(provider, verdict.reason);
  }

  async function keepUnreadable(provider: string, reason: string, delivery: RawDelivery): Promise<void> {
    logger.error({ provider, reason, bytes: delivery.rawBody.length }, 'a signed delivery cannot be read');
    await providerEvents.keep({ provider, outcome: 'unreadable', reason, ...delivery, receivedAtMs: clock.now() });
    count(provider, 'unreadable', reason);
  }

  async function take<T>(request: Request, kind: DeliveryKind<T>): Promise<void> {
    const rawBody = bytesOf(request);
    demandSignature(request, rawBody, kind.provider);
    const delivery = { rawBody, headers: headersOf(request) };
    const read = kind.translate(rawBody);
    const work = read.ok ? kind.record(read.report, delivery) : keepUnreadable(kind.provider, read.reason, delivery);
    const outcome = await withinDeadline<ReportOutcome | undefined>(work.then((word) => word ?? undefined));
    if (outcome === 'unmatched') logger.error({ provider: kind.provider }, 'a signed delivery fits no payment');
  }

  /** Reads the body; one that is too large may be a real payment that nobody will hear of, so people must look. */
  function readBody(provider: string): RequestHandler {
    return (request, response, next) =>
      rawBody(request, response, (error?: unknown) => {
        if (error !== undefined && asAppError(error).code === 'payload_too_large') {
          count(provider, 'refused', 'payload_too_large');
          logger.error({ provider, bytes: request.get('content-length') }, 'a delivery is too large to be read');
        }
        next(error);
      });
  }

  return { demandHeaders, readBody, take };
}
