import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { network, paymentId } from '../schemas/fields.ts';

const place = { network: z.string(), chainId: z.number().int() };
const receiver = z.string().meta({ description: 'EIP-55 address' });

export const decentralizedReceiver = endpoint({
  operation: 'GET /api/payment/decentralized/receiver',
  summary: 'The escrow contract of every network, or the address that pays one payment',
  description:
    'With `paymentId`, for the holder of a token of one of its parties: the vault of that payment, which takes money for it alone. Without one: the ' +
    'escrow contract itself. A bare transfer to the contract pays nothing; `perPayment` says which of the two an address is.',
  query: z.strictObject({ network: network.exactOptional(), paymentId: paymentId.exactOptional() }),
  answer: z.union([
    z
      .strictObject({
        success: z.literal(true),
        receiver,
        perPayment: z.literal(false),
        ...place,
        networks: z.array(z.strictObject({ ...place, receiver, perPayment: z.literal(false) })),
        message: z.string(),
      })
      .meta({ id: 'EscrowReceivers' }),
    z
      .strictObject({
        success: z.literal(true),
        receiver,
        perPayment: z.literal(true),
        ...place,
        paymentId: z.string(),
        token: z.string(),
        tokenAddress: z.string(),
        message: z.string(),
      })
      .meta({ id: 'PaymentReceiver' }),
  ]),
  problems: ['not_found', 'network_not_supported', 'already_final'],
});
