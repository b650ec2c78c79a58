import { coordinatorOverhead } from './coordinator.ts';
import type { Ratio } from './ratio.ts';
import { newWebhooks } from './webhooks.ts';

/** Every ratio of the bench in the order of the table. */
export const ratios: readonly Ratio[] = [
  newWebhooks('R2', 16, 0.9),
  newWebhooks('R2at64', 64, 1.6),
  coordinatorOverhead('R4', 1, 0.4),
  coordinatorOverhead('R4at16', 16, 0.9),
];
