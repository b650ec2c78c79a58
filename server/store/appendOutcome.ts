import { type AnyBulkWriteOperation, MongoBulkWriteError, type WriteError } from 'mongodb';
import type { AppendResult } from '../ports.ts';
import { duplicateKey, isOutage, validationFailure } from './outage.ts';
import type { TransitionDocument } from './transitionDocument.ts';
import { transitionIndexes } from './transitionSchema.ts';

/**
 * What became of one document of a batch. A claim the message does not name is looked up by the caller; a mistake of ours is thrown to the
 * caller whose document it was, and to nobody else in the batch.
 */
export type Classified =
  | AppendResult
  | { readonly outcome: 'someClaimTaken' }
  | { readonly outcome: 'mistake'; readonly error: Error };

/** The operations of one unordered batch. */
export const insertsOf = (documents: readonly TransitionDocument[]): AnyBulkWriteOperation<TransitionDocument>[] =>
  documents.map((document) => ({ insertOne: { document } }));

/** The outcome of each document of a batch that did not simply succeed; throws when the whole batch is our own mistake. */
export function classifyBatch(documents: readonly TransitionDocument[], error: unknown): Classified[] {
  if (!(error instanceof MongoBulkWriteError)) {
    if (isOutage(error)) return documents.map(() => ({ outcome: 'unknown', cause: error }));
    throw error;
  }
  const refused = new Map([error.writeErrors].flat().map((one) => [one.index, one]));
  const wholeBatchLost = refused.size === 0;
  if (wholeBatchLost && !isOutage(error) && error.result.getWriteConcernError() === undefined) throw error;
  const doubtful = wholeBatchLost || error.result.getWriteConcernError() !== undefined;
  return documents.map((document, index) => {
    const writeError = refused.get(index);
    if (writeError !== undefined) return classifyOne(document, writeError, error);
    return doubtful ? { outcome: 'unknown', cause: error } : { outcome: 'appended' };
  });
}

function classifyOne(document: TransitionDocument, refusal: WriteError, cause: MongoBulkWriteError): Classified {
  if (refusal.code === validationFailure) {
    const error = new Error(`The database refused transition ${document._id}: its books or its shape are wrong.`, {
      cause,
    });
    return { outcome: 'mistake', error };
  }
  if (refusal.code !== duplicateKey) return { outcome: 'unknown', cause };
  const message = refusal.errmsg ?? '';
  if (message.includes('index: _id_ ')) return { outcome: 'sequenceTaken' };
  if (!message.includes(`index: ${transitionIndexes.claims} `)) return { outcome: 'mistake', error: cause };
  const claim = document.claims.find((one) => message.endsWith(`dup key: { claims: "${one}" }`));
  return claim === undefined ? { outcome: 'someClaimTaken' } : { outcome: 'claimTaken', claim };
}
