import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { type SignedDelivery, signBody, verifySignature } from '../../../server/providers/shkeeper/signature.ts';

const key = 'test-api-key';
/** Golden vectors and negatives, produced by the real server. */
const vectors = [
  {
    seconds: 1795219996,
    bytes: 146,
    body: '{"addr":"0x0000000000000000000000000000000000ABC001","amount":"10","crypto":"BNB-USDT","external_id":"AMN_1","status":"unconfirmed","txid":"0xt0"}',
    signature: 'fd7a38fafc54539e9536a13695fa29022f63c7054a51c5e326fc8160d47fcd5d',
    bodyOnly: '34b316d6989028d3f117283f5bc0cd43ab2263c837f95006caf1c2f0b6942e3d',
  },
  {
    seconds: 1795220194,
    bytes: 201,
    body: '{"amount":"5.0000000000","amount_fiat":"5.0000000000","crypto":"BNB-USDT","currency_fiat":"USD","external_id":"po-1","payout_id":1,"status":"SUCCESS","timestamp":"2026-11-21T00:14:12","tx_hash":"aa11"}',
    signature: 'e9e32add86a79b6b950c7f6f82f8dbffd729ef127beab924191c442d3157e64e',
    bodyOnly: 'eb264cda32d54b43d4279a9d01961f87e7ba3b11dd1b9df7af1278f906eca87f',
  },
] as const;

const deliveryOf = (vector: (typeof vectors)[number], overrides: Partial<SignedDelivery> = {}): SignedDelivery => ({
  timestamp: String(vector.seconds),
  signature: vector.signature,
  rawBody: Buffer.from(vector.body),
  keys: [key],
  nowMs: vector.seconds * 1000,
  legacy: 'off',
  ...overrides,
});

for (const [index, vector] of vectors.entries()) {
  describe(`verifySignature, golden vector ${index + 1}`, () => {
    const refused = (overrides: Partial<SignedDelivery>, reason: string) =>
      expect(verifySignature(deliveryOf(vector, overrides))).to.deep.equal({ ok: false, reason });
    const accepted = (overrides: Partial<SignedDelivery>, scheme = 'timestamped') =>
      expect(verifySignature(deliveryOf(vector, overrides))).to.deep.equal({ ok: true, scheme });

    it('accepts what the real server signed, and signs the same', () => {
      expect(Buffer.byteLength(vector.body)).to.equal(vector.bytes);
      accepted({});
      accepted({ signature: ` ${vector.signature.toUpperCase()} ` });
      expect(signBody(key, vector.seconds, Buffer.from(vector.body))).to.equal(vector.signature);
    });

    it('refuses the HMAC of the body alone unless the legacy mode `body` is on', () => {
      refused({ signature: vector.bodyOnly }, 'signature_mismatch');
      refused({ signature: vector.bodyOnly, timestamp: undefined }, 'timestamp_missing');
      refused({ signature: vector.bodyOnly, legacy: 'header', apiKeyHeader: key }, 'signature_mismatch');
      accepted({ signature: vector.bodyOnly, timestamp: undefined, legacy: 'body' }, 'body');
      accepted({ legacy: 'body' });
    });

    it('takes 300 s either way and refuses 301 s', () => {
      for (const seconds of [-300, 300]) accepted({ nowMs: (vector.seconds + seconds) * 1000 });
      for (const seconds of [-301, 301]) {
        refused({ nowMs: (vector.seconds + seconds) * 1000 }, 'timestamp_outside_window');
      }
    });

    it('refuses a changed byte, added blanks and reordered keys', () => {
      const parsed = JSON.parse(vector.body);
      const bodies = [
        `${vector.body.slice(0, -3)}X${vector.body.slice(-2)}`,
        JSON.stringify(parsed, null, 1),
        JSON.stringify(Object.fromEntries(Object.entries(parsed).reverse())),
      ];
      for (const body of bodies) {
        expect(body).not.to.equal(vector.body);
        refused({ rawBody: Buffer.from(body) }, 'signature_mismatch');
      }
    });

    it('refuses a signature of another length, a doubled header and a missing one', () => {
      refused({ signature: vector.signature.slice(1) }, 'signature_malformed');
      refused({ signature: `${vector.signature}0` }, 'signature_malformed');
      refused({ signature: `${vector.signature}, ${vector.signature}` }, 'signature_malformed');
      refused({ signature: [vector.signature, vector.signature] }, 'signature_malformed');
      refused({ signature: `${vector.signature.slice(1)}g` }, 'signature_malformed');
      refused({ signature: undefined }, 'signature_missing');
    });

    it('refuses a timestamp that is missing, doubled, signed, pointed, lettered or padded', () => {
      refused({ timestamp: undefined }, 'timestamp_missing');
      const seconds = String(vector.seconds);
      const odd = [
        `+${seconds}`,
        `-${seconds}`,
        `${seconds}.0`,
        `${seconds}s`,
        ` ${seconds}`,
        `${seconds}, ${seconds}`,
        '',
      ];
      for (const timestamp of odd) refused({ timestamp }, 'timestamp_malformed');
      refused({ timestamp: `${seconds}000` }, 'timestamp_malformed');
    });

    it('tries every key, old and new during a rotation, and refuses the old one afterwards', () => {
      accepted({ keys: ['new-key', key] });
      accepted({ keys: [key, 'new-key'] });
      refused({ keys: ['new-key'] }, 'signature_mismatch');
    });

    it('never verifies against an empty key', () => {
      const forged = createHmac('sha256', '').update(`${vector.seconds}.${vector.body}`).digest('hex');
      refused({ keys: ['', 'new-key'], signature: forged }, 'signature_mismatch');
      refused({ keys: [''], signature: forged }, 'no_keys');
      refused({ keys: [] }, 'no_keys');
    });

    it('takes the exact API key header alone only in the legacy mode `header`', () => {
      const bare = { timestamp: undefined, signature: undefined, apiKeyHeader: key };
      refused(bare, 'signature_missing');
      refused({ ...bare, legacy: 'body' }, 'signature_missing');
      accepted({ ...bare, legacy: 'header' }, 'header');
      refused({ ...bare, legacy: 'header', apiKeyHeader: `${key}x` }, 'api_key_mismatch');
      refused({ ...bare, legacy: 'header', apiKeyHeader: undefined }, 'api_key_mismatch');
    });
  });
}

describe('verifySignature', () => {
  it('signs the bytes and not the characters of a body', () => {
    const rawBody = Buffer.from('{"note":"Zürich ₮"}', 'utf8');
    const signature = createHmac('sha256', key)
      .update(Buffer.concat([Buffer.from('1000.'), rawBody]))
      .digest('hex');
    const delivery = { timestamp: '1000', signature, keys: [key], nowMs: 1_000_999, legacy: 'off' } as const;
    expect(verifySignature({ ...delivery, rawBody }).ok).to.equal(true);
    expect(verifySignature({ ...delivery, rawBody: Buffer.from('{"note":"Zürich ₮"}', 'latin1') }).ok).to.equal(false);
  });
});
