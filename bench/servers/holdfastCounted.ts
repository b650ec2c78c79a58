import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { loadConfig } from '../../server/config.ts';
import { createDeps } from '../../server/deps.ts';
import { answerParent } from '../answers.ts';
import { instantProvider, standingChain } from '../outside.ts';
import { countCommands } from './countedCommands.ts';
import { coordinatorHandlers, growingReport } from './observeLoop.ts';

/** The product without doors, with a count of every command; how fast it is does not matter here. */
const counts = countCommands();
const deps = await createDeps(loadConfig(), {
  http: null,
  outside: { chain: standingChain, provider: instantProvider },
});
const { coordinator } = deps.ports;
const { observe } = coordinatorHandlers(coordinator);
/** What follows an acknowledgement may wait a little to be written together with others. */
const afterwardsMs = 400;

/** Commands of lone calls: those whose answers the caller waited for, and all. */
async function lone(input: unknown) {
  const { paymentIds } = z.object({ paymentIds: z.array(z.string()) }).parse(input);
  const sums = { toAcknowledgement: 0, inAll: 0 };
  for (const paymentId of paymentIds) {
    const before = counts.answered;
    await coordinator.observe(paymentId, growingReport(paymentId, 0, 1), { actor: 'provider:shkeeper' });
    sums.toAcknowledgement += counts.answered - before;
    await pause(afterwardsMs);
    sums.inAll += counts.answered - before;
  }
  const each = (sum: number) => sum / paymentIds.length;
  return { toAcknowledgement: each(sums.toAcknowledgement), inAll: each(sums.inAll) };
}

answerParent({ lone, observe: (input) => observe?.(input), counts: () => counts }, deps.stop);
