import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { amount, identifier, token } from '../schemas/fields.ts';

const accepted = z
  .strictObject({
    blockchain: z.string().meta({ description: 'Name of the network' }),
    chainId: z.number().int(),
    token: z.string().meta({ description: 'EIP-55 address of the token' }),
    symbol: z.string(),
    decimals: z.number().int(),
    receiver: z
      .string()
      .nullable()
      .meta({ description: "The payment's own address; null until there is one, since no address takes everybody's" }),
    amount: z.string().exactOptional().meta({ description: 'Exact decimal string, from the stored offer' }),
  })
  .meta({ id: 'AcceptedToken' });

const answer = z
  .strictObject({
    accept: z.array(accepted),
    redirect: z.strictObject({ success: z.string(), cancel: z.string() }),
    webhook: z.string(),
    paymentId: z.string().exactOptional(),
  })
  .meta({ id: 'PaymentConfiguration' });

export const postConfiguration = endpoint({
  operation: 'POST /api/payment/configuration',
  summary: 'Which tokens of which networks are taken, and for a request of the caller where and how much to pay',
  description:
    "A token of the request's buyer, its seller or an operator scopes the answer to the request: price of the stored offer, receiver of its open " +
    'payment. Without one, and for a request that the caller may not see, all tokens are listed, without amount and receiver. An amount or currency ' +
    'that differs from the stored one is refused, never used.',
  body: z.strictObject({
    amount: amount.exactOptional(),
    currency: token.exactOptional(),
    purchaseRequestId: identifier.exactOptional(),
  }),
  answer,
  problems: ['offer_mismatch'],
});

export const shkeeperConfig = endpoint({
  operation: 'GET /api/payment/shkeeper/config',
  summary: 'Which tokens of which networks are taken, for pages of any origin',
  description: 'The same for everybody: no token is read, no credentials are allowed, no amount is named.',
  query: z.strictObject({ currency: token.exactOptional() }),
  answer,
  problems: ['validation_failed'],
});
