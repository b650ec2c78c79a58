import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { externalIdOf } from '../../server/domain/externalId.ts';
import type { Signal } from '../../server/domain/signal.ts';
import type { PaymentCoordinator } from '../../server/ports.ts';
import type { Handlers } from '../answers.ts';
import { network } from '../outside.ts';

const loop = z.object({
  paymentIds: z.array(z.string()).min(1),
  callers: z.int().positive(),
  seconds: z.number().positive(),
});

/** What a loop of calls came to; `operations` are those that changed something. */
export interface LoopResult {
  readonly operations: number;
  readonly failures: number;
  readonly firstFailure: string | null;
  readonly seconds: number;
}

const coin = network.tokens[0]?.shkeeperName ?? '';
const wei = (n: number) => `0.${String(n).padStart(18, '0')}`;

/** Word of one transaction whose amount grows, so that every report changes the payment and none makes it larger. */
export function growingReport(paymentId: string, caller: number, n: number): Signal {
  const txHash = `0x${String(caller + 1).padStart(64, '0')}`;
  return {
    kind: 'providerReported',
    report: {
      externalId: externalIdOf(paymentId),
      shape: 'confirmed',
      reportedStatus: 'PARTIAL',
      coin,
      address: null,
      paid: false,
      balanceFiat: '1',
      balanceCrypto: '1',
      transactions: [{ txHash, coin, amount: wei(n), confirmed: true }],
      unreadable: [],
      deliveryKey: randomBytes(32).toString('hex'),
    },
  };
}

const evidence = { rawBody: 'x'.repeat(600), headers: { 'content-type': 'application/json' } };

/** Calls of `observe` without HTTP around them, on one payment or on many. */
export function coordinatorHandlers(coordinator: PaymentCoordinator): Handlers {
  // amounts of later loops must be larger still
  let n = 0;

  async function observe(input: unknown): Promise<LoopResult> {
    const { paymentIds, callers, seconds } = loop.parse(input);
    const result = { operations: 0, failures: 0, firstFailure: null as string | null };
    const startMs = performance.now();
    const endMs = startMs + seconds * 1000;
    await Promise.all(
      Array.from({ length: callers }, async (_, caller) => {
        while (performance.now() < endMs) {
          n += 1;
          const paymentId = paymentIds[n % paymentIds.length] ?? '';
          const outcome = await coordinator
            .observe(paymentId, growingReport(paymentId, caller, n), { actor: 'provider:shkeeper', evidence })
            .then((seen) => (seen.outcome === 'refused' ? `${seen.outcome}: ${seen.code}` : seen.outcome))
            .catch((error: unknown) => String(error));
          if (outcome === 'changed') result.operations += 1;
          else {
            result.failures += 1;
            result.firstFailure ??= outcome;
          }
        }
      }),
    );
    return { ...result, seconds: (performance.now() - startMs) / 1000 };
  }

  return { observe };
}
