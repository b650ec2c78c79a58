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
