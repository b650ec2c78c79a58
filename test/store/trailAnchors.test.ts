import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkTrail, sentenceOf } from '../../scripts/audit/trail.ts';
import { trailKeyOf } from '../../scripts/audit/trailKey.ts';
import { nextRecord, type TrailRecord } from '../../server/domain/auditTrail.ts';
import { shortPublicKey } from '../../server/domain/trailSignature.ts';
import { createTrailAnchors, readTrailAnchors } from '../../server/store/trailAnchors.ts';

const ours = generateKeyPairSync('ed25519');
const theirs = generateKeyPairSync('ed25519');

/** Six records in a row; `who` tells two chains of the same length apart. */
function chainBy(who: string): readonly TrailRecord[] {
  const records: TrailRecord[] = [];
  for (let n = 1; n <= 6; n += 1) {
    const event = {
      ...{ atMs: n, category: 'admin' as const, actor: who, role: 'admin', action: 'POST /x', path: '/x' },
      ...{ outcome: '200', requestId: `r${n}`, address: '' },
    };
    records.push(nextRecord(records.at(-1) ?? null, event));
  }
  return records;
}

describe('signed anchors of the audit trail', () => {
  let folder = '';
  let records = chainBy('anna');
  const file = () => join(folder, 'audit-trail.anchors');
  const lines = () => readFileSync(file(), 'utf8').trimEnd().split('\n');
  const rewrite = (change: (all: string[]) => string[]) => writeFileSync(file(), `${change(lines()).join('\n')}\n`);
  const keepAll = async (key: typeof ours.privateKey | null, what = records) => {
    const anchors = createTrailAnchors(folder, key);
    for (const record of what) await anchors.keep(record);
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-anchors-'));
    records = chainBy('anna');
    await keepAll(ours.privateKey);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function* trail() {
    for (const record of records) yield { place: record.seq, record };
  }
  const verdict = (from = 1, key = ours.publicKey) =>
    checkTrail(trail(), () => readTrailAnchors(folder), { key, from });

  it('hold as they were written, by the public key alone', async () => {
    const found = await verdict();
    expect(found).to.include({ holds: true, records: 6, anchors: 6, fault: null, anchorFault: null, signedFrom: 1 });
    expect(sentenceOf(found)).to.include('Every anchor from record 1 on is signed.');
  });

  const faults: Readonly<Record<string, [change: (all: string[]) => string[], seq: number, kind: string]>> = {
    'is missing': [(all) => all.toSpliced(2, 1), 3, 'missing'],
    'is missing at the end': [(all) => all.slice(0, 5), 6, 'missing'],
    'was torn in writing': [(all) => all.with(3, all[3]?.slice(0, 150) ?? ''), 4, 'missing'],
    'lost its signature': [(all) => all.with(1, all[1]?.split(' ').slice(0, 2).join(' ') ?? ''), 2, 'unsigned'],
    'has an unsigned one beside it': [(all) => [`4 ${'a'.repeat(64)}`, ...all], 4, 'unsigned'],
    'belongs to no record and is not signed': [(all) => [...all, `7 ${'a'.repeat(64)}`], 7, 'unsigned'],
    'has another hash': [
      (all) => all.with(4, all[4]?.replace(/ [0-9a-f]{64}/, ` ${'b'.repeat(64)}`) ?? ''),
      5,
      'forged',
    ],
    'stands at another place': [(all) => all.with(2, all[1]?.replace(/^2/, '3') ?? ''), 3, 'forged'],
    'has another one before it': [
      (all) => all.with(3, all[3]?.replace(/ [0-9a-f]{64} (?=\S+$)/, ` ${'c'.repeat(64)} `) ?? ''),
      ...([4, 'forged'] as const),
    ],
    'claims another past for the first record': [
      (all) => all.with(0, all[0]?.replace(/ [0-9a-f]{64} (?=\S+$)/, ` ${'d'.repeat(64)} `) ?? ''),
      ...([1, 'forged'] as const),
    ],
    'has one bit of its signature changed': [
      (all) =>
        all.with(
          0,
          all[0]?.replace(/.{3}$/, (end) => (end[0] === 'A' ? `B${end.slice(1)}` : `A${end.slice(1)}`)) ?? '',
        ),
      ...([1, 'forged'] as const),
    ],
  };
  for (const [what, [change, seq, kind]] of Object.entries(faults)) {
    it(`name the first whose line ${what}`, async () => {
      rewrite(change);
      const found = await verdict();
      expect(found.anchorFault).to.deep.equal({ seq, kind });
      expect(found.holds).to.equal(false);
      expect(sentenceOf(found)).to.include(`The anchor of record ${seq} is`);
    });
  }

  it('show a trail that was written anew together with its anchors by somebody who lacks the key', async () => {
    records = chainBy('mallory');
    writeFileSync(file(), '');
    await keepAll(theirs.privateKey);
    expect(await verdict()).to.deep.include({ fault: null, anchorFault: { seq: 1, kind: 'forged' }, holds: false });
    writeFileSync(file(), '');
    await keepAll(null);
    expect(await verdict()).to.deep.include({ fault: null, anchorFault: { seq: 1, kind: 'unsigned' }, holds: false });
  });

  it('show two chains that were both signed at the same places, as after a backup was put back', async () => {
    await keepAll(ours.privateKey, chainBy('restored'));
    expect((await verdict()).anchorFault).to.deep.equal({ seq: 1, kind: 'forged' });
  });

  it('show where one of two chains goes on as the other, though every line of both was signed', async () => {
    const before = lines().slice(0, 3);
    writeFileSync(file(), '');
    await keepAll(ours.privateKey, chainBy('restored'));
    rewrite((all) => [...before, ...all.slice(3)]);
    expect((await verdict()).anchorFault).to.deep.equal({ seq: 4, kind: 'forged' });
  });

  it('are missed at once by whoever writes, where they cannot be kept', async () => {
    rmSync(file());
    mkdirSync(file());
    const kept = await keepAll(ours.privateKey).catch((error: NodeJS.ErrnoException) => error.code);
    expect(kept).to.equal('EISDIR');
  });

  it('are looked at from the place on where signing began', async () => {
    writeFileSync(file(), '');
    await keepAll(null, records.slice(0, 3));
    await keepAll(ours.privateKey, records.slice(3));
    expect((await verdict()).anchorFault).to.deep.equal({ seq: 1, kind: 'unsigned' });
    expect(await verdict(4)).to.include({ holds: true, signedFrom: 4 });
  });

  it('show that less is there than was there when signing began', async () => {
    expect(await verdict(7), 'the next record is to be the first').to.include({ holds: true });
    expect(await verdict(8)).to.deep.include({ holds: false, anchorFault: { seq: 7, kind: 'missing' } });
  });

  it('are checked by a key in a file, as PEM and in the short form, and never by a private one', () => {
    const pem = ours.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    writeFileSync(join(folder, 'trail.pub'), pem);
    for (const given of [pem, join(folder, 'trail.pub'), shortPublicKey(ours.privateKey)])
      expect(shortPublicKey(trailKeyOf(given))).to.equal(shortPublicKey(ours.publicKey));
    const hidden = ours.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    for (const given of [hidden, 'short', '', elliptic.export({ type: 'spki', format: 'pem' }).toString()])
      expect(() => trailKeyOf(given)).to.throw('--trail-key is no Ed25519 public key');
  });
});
