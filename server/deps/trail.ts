import type { Config } from '../config.ts';
import type { TrailEvent } from '../domain/auditTrail.ts';
import { shortPublicKey } from '../domain/trailSignature.ts';
import type { Logger } from '../ports.ts';
import type { Store } from '../store/createStore.ts';
import { createTrailAnchors } from '../store/trailAnchors.ts';

/** Appends to the trail of the database, and anchors each record outside of it; says once whether the anchors are signed. */
export function trailOf({ config, store, logger }: { config: Config; store: Store; logger: Logger }) {
  const { TRAIL_SIGNING_KEY: key } = config;
  const anchors = createTrailAnchors(config.TERMS_ARCHIVE, key);
  if (key === null) logger.warn({}, 'TRAIL_SIGNING_KEY is empty: the anchors of the audit trail are not signed');
  else logger.info({ verifyWith: shortPublicKey(key) }, 'the anchors of the audit trail are signed');
  return async (event: TrailEvent): Promise<void> => {
    const { seq, hash, previous } = await store.trail.append(event);
    const signature = await anchors.keep({ seq, hash, previous }).catch((error: unknown) => {
      logger.error({ err: error, seq }, 'the anchor of an audit record was not kept');
      return null;
    });
    const { category, actor, action } = event;
    logger.info({ seq, hash, previous, anchor: signature, category, actor, action }, 'audit trail');
  };
}
