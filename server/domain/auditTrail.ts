import { createHash } from 'node:crypto';

/** What somebody with rights did, or what was refused: who, what, when, in which request, with which outcome. */
export interface TrailEvent {
  readonly atMs: number;
  readonly category: 'admin' | 'security';
  /** A user or a key; empty for nobody that is known. */
  readonly actor: string;
  readonly role: string;
  readonly action: string;
  readonly path: string;
  readonly outcome: string;
  readonly requestId: string;
  readonly address: string;
}

/** An event at its place in the chain; `hash` is over everything else, so over the whole past. */
export interface TrailRecord extends TrailEvent {
  readonly seq: number;
  readonly previous: string;
  readonly hash: string;
}

/** What stands outside the database: the hash that a place had when it was written. */
export interface TrailAnchor {
  readonly seq: number;
  readonly hash: string;
}

/** The first place where a trail is not as it was written, and what happened there. */
export interface TrailFault {
  readonly seq: number;
  readonly kind: 'edited' | 'deleted' | 'reordered' | 'rewritten' | 'truncated';
}

/** The hash before the first record. */
const trailBegin = '0'.repeat(64);

const fields = [
  'seq',
  'previous',
  'atMs',
  'category',
  'actor',
  'role',
  'action',
  'path',
  'outcome',
  'requestId',
  'address',
] as const;

/** The hash of a record; a list in JSON keeps the fields apart. */
function trailHash(record: Omit<TrailRecord, 'hash'>): string {
  return createHash('sha256')
    .update(JSON.stringify(fields.map((name) => record[name])))
    .digest('hex');
}

/** The record that follows another one. */
export function nextRecord(last: TrailAnchor | null, event: TrailEvent): TrailRecord {
  const { atMs, category, actor, role, action, path, outcome, requestId, address } = event;
  const own = { atMs, category, actor, role, action, path, outcome, requestId, address };
  const record = { seq: (last?.seq ?? 0) + 1, previous: last?.hash ?? trailBegin, ...own };
  return { ...record, hash: trailHash(record) };
}

/** Looks at one record after the other, in the order of their places, and names the first that is not as it was written. */
export function createTrailCheck(anchors: ReadonlyMap<number, string>) {
  let last: TrailAnchor | null = null;

  function faultOf(place: number, record: TrailRecord): TrailFault | null {
    const expected = (last?.seq ?? 0) + 1;
    if (place !== expected) return { seq: expected, kind: 'deleted' };
    if (record.seq !== place) return { seq: place, kind: 'reordered' };
    if (trailHash(record) !== record.hash) return { seq: place, kind: 'edited' };
    if (record.previous !== (last?.hash ?? trailBegin)) return { seq: place, kind: 'edited' };
    const anchored = anchors.get(place);
    return anchored !== undefined && anchored !== record.hash ? { seq: place, kind: 'rewritten' } : null;
  }

  return {
    /** `place` is where the record was found. */
    next(place: number, record: TrailRecord): TrailFault | null {
      const fault = faultOf(place, record);
      if (fault === null) last = { seq: record.seq, hash: record.hash };
      return fault;
    },
    /** After the newest: whether more was written than is there. */
    end(): TrailFault | null {
      const count = last?.seq ?? 0;
      const beyond = [...anchors.keys()].filter((seq) => seq > count);
      return beyond.length === 0 ? null : { seq: count + 1, kind: 'truncated' };
    },
    count: () => last?.seq ?? 0,
  };
}
