import { expect } from 'chai';
import { AppError, NewerVersionError } from '../../server/errors.ts';
import { type ChainWorld, one, openChainWorld } from '../providers/chain/chainWorld.ts';
import { type MonitorStage, monitorStage } from './monitorStage.ts';

describe('chain monitor, when something fails', () => {
  let world: ChainWorld;
  let stage: MonitorStage;
  before(async () => {
    world = await openChainWorld();
  });
  after(() => world.close());
  beforeEach(() => {
    stage = monitorStage(world);
  });

  for (const label of ['monitor:afterObserve', 'monitor:beforeCursor']) {
    it(`doubles nothing when it dies at ${label} and begins again`, async () => {
      let deaths = 0;
      const dying = stage.monitor((at) => {
        if (at === label && deaths < 3) {
          deaths += 1;
          throw new Error('killed');
        }
      });
      const paid = await Promise.all([stage.payment(), stage.payment(), stage.payment()]);
      for (const { vault } of paid) await world.pay(vault, one);
      await world.finalize();
      for (let look = 0; look < 5; look += 1) await dying.tick().catch(() => {});
      expect(deaths).to.equal(3);
      expect(stage.cursors.stored()?.blockNumber).to.equal((await dying.tick()).finalized);
      for (const { paymentId } of paid) {
        expect(stage.books.changes(paymentId)).to.deep.equal(['transferConfirmed']);
        expect(stage.books.standing(paymentId)).to.equal(one);
      }
    });
  }

  it('parks what a payment refuses and goes on', async () => {
    const [bad, good] = [await stage.payment(), await stage.payment()];
    stage.books.answerWith((logId) =>
      logId === bad.paymentId ? { outcome: 'refused', code: 'evidence_mismatch', detail: '', state: null } : null,
    );
    await world.pay(bad.vault, one);
    await world.pay(good.vault, one);
    const watching = stage.monitor();
    const report = await stage.settleDown(watching);
    expect(report.parked).to.equal(1);
    expect(report.cursor).to.equal(report.finalized);
    expect(stage.books.standing(good.paymentId)).to.equal(one);
    expect(stage.logger.lines.filter((line) => line.message.includes('refused'))).to.have.length(1);
  });

  it('stops the look when the database is away, keeps the cursor, and repeats it', async () => {
    const watching = stage.monitor();
    await watching.tick();
    const { paymentId, vault } = await stage.payment();
    await world.pay(vault, one);
    await world.finalize();
    const stood = stage.cursors.stored()?.blockNumber;
    stage.books.answerWith(() => {
      throw new AppError('busy', 'away');
    });
    const error = await watching.tick().catch((thrown: AppError) => thrown);
    expect(error).to.have.property('code', 'busy');
    expect(stage.cursors.stored()?.blockNumber).to.equal(stood);
    stage.books.answerWith(() => null);
    await watching.tick();
    expect(stage.books.standing(paymentId)).to.equal(one);
    expect(stage.cursors.stored()?.blockNumber).to.be.greaterThan(stood ?? 0);
  });

  it('lets nothing unforeseen in one payment hold up the others, but does not pass it either', async () => {
    const watching = stage.monitor();
    await watching.tick();
    const stood = stage.cursors.stored()?.blockNumber;
    const [bad, good] = [await stage.payment(), await stage.payment()];
    stage.books.answerWith((logId) => {
      if (logId === bad.paymentId) throw new TypeError('unforeseen');
      return null;
    });
    await world.pay(bad.vault, one);
    await world.pay(good.vault, one);
    await stage.settleDown(watching);
    expect(stage.books.standing(good.paymentId)).to.equal(one);
    expect(stage.cursors.stored()?.blockNumber).to.equal(stood);
    stage.books.answerWith(() => null);
    await watching.tick();
    expect(stage.books.standing(bad.paymentId)).to.equal(one);
    expect(stage.cursors.stored()?.blockNumber).to.be.greaterThan(stood ?? 0);
  });

  it('waits with the cursor, not with the other payments, for a server that knows what a newer version wrote', async () => {
    const watching = stage.monitor();
    await watching.tick();
    const stood = stage.cursors.stored()?.blockNumber;
    const [newer, known] = [await stage.payment(), await stage.payment()];
    stage.books.answerWith((logId) => {
      if (logId === newer.paymentId) throw new NewerVersionError(logId, 'kind giftSent');
      return null;
    });
    await world.pay(newer.vault, one);
    await world.pay(known.vault, one);
    await world.finalize();
    for (let look = 0; look < 8; look += 1) await watching.tick();
    expect(stage.books.standing(known.paymentId)).to.equal(one);
    expect(stage.cursors.stored()?.blockNumber).to.equal(stood);
    expect(
      stage.logger.lines.filter(({ fields }) => 'category' in fields),
      'no alarm',
    ).to.deep.equal([]);
    stage.books.answerWith(() => null);
    await watching.tick();
    expect(stage.books.standing(newer.paymentId)).to.equal(one);
    expect(stage.cursors.stored()?.blockNumber).to.be.greaterThan(stood ?? 0);
  });

  it('leaves a fact that can never be told to a person, tells what follows and goes on', async () => {
    const watching = stage.monitor();
    await watching.tick();
    const { paymentId, vault } = await stage.payment();
    stage.books.answerWith((_, signal) => {
      if (signal.kind === 'transferConfirmed' && signal.transfer.amount === one) throw new TypeError('broken for ever');
      return null;
    });
    await world.pay(vault, one);
    await world.pay(vault, 2n * one);
    await world.finalize();
    for (let look = 1; look < 5; look += 1) {
      const { finalized, cursor } = await watching.tick();
      expect(cursor).to.be.lessThan(finalized);
    }
    const report = await watching.tick();
    expect(report).to.deep.include({ parked: 1, cursor: report.finalized });
    expect(stage.books.standing(paymentId)).to.equal(2n * one);
    const alarms = stage.logger.lines.filter(({ message }) => message === 'a fact of the chain is left to a person');
    expect(alarms.map(({ fields }) => fields)).to.have.nested.property('[0].category', 'alarm');
    expect(alarms).to.have.length(1);
  });

  it('goes on at once past what a payment has no room for', async () => {
    const { paymentId, vault } = await stage.payment();
    stage.books.answerWith((_, signal) =>
      signal.kind === 'transferConfirmed' && signal.transfer.amount === one
        ? { outcome: 'refused', code: 'limit_reached', detail: '', state: null }
        : null,
    );
    await world.pay(vault, one);
    await world.pay(vault, 2n * one);
    const report = await stage.settleDown(stage.monitor());
    expect(report).to.deep.include({ parked: 1, cursor: report.finalized });
    expect(stage.books.standing(paymentId)).to.equal(2n * one);
    expect(stage.logger.lines.some(({ message }) => message.includes('left to a person'))).to.equal(true);
  });
});
