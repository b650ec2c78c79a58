import { z } from 'zod';
import { escrowStateWord, paymentDocument, statusWord } from './paymentDocument.ts';

const depth = z.number().int().nullable();

/** What somebody may know who has nothing but a payment's id. */
export const publicPayment = z
  .strictObject({
    paymentId: z.string(),
    status: statusWord,
    escrowState: escrowStateWord,
    network: z.string(),
    token: z.string(),
    confirmations: depth.meta({
      description:
        'Blocks on top of the newest transfer that was booked, itself included; 0 before; null while no node answers',
    }),
    confirmationsRequired: depth,
    wallet: z
      .string()
      .nullable()
      .meta({ description: 'The wallet that paid, all but its ends hidden', examples: ['0x1234…abcd'] }),
  })
  .meta({ id: 'PublicPayment' });

/** The public view, and beside it the document for those who are part of the payment. */
export const shownPayment = {
  data: publicPayment,
  payment: paymentDocument.exactOptional().meta({ description: 'Only for parties and operators' }),
};
