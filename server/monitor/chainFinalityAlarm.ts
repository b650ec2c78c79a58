import type { ChainHead } from '../domain/evidence.ts';
import type { Network } from '../ports/outside.ts';
import type { Clock, Logger } from '../ports.ts';

// Finality that stands still this long is worth a person's look (Polygon's stall of 2025 lasted 10 to 15 minutes).
const stallMs = 600_000;

/** Creates a watch that raises one alarm when a chain's finality stands still; payments wait, they do not settle for less. */
export function createFinalityAlarm(deps: {
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
}) {
  let finality = { block: -1, sinceMs: 0, alarmed: false };

  return (head: ChainHead): void => {
    const now = deps.clock.now();
    if (head.finalized !== finality.block) finality = { block: head.finalized, sinceMs: now, alarmed: false };
    if (now - finality.sinceMs < stallMs || finality.alarmed) return;
    finality.alarmed = true;
    const fields = { network: deps.network.name, finalized: head.finalized, head: head.number };
    deps.logger.error(fields, 'finality stands still');
  };
}
