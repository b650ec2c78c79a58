import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { paymentId } from '../schemas/fields.ts';

export const welcome = endpoint({
  operation: 'GET /',
  summary: 'What this is, and where to look',
  answer: z.strictObject({
    success: z.literal(true),
    name: z.string(),
    message: z.string(),
    links: z.strictObject({ docs: z.string(), openapi: z.string(), asyncapi: z.string(), health: z.string() }),
  }),
});
export const livez = endpoint({
  operation: 'GET /livez',
  summary: 'Whether the process answers',
  answer: z.strictObject({ status: z.literal('ok') }),
});
export const readyz = endpoint({
  operation: 'GET /readyz',
  summary: 'Whether everything it needs answers',
  answer: z.strictObject({ status: z.literal('ready'), checks: z.record(z.string(), z.enum(['ok', 'failed'])) }),
  problems: ['not_ready'],
});
export const paymentHealth = endpoint({
  operation: 'GET /api/payment/health',
  summary: 'Whether the payment API answers, and where its parts are',
  answer: z.strictObject({
    success: z.literal(true),
    message: z.string(),
    endpoints: z.strictObject({ shkeeper: z.string(), decentralized: z.string(), health: z.string() }),
  }),
});
export const metricsText = endpoint({
  operation: 'GET /metrics',
  summary: 'Figures of this process and of the backlogs, in the text format of Prometheus',
  description:
    'For the bearer of METRICS_TOKEN. Without that setting the route does not exist in production and is open elsewhere.',
  types: ['text/plain'],
  answer: z.string(),
  problems: ['not_authenticated', 'not_found'],
});
export const payPage = endpoint({
  operation: 'GET /pay/:id',
  summary: 'The page a buyer pays from (HTML)',
  params: z.strictObject({ id: paymentId }),
  types: ['text/html'],
  answer: z.string(),
});
