import { expect } from 'chai';
import { createRecordReport } from '../../server/commands/recordReport.ts';
import { createDeliveryTally } from '../../server/deps/deliveryTally.ts';
import { paymentIdOf } from '../../server/domain/externalId.ts';
import { report } from '../domain/factories.ts';
import { createTestClock } from '../support/clock.ts';
import { coordinatorOver } from '../support/coordinator.ts';
import { commandsOf } from '../support/countedCommands.ts';
import { buildIntentSignal, createTestLogger } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const actor = { actor: 'counted' };
const [read, ask, append, copy] = [
  ...['find payments', 'find payment_transitions', 'insert payment_transitions', 'update payments'],
];

describe('what a change costs the database', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());

  const clock = createTestClock();
  /** A process of its own: it remembers nothing of what others did. */
  const start = () => coordinatorOver(opened.store, { clock });
  async function opening() {
    const coordinator = start();
    const signal = buildIntentSignal();
    const paymentId = paymentIdOf(signal.intent.provider?.externalId ?? '') ?? '';
    const open = () => coordinator.observe(paymentId, signal, actor);
    const told = (deliveryKey: string, amount: string) => {
      const transactions = [{ txHash: `0x${'a'.repeat(64)}`, coin: 'BNB-USDT', amount, confirmed: true }];
      const externalId = signal.intent.provider?.externalId ?? '';
      const word = report({
        deliveryKey: paymentId + deliveryKey,
        externalId,
        reportedStatus: 'PARTIAL',
        transactions,
      });
      return { kind: 'providerReported', report: word } as const;
    };
    return { coordinator, paymentId, open, told };
  }
  /** The commands of a call, and of what it leaves to be done after its answer. */
  const counted = (work: () => Promise<unknown>) =>
    commandsOf(opened.database, async () => {
      await work();
      await opened.store.copied();
    });

  it('opens a payment by one insert, since the fence alone says that there is none yet', async () => {
    const { open } = await opening();
    expect(await counted(open)).to.deep.equal([append, copy]);
  });

  it('changes a payment by one read and one insert, and copies it afterwards', async () => {
    const { open, paymentId, told } = await opening();
    await open();
    await opened.store.copied();
    const stranger = start();
    expect(await counted(() => stranger.observe(paymentId, told('1', '1'), actor))).to.deep.equal([
      ...[read, append, copy],
    ]);
  });

  it('changes a payment that the process itself changed this very second by one insert', async () => {
    const { coordinator, open, paymentId, told } = await opening();
    await open();
    await opened.store.copied();
    clock.advance(999);
    const work = () => coordinator.observe(paymentId, told('1', '1'), actor);
    expect(await counted(work)).to.deep.equal([append, copy]);
  });

  it('changes a payment that the process knows by one read and one insert, and the read is exact', async () => {
    const { coordinator, open, paymentId, told } = await opening();
    await open();
    clock.advance(1_000);
    await opened.store.copied();
    const work = () => coordinator.observe(paymentId, told('1', '1'), actor);
    expect(await counted(work)).to.deep.equal([ask, append, copy]);
  });

  it('answers a repeated fact by one read', async () => {
    const { coordinator, open, paymentId, told } = await opening();
    await open();
    await coordinator.observe(paymentId, told('1', '1'), actor);
    await opened.store.copied();
    const work = () => coordinator.observe(paymentId, told('1', '1'), actor);
    expect(await counted(work)).to.deep.equal([ask]);
  });

  it('answers a repeated fact of an unknown payment by two reads, because a copy alone is not to be believed', async () => {
    const { coordinator, open, paymentId, told } = await opening();
    await open();
    await coordinator.observe(paymentId, told('1', '1'), actor);
    await opened.store.copied();
    expect(await counted(() => start().observe(paymentId, told('1', '1'), actor))).to.deep.equal([read, ask]);
  });

  it('takes a delivery by one read and one insert, and a repeated one by one read, without a write to count it', async () => {
    const { open, told } = await opening();
    await open();
    await opened.store.copied();
    const { logger } = createTestLogger();
    const providerEvents = createDeliveryTally(opened.store.providerEvents, logger);
    const recordReport = createRecordReport({ coordinator: start(), providerEvents, clock });
    const delivery = { report: told('1', '1').report, rawBody: Buffer.from('{}'), headers: {} };
    expect(await counted(() => recordReport(delivery))).to.deep.equal([read, append, copy]);
    expect(await counted(() => recordReport(delivery))).to.deep.equal([ask]);
    await providerEvents.flush();
  });

  it('changes sixteen payments at once by a few commands, not by sixteen times as many', async () => {
    const payments = await Promise.all(Array.from({ length: 16 }, opening));
    await Promise.all(payments.map(({ open }) => open()));
    await opened.store.copied();
    const one = start();
    const all = await counted(() =>
      Promise.all(payments.map(({ paymentId, told }) => one.observe(paymentId, told('1', '1'), actor))),
    );
    expect(all.filter((name) => name === read)).to.have.length(1);
    expect(all.filter((name) => name === append)).to.have.length(1);
  });
});
