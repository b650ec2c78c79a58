import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { AppError } from '../../../server/errors.ts';
import { createSecretBox, SealBroken } from '../../../server/providers/identity/secretBox.ts';

const [first, second] = ['k1', 'k2'].map((kid) => ({ kid, key: randomBytes(32) })) as [
  { kid: string; key: Buffer },
  { kid: string; key: Buffer },
];
const box = createSecretBox([first]);
const place = { collection: 'admin_users', id: 'adm-1', field: 'factor' };
const secret = 'canary of a seed, é';

describe('secrets at rest', () => {
  it('gives back what was sealed, and shows nothing of it', () => {
    for (const plain of [secret, '', 'x', 'y'.repeat(5_000)]) {
      const sealed = box.seal(place, plain);
      expect(box.open(place, sealed)).to.equal(plain);
      if (plain.length > 1) expect(sealed).not.to.include(plain.slice(0, 6));
    }
  });

  it('seals the same secret differently each time, so that equal ones cannot be told', () => {
    const texts = Array.from({ length: 50 }, () => box.seal(place, secret));
    const parts = texts.flatMap((text) => text.split('.').slice(2));
    expect(new Set(parts.map((part) => part.slice(0, 16))).size).to.equal(100);
  });

  for (const other of [{ collection: 'x' }, { id: 'adm-2' }, { field: 'pending' }, { id: 'adm-1","factor' }]) {
    it(`refuses a secret that was moved to ${JSON.stringify(other)}`, () => {
      expect(() => box.open({ ...place, ...other }, box.seal(place, secret))).to.throw(SealBroken, 'somewhere else');
    });
  }

  it('refuses the key of one secret before the text of another, also at the same place', () => {
    const [, , key] = box.seal(place, secret).split('.');
    const [version, kid, , text] = box.seal(place, secret).split('.');
    expect(() => box.open(place, [version, kid, key, text].join('.'))).to.throw(SealBroken);
  });

  it('refuses a text in which any one character is another one', () => {
    const sealed = box.seal(place, 'ab');
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = `${sealed.slice(0, index)}${sealed[index] === 'A' ? 'B' : 'A'}${sealed.slice(index + 1)}`;
      expect(() => box.open(place, changed), String(index)).to.throw(SealBroken);
    }
  });

  it('refuses a text that was cut anywhere, or made longer', () => {
    const sealed = box.seal(place, 'ab');
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => box.open(place, sealed.slice(0, length)), String(length)).to.throw(SealBroken);
    for (const more of ['A', '=', '.', 'AAAA', '\n']) expect(() => box.open(place, sealed + more)).to.throw(SealBroken);
  });

  it('opens what an older key sealed, and knows that it should be sealed anew', () => {
    const old = box.seal(place, secret);
    const both = createSecretBox([second, first]);
    expect(both.open(place, old)).to.equal(secret);
    expect([both.isCurrent(old), both.isCurrent(both.seal(place, secret)), box.isCurrent(old)]).to.deep.equal([
      false,
      true,
      true,
    ]);
  });

  it('names a key that is not there, and refuses another key under the same name', () => {
    const sealed = box.seal(place, secret);
    expect(() => createSecretBox([second]).open(place, sealed)).to.throw(SealBroken, 'k1');
    const impostor = createSecretBox([{ kid: 'k1', key: second.key }]);
    expect(() => impostor.open(place, sealed)).to.throw(SealBroken);
    const renamed = createSecretBox([{ kid: 'k2', key: first.key }]);
    expect(() => renamed.open(place, sealed.replace('v1.k1.', 'v1.k2.'))).to.throw(SealBroken);
  });

  it('keeps nothing without a key, and says which setting is missing', () => {
    const none = createSecretBox([]);
    expect(() => none.seal(place, secret)).to.throw(AppError, 'ENCRYPTION_KEYS');
    expect(none.isCurrent(box.seal(place, secret))).to.equal(false);
  });

  it('never says in an error what was sealed, or with which key', () => {
    const sealed = box.seal(place, secret);
    for (const broken of [sealed.slice(0, -1), 'nothing', sealed.replace('k1', 'k9')]) {
      let said = '';
      try {
        box.open(place, broken);
      } catch (error) {
        said = error instanceof Error ? `${error.message} ${error.stack} ${String(error.cause)}` : '';
      }
      expect(said).to.include('cannot be opened').and.not.include(secret);
      expect(said).not.to.include(sealed.slice(10, 40)).and.not.include(first.key.toString('base64').slice(0, 8));
    }
  });
});
