import { expect } from 'chai';
import { GAS_KEYS, type GasKey } from '../../scripts/gas/ceilings.ts';
import { measureOthers } from '../../scripts/gas/others.ts';
import { readSnapshot } from '../../scripts/gas/snapshot.ts';
import { renderGasPage } from '../../scripts/gasPage.ts';
import { textOf } from './sources.ts';

const snapshot = readSnapshot();
const isKey = (text: string): text is GasKey => GAS_KEYS.some((key) => key === text);

const page = textOf('docs/contract/gas.md');
/** Rows of all tables of the page, as cells without the bold of losses. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('**', '')));

const numberIn = (cell = '') => Number(cell.replaceAll(',', ''));

/** How the page writes that ours is not theirs. */
function difference(ours: number, theirs: number): string {
  const percent = ((ours - theirs) / theirs) * 100;
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)} %`;
}

/** The value of a sum of keys and numbers, each in backticks; undefined where a cell is none. */
function sumOf(cell = ''): number | undefined {
  const parts = [...cell.matchAll(/`(\w+)`/g)].map(([, part = '']) => (isKey(part) ? snapshot[part] : Number(part)));
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.length === 0 ? undefined : sum;
}

describe('house: the gas page (scripts/gasPage.ts)', () => {
  const ofKeys = rows.flatMap((cells) => {
    const key = cells[1]?.replaceAll('`', '') ?? '';
    return isKey(key) ? [{ key, ours: numberIn(cells[3]), theirs: numberIn(cells[4]), shown: cells[5] }] : [];
  });

  it('has a row for every key, and in each what the snapshot says', () => {
    expect([...new Set(ofKeys.map(({ key }) => key))]).to.have.members([...GAS_KEYS]);
    expect(ofKeys.filter(({ key, ours }) => ours !== snapshot[key])).to.deep.equal([]);
  });

  it('shows every difference as it is, losses too', () => {
    const compared = ofKeys.filter(({ theirs }) => !Number.isNaN(theirs));
    expect(compared).not.to.have.length(0);
    expect(compared.filter(({ ours, theirs, shown }) => shown !== difference(ours, theirs))).to.deep.equal([]);
  });

  it('adds whole lives up from the snapshot', () => {
    const lives = rows.flatMap(([, route, sum, gas, shown]) => {
      const expected = route?.startsWith('ours, ') ? sumOf(sum) : undefined;
      return expected === undefined ? [] : [{ route, expected, gas: numberIn(gas), shown }];
    });
    expect(lives).to.have.length(4);
    const wrong = lives.filter(
      ({ expected, gas, shown }) => gas !== expected || shown !== difference(expected, 228_908),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('says of the other operations what they measure', async function () {
    this.timeout(180_000);
    const others = await measureOthers();
    const missing = Object.keys(others).filter((operation) => !page.includes(`\n| ${operation} |`));
    expect(missing, 'rows').to.deep.equal([]);
    expect(page).to.equal(renderGasPage(page, snapshot, others));
  });
});
