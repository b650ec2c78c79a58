import { expect } from 'chai';
import fc from 'fast-check';
import { Binary, BSON, Decimal128 } from 'mongodb';
import { canonical, decode, digest, encode } from '../../server/store/codec.ts';

const anything = fc.object({
  maxDepth: 3,
  values: [
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(10n ** 33n), max: 10n ** 33n }),
  ],
  key: fc
    .string({ minLength: 1 })
    .filter((key) => key !== '__proto__' && !key.includes('\0') && key !== 'toBSON' && key !== '_bsontype'),
});

describe('codec', () => {
  it('brings every value back through BSON, with the same hash', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const stored = BSON.deserialize(BSON.serialize(encode(value) as BSON.Document), { promoteValues: true });
        expect(decode(stored)).to.deep.equal(value);
        expect(digest(decode(stored))).to.equal(digest(value));
      }),
      { numRuns: 300 },
    );
  });

  it('stores amounts as Decimal128 without exponent and raw bytes as bytes', () => {
    const encoded = encode({ amount: 10n ** 30n, list: [-1n] }) as { amount: Decimal128; list: Decimal128[] };
    expect(encoded.amount).to.be.instanceOf(Decimal128);
    expect(encoded.amount.toString()).to.equal('1000000000000000000000000000000');
    expect(decode(new Binary(Buffer.from('ab')))).to.deep.equal(Buffer.from('ab'));
  });

  it('writes whole numbers byte by byte as the driver itself would', () => {
    const bound = 10n ** 34n - 1n;
    const edges = [0n, 1n, -1n, 2n ** 64n - 1n, 2n ** 64n, -(2n ** 64n), 10n ** 33n, bound, -bound];
    const same = (amount: bigint) => {
      const [ours, theirs] = [encode(amount) as Decimal128, Decimal128.fromString(amount.toString())];
      expect(Buffer.from(ours.bytes).equals(Buffer.from(theirs.bytes)), String(amount)).to.equal(true);
      expect(decode(theirs)).to.equal(amount);
    };
    for (const amount of edges) same(amount);
    fc.assert(fc.property(fc.bigInt({ min: -bound, max: bound }), same), { numRuns: 300 });
  });

  it('takes no number for another that the database holds with an exponent, or that is none', () => {
    for (const text of ['1E3', '0E5', '12.50', 'NaN', 'Infinity']) {
      expect(() => decode(Decimal128.fromString(text)), text).to.throw(SyntaxError);
    }
  });

  it('keeps every name a name of its own, whatever it means to JavaScript', () => {
    const strange = JSON.parse('{"__proto__":{"admin":true},"constructor":1}');
    const copy = encode(strange) as Record<string, unknown>;
    expect(Object.keys(copy)).to.deep.equal(['__proto__', 'constructor']);
    expect(copy.admin).to.equal(undefined);
  });

  it('spells texts as JSON does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(canonical({ [text]: text })).to.equal(JSON.stringify({ [text]: text }));
      }),
      { numRuns: 50 },
    );
    for (const text of ['"', '\\', '\n', '\u007f', '\ud800', 'ä', '']) {
      expect(canonical(text)).to.equal(JSON.stringify(text));
    }
  });

  it('gives the hash that histories of earlier versions were linked with', () => {
    const value = {
      b: [1n, -2n, null, true],
      a: { when: new Date(5), bytes: Buffer.from('ab'), text: 'é"\\' },
      n: -0.5,
    };
    expect(digest(value)).to.equal('ea58abe94e4e4a171cead92fd15c7ae22d30bb5ba5dfab957cd2b9c5a639a9a4');
  });

  it('refuses an amount that Decimal128 cannot hold exactly', () => {
    expect(() => encode(10n ** 34n + 1n)).to.throw();
  });

  it('hashes by content: order of keys and missing values play no part, everything else does', () => {
    expect(canonical({ b: 1, a: [undefined, 2n], c: undefined })).to.equal('{"a":[null,{"$integer":"2"}],"b":1}');
    expect(digest({ a: 1n })).not.to.equal(digest({ a: 1 }));
    expect(digest({ a: '1' })).not.to.equal(digest({ a: 1 }));
    expect(() => digest({ a: Number.NaN })).to.throw('NaN');
  });
});
