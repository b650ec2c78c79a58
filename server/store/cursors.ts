import type { Connection } from 'mongoose';
import { chainCursorModel } from '../models/chainCursorModel.ts';
import type { ChainCursor, CursorStore } from '../ports.ts';
import { digest } from './codec.ts';
import { isDuplicateKey, refusingWhenDown } from './outage.ts';

const plain = ({ chainId, blockNumber, recent }: ChainCursor) => ({ chainId, blockNumber, recent });

/** Where the scanners stand; a move is a compare-and-set on the whole old cursor. */
export function createCursorStore(connection: Connection): CursorStore {
  const cursors = chainCursorModel(connection);

  const begin = async (to: ChainCursor) => {
    try {
      await cursors.create({ _id: to.chainId, ...rowOf(to) });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  };

  return refusingWhenDown({
    async get(chainId: number) {
      const row = await cursors.findById(chainId).lean();
      if (row === null) return null;
      const recent = row.recent.map(({ number, hash }) => ({ number, hash }));
      return { chainId: row._id, blockNumber: row.blockNumber, recent };
    },
    async move(from: ChainCursor | null, to: ChainCursor) {
      if (from === null) return begin(to);
      const moved = await cursors.updateOne({ _id: from.chainId, digest: digest(plain(from)) }, { $set: rowOf(to) });
      return moved.matchedCount === 1;
    },
  });
}

const rowOf = (cursor: ChainCursor) => ({
  blockNumber: cursor.blockNumber,
  recent: [...cursor.recent],
  digest: digest(plain(cursor)),
});
