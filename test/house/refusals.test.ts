import { expect } from 'chai';
import { errorCodes } from '../../server/errors.ts';
import { problemExamples } from '../../server/http/problems.ts';
import { filesBelow, textOf } from './sources.ts';

const catalogue = 'server/http/problems.ts';
/** A saying with so little of its own would fit anything. */
const fewestOwn = 10;

/** All of the server but the catalogue, with texts that go on in the next line put together. */
const spoken = filesBelow('server', '.ts')
  .filter((path) => path !== catalogue)
  .map((path) => textOf(path).replace(/['"`] \+\s*['"`]/g, ''))
  .join('\n');

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** Texts with places that are filled in. */
const patterns = [...spoken.matchAll(/`([^`\n]*\$\{[^`\n]*)`/g)].flatMap(([, template = '']) => {
  const own = template.split(/\$\{[^}]*\}/);
  return own.join('').length < fewestOwn ? [] : [new RegExp(`^${own.map(escaped).join('.+')}$`)];
});

/** Whether some place of the server says so; behind a colon may stand what to do, which is a text of its own. */
const isSaid = (sentence: string): boolean => {
  const isText = ["'", '"'].some((begin) => ["'", '"'].some((end) => spoken.includes(begin + sentence + end)));
  if (isText || patterns.some((pattern) => pattern.test(sentence))) return true;
  const [head = '', ...rest] = sentence.split(': ');
  const tail = rest.join(': ').replace(/\.$/, '');
  return rest.length > 0 && isSaid(head) && (isSaid(tail) || isSaid(`${tail}.`));
};

describe('house: refusals', () => {
  it('shows of each code an answer that the server really gives, word for word', () => {
    expect(Object.keys(problemExamples)).to.deep.equal([...errorCodes]);
    const invented = Object.entries(problemExamples).flatMap(([code, { value }]) => {
      const { detail } = value as { detail: string };
      return isSaid(detail) ? [] : [`${code}: ${detail}`];
    });
    expect(invented).to.deep.equal([]);
    expect(isSaid('The amount is more than what is there.')).to.equal(false);
  });
});
