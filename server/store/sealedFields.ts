import type { Db } from 'mongodb';
import {
  adminUsers,
  type SealedField,
  type SealedFields,
  type SecretPlace,
  type SeedField,
} from '../ports/identity.ts';
import { refusingWhenDown } from './outage.ts';

/** Every field of the database that holds a sealed secret; a change of keys walks over them in this order. */
const sealed: readonly { readonly collection: string; readonly field: string }[] = [
  ...(['seed', 'pendingSeed'] satisfies SeedField[]).map((field) => ({ collection: adminUsers, field })),
  { collection: 'api_keys', field: 'sealedSecret' },
];

interface Row {
  _id: string;
  [field: string]: unknown;
}

/** Sealed fields on MongoDB; ids of their collections are texts. */
export function createSealedFields(database: Db): SealedFields {
  const rows = (collection: string) => database.collection<Row>(collection);

  async function pageOf({ collection, field }: (typeof sealed)[number], afterId: string, limit: number) {
    const found = await rows(collection)
      .find({ _id: { $gt: afterId }, [field]: { $type: 'string' } }, { projection: { [field]: 1 } })
      .sort({ _id: 1 })
      .limit(limit)
      .toArray();
    return found.map((row) => ({ collection, field, id: row._id, sealed: String(row[field]) }));
  }

  return refusingWhenDown({
    async page(after: SecretPlace | null, limit: number) {
      const at = sealed.findIndex(({ collection, field }) => collection === after?.collection && field === after.field);
      for (const [index, kind] of sealed.entries()) {
        if (index < at) continue;
        const found = await pageOf(kind, index === at && after ? after.id : '', limit);
        if (found.length > 0) return found;
      }
      return [];
    },
    async replace({ collection, id, field, sealed: before }: SealedField, after: string) {
      const replaced = await rows(collection).updateOne({ _id: id, [field]: before }, { $set: { [field]: after } });
      return replaced.matchedCount === 1;
    },
  });
}
