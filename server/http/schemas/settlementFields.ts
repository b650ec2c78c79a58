import { z } from 'zod';
import { address } from './fields.ts';

/** As many as the contract has seats (contracts/SignerSet.sol); that many of the longest fit a body of 100 kB. */
const signaturesMax = 8;
const signatureHex = z.string().regex(/^0x[0-9a-fA-F]{130}$/, 'must be 65 bytes as hex');
/** 63 owners of a Safe, 65 bytes each, fit; none at all is how a Safe is asked whether it approved the message on the chain. */
const contractSignature = z.strictObject({
  signer: address,
  data: z.string().regex(/^0x(?:[0-9a-fA-F]{2}){0,4096}$/, 'must be bytes as hex'),
});

/** Signatures over a payload: a wallet's 65 bytes, or `{signer, data}` of a contract in a signer's seat (ERC-1271, e.g. a Safe). */
export const signatures = z.array(z.union([signatureHex, contractSignature])).max(signaturesMax);

/** Who signed, and whose signature does not count any more. */
export const signedFields = {
  signers: z
    .array(z.string())
    .meta({ description: 'Holders of the seats at this moment; a zero address is a seat that is off' }),
  signedBy: z.array(z.string()),
  missing: z.number().int(),
  dropped: z.array(z.string()).meta({
    description:
      'Signers whose signature does not count any more: they lost the seat, or the transaction fails with what their contract gave',
  }),
  reverts: z
    .string()
    .nullable()
    .meta({
      description:
        "Why the transaction (of a batch: settleBatch) would fail if it were sent now: the contract's error, e.g. WrongSeq, or unknown; null when it " +
        'would not, or could not be tried',
    }),
};

/** What became of the broadcast settlement. */
export const broadcastMark = z.strictObject({ state: z.enum(['seen', 'final']), txHash: z.string() });

/** Exact amounts on the way out. */
export const decimal = z.string().meta({ description: 'Exact decimal string', examples: ['99.5'] });

/** EIP-712, ready for a wallet. */
export const typedData = z.looseObject({}).meta({ description: 'EIP-712: domain, types, primaryType, message' });

/** A point of the contract's time. */
export const unixSeconds = z.number().int().meta({ description: 'Unix seconds' });

/** A call that anybody may broadcast. */
export const transaction = z.strictObject({
  to: z.string(),
  data: z.string(),
  value: z.string(),
  chainId: z.number().int(),
});

/** A transaction as Safe's Transaction Builder imports it. */
const safeFile = z
  .strictObject({
    version: z.literal('1.0'),
    chainId: z.string(),
    createdAt: z.number().int().meta({ description: 'Unix milliseconds' }),
    meta: z.strictObject({
      name: z.string(),
      description: z.string(),
      txBuilderVersion: z.string(),
      createdFromSafeAddress: z.string(),
      createdFromOwnerAddress: z.string(),
      checksum: z.string(),
    }),
    transactions: z.array(
      z.strictObject({
        to: z.string(),
        value: z.string(),
        data: z.string(),
        contractMethod: z.null(),
        contractInputsValues: z.null(),
      }),
    ),
  })
  .meta({
    id: 'SafeTransactionFile',
    description: "A file for Safe's Transaction Builder; save it as it is and drop it into the builder.",
  });

/** The file in an answer. */
export const safeAnswer = safeFile
  .nullable()
  .optional()
  .meta({ description: 'Only when asked for; null until there is a transaction' });
