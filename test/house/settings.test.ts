import { expect } from 'chai';
import { settings } from '../../server/config.ts';
import { filesBelow, textOf } from './sources.ts';

/** What stands in a file without its comments and texts, in which a name is only spoken of. */
const code = (path: string) =>
  textOf(path)
    .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");

const texts = filesBelow('server', '.ts').map(code).join('\n');
/** As a property of something, or taken out of it by its name; its declaration is neither. */
const isRead = (name: string) =>
  new RegExp(`\\.${name}\\b|[{,]\\s*${name}\\s*(?:,|\\}|:(?!\\s*setting\\b))`).test(texts);

describe('house: settings', () => {
  it('finds for each a place that reads it, so that none is only promised', () => {
    const names = Object.keys(settings);
    expect(names.length).to.be.above(40);
    expect(names.filter((name) => !isRead(name))).to.deep.equal([]);
  });

  it('would find one that nothing reads', () => {
    expect(isRead('NO_SUCH_SETTING')).to.equal(false);
  });
});
