import { expect } from 'chai';
import {
  translateCallback,
  translateInvoice,
  translatePayoutCallback,
} from '../../../server/providers/shkeeper/translate.ts';

const hashA = 'aa'.repeat(32);
const hashB = 'bb'.repeat(32);
const address = '0x0000000000000000000000000000000000ABC001';

const transaction = (txid: string, amount: string, extra: object = {}) => ({
  txid,
  date: '2026-11-21 00:14:12',
  amount_crypto: amount,
  amount_fiat: amount,
  amount_fiat_without_fee: amount,
  fee_fiat: '0',
  trigger: false,
  crypto: 'BNB-USDT',
  ...extra,
});
const confirmed = (overrides: object = {}) => ({
  external_id: 'AMN_1',
  crypto: 'BNB-USDT',
  addr: address,
  fiat: 'USD',
  balance_fiat: '30',
  balance_crypto: '30',
  paid: true,
  status: 'PAID',
  fee_percent: '2',
  fee_fixed: '0',
  fee_policy: 'PERCENT_FEE',
  overpaid_fiat: '0.00',
  transactions: [transaction(hashA, '10', { trigger: true }), transaction(hashB, '20')],
  ...overrides,
});
const read = (body: unknown) => {
  const translation = translateCallback(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  if (!translation.ok) throw new Error(translation.reason);
  return translation.report;
};
const refusal = (body: unknown) => {
  const translation = translateCallback(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  return translation.ok ? 'accepted' : translation.reason;
};

describe('translateCallback', () => {
  it('reads a confirmed callback into our words, with normalised transaction ids', () => {
    const { deliveryKey, ...report } = read(confirmed());
    expect(deliveryKey).to.match(/^[0-9a-f]{64}$/);
    expect(report).to.deep.equal({
      externalId: 'AMN_1',
      shape: 'confirmed',
      reportedStatus: 'PAID',
      coin: 'BNB-USDT',
      address,
      paid: true,
      balanceFiat: '30',
      balanceCrypto: '30',
      transactions: [
        { txHash: `0x${hashA}`, coin: 'BNB-USDT', amount: '10', confirmed: true },
        { txHash: `0x${hashB}`, coin: 'BNB-USDT', amount: '20', confirmed: true },
      ],
      unreadable: [],
    });
  });

  it('reads the unconfirmed shape, which has neither `paid` nor `transactions`', () => {
    const report = read({
      external_id: 'AMN_1',
      crypto: 'BNB-USDT',
      addr: address,
      txid: ` 0x${hashA.toUpperCase()} `,
      amount: '10.50',
      status: 'unconfirmed',
    });
    expect(report).to.include({ shape: 'unconfirmed', reportedStatus: 'unconfirmed', paid: null, balanceFiat: null });
    expect(report.transactions).to.deep.equal([
      { txHash: `0x${hashA}`, coin: 'BNB-USDT', amount: '10.5', confirmed: false },
    ]);
  });

  it('gives one delivery key to the same facts, whatever their order, trigger, dates, balances and spelling', () => {
    const again = confirmed({
      balance_fiat: '15',
      overpaid_fiat: '1.00',
      transactions: [
        transaction(`0x${hashB.toUpperCase()}`, '20.0', { trigger: true, date: '2026-11-21 00:15:12' }),
        transaction(hashA, '10'),
      ],
    });
    expect(read(again).deliveryKey).to.equal(read(confirmed()).deliveryKey);
  });

  it('gives another delivery key to another status, amount, coin, transaction, payment or shape', () => {
    const bodies = [
      confirmed(),
      confirmed({ status: 'OVERPAID' }),
      confirmed({ external_id: 'AMN_2' }),
      confirmed({ transactions: [transaction(hashA, '10')] }),
      confirmed({ transactions: [transaction(hashA, '10'), transaction(hashB, '21')] }),
      confirmed({ transactions: [transaction(hashA, '10'), transaction(hashB, '20', { crypto: 'BNB-USDC' })] }),
      { external_id: 'AMN_1', status: 'unconfirmed', crypto: 'BNB-USDT', addr: address, txid: hashA, amount: '10' },
    ];
    expect(new Set(bodies.map((body) => read(body).deliveryKey)).size).to.equal(bodies.length);
  });

  it('drops zero-value transfers, so that dust is no new fact', () => {
    const dust = ['0', '0.0000000000', '0E-10', 0].map((amount, index) =>
      transaction(`${index}c`.repeat(32), String(amount)),
    );
    const dusty = confirmed({ transactions: [...confirmed().transactions, ...dust] });
    expect(read(dusty)).to.deep.equal(read(confirmed()));
  });

  it('keeps what it cannot read as bounded evidence beside what it can', () => {
    const odd = [transaction('0xt0', '10'), transaction(hashB, '1,5'), transaction(hashB, '-5'), null, 7, 'x'];
    const report = read(confirmed({ transactions: [transaction(hashA, '10'), ...odd] }));
    expect(report.transactions.map((row) => row.txHash)).to.deep.equal([`0x${hashA}`]);
    expect(report.unreadable).to.have.length(6);
    expect(report.unreadable[0]).to.equal('transaction 0xt0 amount 10');
    const flood = Array.from({ length: 4000 }, (_, index) => transaction(`odd-${index}`, '1'));
    expect(read(confirmed({ transactions: flood })).unreadable).to.have.length(20);
  });

  it('reads at most 5,000 transactions', () => {
    const many = Array.from({ length: 5001 }, (_, index) => transaction(index.toString(16).padStart(64, '0'), '1'));
    expect(read(confirmed({ transactions: many })).transactions).to.have.length(5000);
  });

  it('lives with unknown words, extra keys, missing keys and odd types', () => {
    const report = read({
      external_id: 17,
      status: 'HALF_PAID',
      paid: 'yes',
      balance_fiat: 12.5,
      addr: ['x'],
      transactions: [{ txid: hashA, amount_crypto: 3, surprise: {} }],
      extra: { deep: true },
    });
    expect(report).to.include({ externalId: '17', reportedStatus: 'HALF_PAID', paid: null, balanceFiat: '12.5' });
    expect(report).to.include({ address: null, coin: null });
    expect(report.transactions).to.deep.equal([{ txHash: `0x${hashA}`, coin: '', amount: '3', confirmed: true }]);
  });

  it('says why a body cannot be read', () => {
    expect(refusal('{')).to.equal('not_json');
    expect(refusal('')).to.equal('not_json');
    expect(refusal('[]')).to.equal('not_an_object');
    expect(refusal('null')).to.equal('not_an_object');
    expect(refusal({ status: 'PAID', transactions: [] })).to.equal('external_id_missing');
    expect(refusal(confirmed({ external_id: '' }))).to.equal('external_id_missing');
    expect(refusal(confirmed({ external_id: { $ne: null } }))).to.equal('external_id_missing');
    expect(refusal(confirmed({ external_id: 'x'.repeat(129) }))).to.equal('external_id_too_long');
    expect(refusal(confirmed({ external_id: 'x'.repeat(128) }))).to.equal('accepted');
    expect(refusal({ external_id: 'AMN_1', status: 'PAID' })).to.equal('shape_unknown');
    const broken = translateCallback(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
    expect(broken).to.deep.equal({ ok: false, reason: 'not_json' });
  });
});

describe('translateInvoice', () => {
  const row = (txid: string, extra: object = {}) => ({
    amount: '10',
    crypto: 'BNB-USDT',
    addr: address,
    txid,
    status: 'CONFIRMED',
    ...extra,
  });
  const invoice = (txs: unknown) => ({
    external_id: 'AMN_1',
    fiat: 'USD',
    amount_fiat: '30',
    balance_fiat: '20',
    status: 'PARTIAL',
    txs,
  });
  const poll = (txs: unknown) => {
    const translation = translateInvoice(invoice(txs));
    if (!translation.ok) throw new Error(translation.reason);
    return translation.report;
  };

  it('reads the list row of an invoice, its address and coin from its transactions', () => {
    const report = poll([row(hashA), row(`0x${hashB}`, { status: 'UNCONFIRMED' })]);
    expect(report).to.include({ shape: 'poll', reportedStatus: 'PARTIAL', coin: 'BNB-USDT', address, paid: null });
    expect(report.transactions.map((one) => one.confirmed)).to.deep.equal([true, false]);
    expect(poll([]).address).to.equal(null);
  });

  it('sees a confirmation as a new fact and a repeated poll as a duplicate', () => {
    const seen = poll([row(hashA, { status: 'UNCONFIRMED' })]).deliveryKey;
    expect(poll([row(hashA, { status: 'UNCONFIRMED' })]).deliveryKey).to.equal(seen);
    expect(poll([row(hashA)]).deliveryKey).not.to.equal(seen);
  });

  it('names no address when the transactions went to several, and says so', () => {
    const other = `0x${'1'.repeat(40)}`;
    const report = poll([row(hashA), row(hashB, { addr: other })]);
    expect(report.address).to.equal(null);
    expect(report.unreadable).to.deep.equal([`addresses ${address} ${other}`]);
  });

  it('refuses what is no invoice', () => {
    expect(translateInvoice('x')).to.deep.equal({ ok: false, reason: 'not_an_object' });
    expect(translateInvoice({ txs: [] })).to.deep.equal({ ok: false, reason: 'external_id_missing' });
  });
});

describe('translatePayoutCallback', () => {
  const body = (overrides: object = {}) =>
    Buffer.from(
      JSON.stringify({
        payout_id: 1,
        external_id: 'po-1',
        tx_hash: hashA,
        status: 'SUCCESS',
        amount: '5.0000000000',
        crypto: 'BNB-USDT',
        amount_fiat: '5.0000000000',
        currency_fiat: 'USD',
        timestamp: '2026-11-21T00:14:12',
        ...overrides,
      }),
    );
  const readPayout = (overrides: object = {}) => {
    const translation = translatePayoutCallback(body(overrides));
    if (!translation.ok) throw new Error(translation.reason);
    return translation.report;
  };

  it('reads a payout callback; an id that is no hash reads as none', () => {
    const { deliveryKey, ...report } = readPayout();
    expect(deliveryKey).to.match(/^[0-9a-f]{64}$/);
    const expected = { payoutId: '1', externalId: 'po-1', txHash: `0x${hashA}`, status: 'SUCCESS', coin: 'BNB-USDT' };
    expect(report).to.deep.equal(expected);
    expect(readPayout({ tx_hash: 'aa11', external_id: null })).to.include({ txHash: null, externalId: null });
  });

  it('keys a delivery by payout, external id, transaction and status alone', () => {
    const { deliveryKey } = readPayout();
    expect(readPayout({ tx_hash: `0x${hashA.toUpperCase()}`, timestamp: 'later' }).deliveryKey).to.equal(deliveryKey);
    for (const change of [{ payout_id: 2 }, { external_id: 'po-2' }, { tx_hash: hashB }, { status: 'FAIL' }]) {
      expect(readPayout(change).deliveryKey).not.to.equal(deliveryKey);
    }
  });

  it('says why a body cannot be read', () => {
    expect(translatePayoutCallback(Buffer.from('x'))).to.deep.equal({ ok: false, reason: 'not_json' });
    expect(translatePayoutCallback(Buffer.from('{}'))).to.deep.equal({ ok: false, reason: 'payout_id_missing' });
    const long = translatePayoutCallback(body({ external_id: 'x'.repeat(129) }));
    expect(long).to.deep.equal({ ok: false, reason: 'external_id_too_long' });
  });
});
