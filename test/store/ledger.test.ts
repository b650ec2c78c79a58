import { expect } from 'chai';
import type { Document } from 'mongodb';
import type { Leg } from '../../server/domain/ledger.ts';
import type { Signal } from '../../server/domain/signal.ts';
import type { Balance } from '../../server/domain/state.ts';
import type { Transition } from '../../server/domain/transition.ts';
import { AppError } from '../../server/errors.ts';
import { partySums, paymentSums } from '../../server/store/ledgerPipelines.ts';
import { buildState, buildTransition, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const usdt = 'bsc:USDT';
const leg = (account: string, amount: bigint, asset = usdt): Leg => ({ account, asset, amount });
const move = (from: string, to: string, amount: bigint, asset = usdt) => [
  leg(from, -amount, asset),
  leg(to, amount, asset),
];
const text = (balances: readonly Balance[]) =>
  balances.map(({ account, asset, amount }) => `${asset} ${account} ${amount}`).sort();
/** Evidence of a step that rests on a block. */
const mined = (blockNumber: number, part: 'transfer' | 'fact' | 'movement' = 'transfer') => ({
  evidence: { signal: { kind: 'transferConfirmed', [part]: { blockNumber } } as unknown as Signal },
});

describe('the books in the store', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());

  /** Appends one transition for each list of legs to the log of a payment. */
  async function post(paymentId: string, steps: readonly (readonly Leg[])[], more: Partial<Transition> = {}) {
    const first = ((await opened.store.transitions.tail(paymentId))?.seq ?? 0) + 1;
    const state = buildState({ id: paymentId });
    for (const [n, legs] of steps.entries()) {
      const step = buildTransition({
        kind: 'transferConfirmed',
        ...more,
        paymentId,
        seq: first + n,
        legs,
        effects: [],
        state,
      });
      expect(await opened.store.transitions.append([step])).to.deep.equal([{ outcome: 'appended' }]);
    }
  }
  /** A paid, forwarded and released payment of 100 with a fee of 1: five steps, three of them with legs. */
  async function released(paymentId: string, [buyerId, sellerId]: readonly [string, string], asset = usdt) {
    await post(paymentId, [
      [],
      [
        ...move(`buyer:${buyerId}`, `excess:contract:${paymentId}`, 100n, asset),
        ...move(`excess:contract:${paymentId}`, `held:contract:${paymentId}`, 100n, asset),
      ],
      [],
      move(`held:contract:${paymentId}`, `pending:contract:${paymentId}`, 100n, asset),
      [
        leg(`pending:contract:${paymentId}`, -100n, asset),
        leg(`paid:seller:${sellerId}`, 99n, asset),
        leg('fees:main', 1n, asset),
      ],
    ]);
  }
  const explain = async (pipeline: Document[]) => {
    const found = await opened.database.collection('payment_transitions').aggregate(pipeline).explain('executionStats');
    const stats = found.executionStats ?? found.stages[0].$cursor.executionStats;
    return { keys: Number(stats.totalKeysExamined), documents: Number(stats.totalDocsExamined) };
  };
  const collect = async (blockNumber: number) => {
    const found: Balance[] = [];
    for await (const balance of opened.store.ledger.booksAt('pin', blockNumber)) found.push(balance);
    return text(found);
  };

  it('answers what a payment posted and where its log stands, without the accounts that hold nothing', async () => {
    const id = randomIds.payment();
    await released(id, ['ann', 'sam']);
    const { asOfSeq, balances } = await opened.store.ledger.paymentBalances(id);
    expect(asOfSeq).to.equal(5);
    expect(text(balances)).to.deep.equal([
      `${usdt} buyer:ann -100`,
      `${usdt} fees:main 1`,
      `${usdt} paid:seller:sam 99`,
    ]);
    expect(await opened.store.ledger.paymentBalances(randomIds.payment())).to.deep.equal({ asOfSeq: 0, balances: [] });
  });

  it('lists the steps that posted legs with running balances, and a page goes on where the one before ended', async () => {
    const id = randomIds.payment();
    await released(id, ['ann', 'sam']);
    const whole = await opened.store.ledger.statement(id, 0, 50);
    expect(whole.map(({ seq, kind }) => [seq, kind])).to.deep.equal([2, 4, 5].map((seq) => [seq, 'transferConfirmed']));
    expect(whole[0]?.legs.map(({ account, amount, balance }) => [account, amount, balance])).to.deep.equal([
      ['buyer:ann', -100n, -100n],
      [`excess:contract:${id}`, 100n, 100n],
      [`excess:contract:${id}`, -100n, 0n],
      [`held:contract:${id}`, 100n, 100n],
    ]);
    const pages = [];
    for (let after = 0; ; ) {
      const page = await opened.store.ledger.statement(id, after, 1);
      if (page[0] === undefined) break;
      pages.push(...page);
      after = page[0].seq;
    }
    expect(pages).to.deep.equal(whole);
    expect(await opened.store.ledger.statement(id, 999_999, 50)).to.deep.equal([]);
  });

  it('adds amounts that no double holds to the last unit', async () => {
    const id = randomIds.payment();
    const huge = 10n ** 30n;
    await post(id, [
      ...Array.from({ length: 10 }, () => move('buyer:ann', `excess:contract:${id}`, huge)),
      move('buyer:ann', `excess:contract:${id}`, 1n),
    ]);
    const { balances } = await opened.store.ledger.paymentBalances(id);
    expect(balances.find(({ amount }) => amount > 0n)?.amount).to.equal(10n * huge + 1n);
    expect((await opened.store.ledger.trialBalance()).reduce((sum, { amount }) => sum + amount, 0n)).to.equal(0n);
  });

  it('tells users apart whose names begin alike, and adds what single payments owe one of them', async () => {
    const [first, second, other] = [randomIds.payment(), randomIds.payment(), randomIds.payment()].sort() as [
      string,
      string,
      string,
    ];
    await post(first, [move('buyer:ida', `owed:seller:kim:${first}`, 40n)]);
    await post(second, [
      move('buyer:ida-1', `owed:seller:kim:${second}`, 50n),
      move('platform', `owed:buyer:kim:${second}`, 7n),
    ]);
    await post(other, [
      move('buyer:ida', `owed:seller:kim-2:${other}`, 60n),
      move('buyer:kim', 'paid:seller:kimberly', 3n),
    ]);
    const kim = await opened.store.ledger.partyBalances('kim', 1);
    expect(text(kim.balances)).to.deep.equal([
      `${usdt} buyer:kim -3`,
      `${usdt} owed:buyer:kim 7`,
      `${usdt} owed:seller:kim 90`,
    ]);
    expect([text(kim.open), kim.openTotal]).to.deep.equal([[`${usdt} owed:buyer:kim:${second} 7`], 3]);
    expect(text((await opened.store.ledger.partyBalances('ida', 10)).balances)).to.deep.equal([
      `${usdt} buyer:ida -100`,
    ]);
    expect(await opened.store.ledger.partyBalances('id', 10)).to.deep.equal({ balances: [], open: [], openTotal: 0 });
  });

  it('reads only the legs of whom it is asked about, however many others there are', async () => {
    const id = randomIds.payment();
    await released(id, ['ann', 'sue']);
    await post(randomIds.payment(), [move('buyer:bob', 'owed:seller:sue:x', 5n)]);
    const others = Array.from({ length: 60 }, (_, n) =>
      buildTransition({ legs: move(`buyer:b${n}`, `owed:seller:sue-${n}:x`, 5n), effects: [] }),
    );
    await opened.store.transitions.append(others);
    const payment = await explain(paymentSums(id, 5));
    expect(payment.documents).to.equal(5);
    expect(payment.keys).to.be.at.most(6);
    const party = await explain(partySums('sue'));
    // One paid, one owed; each of the five scans may look at one key beyond its end.
    expect(party.documents).to.equal(2);
    expect(party.keys).to.be.at.most(7);
  });

  it('sums all accounts of a kind, whoever they belong to, and they sum to zero in every asset', async () => {
    const [one, two] = [randomIds.payment(), randomIds.payment()];
    await released(one, ['ann', 'sam'], 'trial:USDT');
    await released(two, ['bob', 'sue'], 'trial:USDT');
    await post(randomIds.payment(), [move('buyer:unknown', 'suspense', 4n, 'eth:0xabc')]);
    const sums = await opened.store.ledger.trialBalance();
    const shown = sums.map(({ asset, kind, amount }) => `${asset} ${kind} ${amount}`);
    expect(shown).to.include.members([
      ...[`trial:USDT buyer -200`, `trial:USDT paid:seller 198`, `trial:USDT fees 2`, `trial:USDT held:contract 0`],
      ...['eth:0xabc buyer -4', 'eth:0xabc suspense 4'],
    ]);
    expect(shown.filter((line) => line.startsWith(`trial:USDT buyer`))).to.have.length(1);
  });

  it('leaves out of the books of a block what rests on a younger one, and what a reversal took back of that', async () => {
    const id = randomIds.payment();
    const held = `excess:contract:${id}`;
    await post(id, [move('buyer:ann', held, 10n, 'pin:USDT')], mined(7));
    await post(id, [move('buyer:ann', held, 20n, 'pin:USDT')], mined(8));
    await post(id, [move(held, 'returned:buyer:ann', 5n, 'pin:USDT')], mined(9, 'movement'));
    await post(id, [move(held, 'loss', 1n, 'pin:USDT')]);
    await post(randomIds.payment(), [move('buyer:ann', held, 1000n, 'pin2:USDT')], mined(1));
    expect(await collect(7)).to.deep.equal([`pin:USDT buyer -10`, `pin:USDT ${held} 9`, `pin:USDT loss 1`]);
    expect(await collect(8)).to.include(`pin:USDT ${held} 29`);
    expect(await collect(9)).to.include(`pin:USDT ${held} 24`);

    const other = randomIds.payment();
    const arrivals = [{ blockNumber: 8, reversed: true }] as never;
    await post(other, [move('buyer:bob', `held:provider:${other}`, 3n, 'pin:USDT')], mined(8));
    const step = buildTransition({
      kind: 'transferOrphaned',
      paymentId: other,
      seq: 2,
      legs: move(`held:provider:${other}`, 'buyer:bob', 3n, 'pin:USDT'),
      state: buildState({ id: other, arrivals }),
    });
    await opened.store.transitions.append([step]);
    expect(await collect(7)).to.not.include(`pin:USDT held:provider:${other} -3`);
    expect(await collect(8)).to.not.match(new RegExp(other));
  });

  it('says that the books are too large when their sums take too long, and that it is busy when the database is away', async () => {
    const refused = async (errorCode: number) => {
      const fault = { mode: 'alwaysOn', data: { failCommands: ['aggregate'], errorCode } };
      const error = await opened.failing(fault, () =>
        opened.store.ledger.trialBalance().catch((thrown: unknown) => thrown),
      );
      return error instanceof AppError ? error.code : error;
    };
    expect(await refused(50)).to.equal('report_too_large');
    expect(await refused(91)).to.equal('busy');
  });
});
