import { broadcasts, instances } from './broadcasts.ts';
import { contended } from './contended.ts';
import { coordinatorOverhead } from './coordinator.ts';
import { duplicateWebhooks } from './duplicates.ts';
import { intents } from './intents.ts';
import { lists } from './lists.ts';
import type { Ratio } from './ratio.ts';
import { seed } from './seed.ts';
import { newWebhooks } from './webhooks.ts';

const webhookSender: Ratio = {
  key: 'R9',
  what: 'deliveries/s to a local receiver / bare POST loop',
  target: 0.5,
  measure: async () => ({ comparison: null, reason: 'not yet: outgoing webhooks do not exist' }),
};

/** Every ratio of the bench in the order of the table. */
export const ratios: readonly Ratio[] = [
  intents('R1', 16, 0.55),
  intents('R1at64', 64, 0.55),
  newWebhooks('R2', 16, 0.9),
  newWebhooks('R2at64', 64, 1.6),
  duplicateWebhooks('R3', 16, 0.9),
  duplicateWebhooks('R3at64', 64, 0.9),
  coordinatorOverhead('R4', 1, 0.4),
  coordinatorOverhead('R4at16', 16, 0.9),
  contended,
  broadcasts,
  instances,
  seed,
  webhookSender,
  lists,
];
