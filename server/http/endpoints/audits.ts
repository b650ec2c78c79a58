import { z } from 'zod';
import { invariants } from '../../domain/invariants/violation.ts';
import { endpoint, envelope } from '../endpoint.ts';
import { paymentId } from '../schemas/fields.ts';

const violation = z
  .strictObject({
    invariant: z.enum(invariants),
    record: z.string().meta({ description: 'The transition, payment, claim or transaction to look at' }),
    detail: z.string(),
  })
  .meta({ id: 'Violation' });

export const auditPayment = endpoint({
  operation: 'GET /api/payment/:id/audit',
  summary: 'Hold one payment against all invariants of the books, and against the chain',
  description:
    'Reads the whole history, what stands beside it, and the chain at the newest final block of each network; younger facts are no differences. ' +
    'When something is found everything is read a second time, so an answer that takes long is one with violations. ' +
    'A payment that began more than 128,000 blocks before that is refused (`report_too_large`): `npm run audit` reads them all.',
  params: z.strictObject({ id: paymentId }),
  answer: envelope(
    z.strictObject({
      paymentId: z.string(),
      holds: z.boolean().meta({ description: 'Nothing was found' }),
      transitions: z.number().int(),
      blocks: z.array(
        z.strictObject({ network: z.string(), chainId: z.number().int(), number: z.number().int(), hash: z.string() }),
      ),
      notCompared: z.array(z.string()).meta({
        description: 'Networks that are not configured any more: there the books were compared with no chain',
      }),
      violations: z.array(violation),
      parked: z.array(
        z.strictObject({
          effect: z.string().meta({ description: 'The key of an effect that was given up and waits for a person' }),
          reason: z.string(),
          ageSeconds: z.number().int(),
        }),
      ),
    }),
  ),
  problems: ['chain_unavailable', 'report_too_large'],
});
