import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { identifier, network, paymentId } from '../schemas/fields.ts';
import { listAnswer, listQuery } from '../schemas/lists.ts';
import { paymentDocument } from '../schemas/paymentDocument.ts';
import { shownPayment } from '../schemas/publicPayment.ts';

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

export const decentralizedStatus = endpoint({
  operation: 'GET /api/payment/decentralized/status/:paymentId',
  summary: 'How far a payment has come',
  description: 'A token of one of its parties, or of an operator, shows the whole document as well.',
  params: z.strictObject({ paymentId }),
  answer: z.strictObject({ success: z.literal(true), ...shownPayment }),
});

export const decentralizedHistory = endpoint({
  operation: 'GET /api/payment/decentralized/history/:userId',
  summary: 'The payments a user makes or is paid by, newest first',
  description:
    'Only for the user himself, admins and auditors. Every payment can be paid by a wallet, so all are listed; `rail` says how each was opened.',
  params: z.strictObject({ userId: identifier }),
  query: z.strictObject(listQuery),
  answer: listAnswer(paymentDocument),
});
