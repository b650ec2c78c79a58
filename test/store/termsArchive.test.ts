import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import type { TermsEntry } from '../../server/ports/outside.ts';
import { createTermsArchive } from '../../server/store/termsArchive.ts';
import { buildState } from '../support/factories.ts';

const { terms, termsId, vault } = buildState();
const entryOf = (paymentId: string): TermsEntry => ({
  ...{ paymentId, network: 'bsc', chainId: 56, escrow: '0x00000000000000000000000000000000000e5c20' },
  ...{ termsId, vault, terms },
});
const dayMs = 86_400_000;

describe('the terms archive', () => {
  let root: string;
  let folder: string;
  let now = Date.UTC(2026, 10, 21);
  const open = () => createTermsArchive(folder, { now: () => now });
  const lines = () =>
    readdirSync(folder).flatMap((file) =>
      readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    );

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'holdfast-archive-'));
    folder = join(root, 'deep', 'terms');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('has everything that a party needs to leave the escrow alone, amounts as decimal digits', async () => {
    await open().keep(entryOf('one'));
    const [line] = lines();
    expect(line).to.deep.include({ paymentId: 'one', chainId: 56, termsId, vault });
    expect(line.terms).to.deep.equal(JSON.parse(JSON.stringify({ ...terms, amount: terms.amount.toString() })));
  });

  it('keeps every one of many at once, each as a whole line of one file', async () => {
    const archive = open();
    const ids = Array.from({ length: 200 }, (_, n) => `payment-${n}`);
    await Promise.all(ids.map((id) => archive.keep(entryOf(id))));
    expect(lines().map(({ paymentId }) => paymentId)).to.have.members(ids);
    expect(readdirSync(folder)).to.have.length(1);
  });

  it('keeps a payment once, however often this process is asked to', async () => {
    const archive = open();
    await archive.keep(entryOf('one'));
    await archive.keep(entryOf('one'));
    expect(lines()).to.have.length(1);
  });

  it('writes each process and each day to a file of its own', async () => {
    const [first, second] = [open(), open()];
    await Promise.all([first.keep(entryOf('one')), second.keep(entryOf('two'))]);
    now += dayMs;
    await first.keep(entryOf('three'));
    expect(lines()).to.have.length(3);
    expect(readdirSync(folder).map((file) => file.slice(0, 10))).to.have.members([
      ...['2026-11-21', '2026-11-21', '2026-11-22'],
    ]);
  });

  it('fails while it cannot write, and keeps the same payment when it can again', async () => {
    const archive = open();
    writeFileSync(join(root, 'deep'), 'in the way');
    const problem = await archive.keep(entryOf('one')).catch((error: unknown) => error);
    expect(problem).to.be.instanceOf(AppError).with.property('code', 'busy');
    rmSync(join(root, 'deep'));
    await archive.keep(entryOf('one'));
    expect(lines().map(({ paymentId }) => paymentId)).to.deep.equal(['one']);
  });
});
