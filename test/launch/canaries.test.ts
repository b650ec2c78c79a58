import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createDetector, findLeaks, formsOf } from '../../scripts/test/canaries.ts';

const value = 'a "secret" of 100 % & more/+ä';
const canary = { name: 'the secret', value };

describe('the search for secrets in the logs of a run', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-canaries-'));
    writeFileSync(join(folder, 'canaries-1.jsonl'), `${JSON.stringify(canary)}\n`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const leaksOf = (text: string) => {
    writeFileSync(join(folder, 'app-1.log'), text);
    return findLeaks(folder, true);
  };

  const written: Readonly<Record<string, string>> = {
    'as it is': value,
    'as a part of JSON': JSON.stringify({ msg: value }),
    'in a URL': `/x?key=${encodeURIComponent(value)}&y`,
    'as hex': Buffer.from(value).toString('hex'),
    'as base64': Buffer.from(value).toString('base64'),
    'in the base64 of credentials': Buffer.from(`me:${value}`).toString('base64'),
    'in base64 at the third place': Buffer.from(`ab${value}:cd`).toString('base64'),
    'in base64 of URLs': Buffer.from(`x${value}`).toString('base64url'),
  };
  for (const [how, text] of Object.entries(written)) {
    it(`finds one ${how}, at either end and between others`, () => {
      for (const around of [text, `${'.'.repeat(5_000)}${text}`, `${text} behind`, `before${text}behind`])
        expect(leaksOf(around), around).to.deep.equal(['the secret stands in app-1.log']);
    });
  }

  it('finds tokens and keys by their shape, which nobody has to plant', () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
    expect(leaksOf(`{"a":"${token}"}`)).to.deep.equal(['a JWT stands in app-1.log']);
    expect(leaksOf(`hfs_${'0a'.repeat(32)}`)).to.deep.equal(['the secret of an API key stands in app-1.log']);
  });

  it('reads a log to its end that stops in the middle of one', () => {
    expect(leaksOf(value.slice(0, 9))).to.deep.equal([]);
  });

  it('finds nothing where nothing is, not even the half of one', () => {
    expect(leaksOf(`{"msg":"${value.slice(0, -1)}","id":"eyJ","key":"hfs_12"}`)).to.deep.equal([]);
  });

  it('knows one of many by its name', () => {
    const many = Array.from({ length: 500 }, (_, n) => ({ name: `secret ${n}`, value: `the-secret-number-${n}-is` }));
    expect(createDetector(many)(Buffer.from('x the-secret-number-77-is x'))).to.deep.equal(['secret 77']);
    expect(formsOf('abcdefghijkl').length).to.be.at.least(5);
  });

  it('refuses a secret that would be found by chance', () => {
    expect(() => createDetector([{ name: 'short', value: 'admin' }])).to.throw('too short');
  });

  it('fails a whole run in which nothing was heard, so that it cannot go deaf', () => {
    expect(findLeaks(folder, false)).to.deep.equal([]);
    expect(findLeaks(folder, true)).to.deep.equal(['no secret was planted, or no log was heard']);
  });
});
