import type { Config } from '../config.ts';
import type { TrailEvent } from '../domain/auditTrail.ts';
import type { Logger } from '../ports.ts';
import type { Store } from '../store/createStore.ts';
import { createTrailAnchors } from '../store/trailAnchors.ts';

/** Appends to the trail of the database, and anchors each record outside of it. */
export function trailOf({ config, store, logger }: { config: Config; store: Store; logger: Logger }) {
  const anchors = createTrailAnchors(config.TERMS_ARCHIVE);
  return async (event: TrailEvent): Promise<void> => {
    const { seq, hash } = await store.trail.append(event);
    await anchors.keep({ seq, hash });
    logger.info({ seq, hash, category: event.category, actor: event.actor, action: event.action }, 'audit trail');
  };
}
