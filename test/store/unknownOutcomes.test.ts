import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { buildTransition } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

describe('append, when the server or the line fails', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());

  const appendUnder = async (mode: object, data: object) => {
    const transition = buildTransition();
    const results = await opened.failing({ mode, data: { failCommands: ['insert'], ...data } }, () =>
      opened.store.transitions.append([transition]),
    );
    const stored = await opened.database.collection('payment_transitions').countDocuments({ p: transition.paymentId });
    return { outcome: results[0]?.outcome, stored };
  };
  const writeConcern = (code: number) => ({ writeConcernError: { code, errmsg: 'waiting for replication timed out' } });

  it('does not notice a connection that breaks once, because the driver repeats', async () => {
    expect(await appendUnder({ times: 1 }, { closeConnection: true })).to.deep.equal({
      outcome: 'appended',
      stored: 1,
    });
  });

  it('does not know the outcome when the connection breaks twice', async () => {
    expect(await appendUnder({ times: 2 }, { closeConnection: true })).to.deep.equal({ outcome: 'unknown', stored: 0 });
  });

  it('does not know the outcome after a write-concern error, although the write is there', async () => {
    expect(await appendUnder({ times: 1 }, writeConcern(64))).to.deep.equal({ outcome: 'unknown', stored: 1 });
  });

  it('does not know the outcome when the server shuts down twice while acknowledging', async () => {
    expect(await appendUnder({ times: 2 }, writeConcern(91))).to.deep.equal({ outcome: 'unknown', stored: 1 });
  });

  it('stores once what the driver repeats after a failover', async () => {
    expect(await appendUnder({ times: 1 }, { errorCode: 10107 })).to.deep.equal({ outcome: 'appended', stored: 1 });
  });

  for (const errorCode of [11601, 50, 14031, 16500]) {
    it(`does not know the outcome after error ${errorCode}`, async () => {
      expect(await appendUnder({ times: 1 }, { errorCode })).to.deep.equal({ outcome: 'unknown', stored: 0 });
    });
  }

  it('throws on an error that only a mistake of ours can cause', async () => {
    const failure = await appendUnder({ times: 1 }, { errorCode: 13 }).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error).and.not.instanceOf(AppError);
  });

  it('takes an unknown outcome of a batch as an unknown outcome of each of its documents', async () => {
    const taken = buildTransition();
    await opened.store.transitions.append([taken]);
    const batch = [buildTransition({ paymentId: taken.paymentId }), buildTransition()];
    const results = await opened.failing(
      { mode: { times: 1 }, data: { failCommands: ['insert'], ...writeConcern(64) } },
      () => opened.store.transitions.append(batch),
    );
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(['unknown', 'unknown']);
  });

  it('answers reads with busy while the database is unreachable', async () => {
    const failure = await opened
      .failing({ mode: { times: 2 }, data: { failCommands: ['find'], closeConnection: true } }, () =>
        opened.store.transitions.tail('nobody'),
      )
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(AppError).with.property('code', 'busy');
  });

  it('answers Mongoose reads with busy as well', async () => {
    const failure = await opened
      .failing({ mode: { times: 2 }, data: { failCommands: ['find'], closeConnection: true } }, () =>
        opened.store.marketplace.request('nobody'),
      )
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(AppError).with.property('code', 'busy');
  });

  it('refuses a document that is too large before it is sent, and it alone', async () => {
    const huge = buildTransition({ evidence: { rawBody: Buffer.alloc(2 ** 20) } });
    const small = buildTransition();
    const batch = [huge, small];
    const [refused, appended] = await opened.store.transitions.append(batch);
    expect(refused?.outcome).to.equal('tooLarge');
    expect(appended).to.deep.equal({ outcome: 'appended' });
    expect(await opened.store.transitions.at(huge.paymentId, huge.seq)).to.equal(null);
    expect(await opened.store.transitions.append(batch.slice(0, 1))).to.deep.equal([refused]);
  });
});
