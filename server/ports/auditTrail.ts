import type { TrailEvent, TrailRecord } from '../domain/auditTrail.ts';
import type { ChainedAnchor } from '../domain/trailSignature.ts';

/** The chained record of what admins did and what was refused; nothing in it is ever changed. */
export interface AuditTrail {
  append(event: TrailEvent): Promise<TrailRecord>;
}

/** Hashes kept outside the database, so that a trail that was cut or written anew is noticed. */
export interface TrailAnchors {
  /** Answers the signature, or null where there is no key. */
  keep(anchor: ChainedAnchor): Promise<string | null>;
}
