import { expect } from 'chai';
import type { Signal } from '../../server/domain/signal.ts';
import type { Transition } from '../../server/domain/transition.ts';
import { AppError } from '../../server/errors.ts';
import type { PaymentCoordinator } from '../../server/ports.ts';
import { createStore, type Store } from '../../server/store/createStore.ts';
import { prepared, report } from '../domain/factories.ts';
import { coordinatorOver } from '../support/coordinator.ts';
import { buildIntentSignal, buildTransfer, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const actor = { actor: 'race' };

describe('paymentCoordinator on the real mongod', () => {
  let opened: TestStore;
  let second: Store;
  let coordinators: readonly PaymentCoordinator[];

  before(async () => {
    opened = await openTestStore();
    second = await createStore({ uri: opened.uri });
    coordinators = [coordinatorOver(opened.store), coordinatorOver(second)];
  });
  after(async () => {
    await second.close();
    await opened.close();
  });

  /** Sends a signal by one of the two stores, again while the answer is busy, as every sender may. */
  async function send(paymentId: string, signal: Signal, index = 0): Promise<string> {
    const coordinator = coordinators[index % 2];
    for (let sending = 0; sending < 10; sending += 1) {
      const outcome = await coordinator?.observe(paymentId, signal, actor).then(
        (observation) => observation.outcome,
        (error: unknown) => {
          if (error instanceof AppError && error.code === 'busy') return 'busy';
          throw error;
        },
      );
      if (outcome !== undefined && outcome !== 'busy') return outcome;
    }
    throw new Error('never answered');
  }
  const history = async (paymentId: string) => {
    const { transitions } = opened.store;
    const length = (await transitions.tail(paymentId))?.seq ?? 0;
    const read = await Promise.all(Array.from({ length }, (_, index) => transitions.at(paymentId, index + 1)));
    return read.filter((transition) => transition !== null);
  };
  const open = async (overrides: Parameters<typeof buildIntentSignal>[0] = {}) => {
    const paymentId = randomIds.payment();
    const intent = buildIntentSignal(overrides);
    await send(paymentId, intent);
    return { paymentId, ...intent.intent };
  };
  const expectChain = (transitions: readonly Transition[]) => {
    transitions.forEach((transition, index) => {
      const { hash, ...body } = transition;
      expect(transition.seq).to.equal(index + 1);
      expect(opened.store.digest(body)).to.equal(hash);
      if (index > 0) expect(transition.prev).to.equal(transitions[index - 1]?.hash);
    });
  };

  it('completes a payment once when fifty mixed signals arrive at the same time over two stores', async () => {
    const { paymentId, provider } = await open();
    const oneTime = `0x${randomIds.payment()}${'0'.repeat(16)}`;
    await send(paymentId, { kind: 'addressGiven', address: oneTime, providerAmount: '100', exchangeRate: '1' });
    const transfer = buildTransfer({ vault: oneTime }, 100n, { receiver: oneTime });
    const told = { deliveryKey: `delivery-${paymentId}`, externalId: provider?.externalId ?? '', address: oneTime };
    const kinds: Signal[] = [
      { kind: 'providerReported', report: report(told) },
      { kind: 'transferConfirmed', transfer },
      { kind: 'transferSeen', transfer },
      { kind: 'hintGiven', hint: transfer.txHash },
      { kind: 'deadlinePassed' },
    ];
    const signals = Array.from({ length: 50 }, (_, index) => kinds[index % kinds.length]).filter(
      (one) => one !== undefined,
    );
    const outcomes = await Promise.all(signals.map((signal, index) => send(paymentId, signal, index)));
    expect(outcomes.filter((outcome) => !['changed', 'noChange', 'duplicate'].includes(outcome))).to.deep.equal([]);
    const transitions = await history(paymentId);
    expectChain(transitions);
    const completions = transitions.filter(({ from, to }) => from !== 'completed' && to === 'completed');
    expect(completions).to.have.length(1);
    const effects = transitions.flatMap((transition) => transition.effects);
    expect(effects.filter(({ type }) => type === 'acceptOffer')).to.have.length(1);
    expect(effects.filter(({ type }) => type === 'requestForward')).to.have.length(1);
    expect(new Set(effects.map(({ key }) => key)).size).to.equal(effects.length);
    const legs = transitions.flatMap((transition) => transition.legs);
    expect(legs.reduce((sum, leg) => sum + leg.amount, 0n)).to.equal(0n);
    expect(transitions.filter(({ kind }) => kind === 'providerReported').length).to.be.at.most(1);
    const found = await opened.store.queries.payment(paymentId, null);
    expect(found?.seq).to.equal(transitions.length);
  });

  it('opens one payment when the same buyer asks for an intent twenty times at once', async () => {
    const intent = buildIntentSignal();
    const { requestId, offerId, buyerId } = intent.intent;
    const rivals = Array.from({ length: 20 }, () => buildIntentSignal({ requestId, offerId, buyerId }));
    const outcomes = await Promise.all(rivals.map((signal, index) => send(randomIds.payment(), signal, index)));
    expect(outcomes.filter((outcome) => outcome === 'changed')).to.have.length(1);
    expect(outcomes.filter((outcome) => outcome === 'existing')).to.have.length(19);
  });

  it('funds a request once when ten payments for it are paid at the same time', async () => {
    const requestId = `request-${randomIds.payment()}`;
    const payments = await Promise.all(
      Array.from({ length: 10 }, () => open({ requestId, rail: 'web3', provider: null })),
    );
    await Promise.all(
      payments.map((payment, index) =>
        send(payment.paymentId, { kind: 'transferConfirmed', transfer: buildTransfer(payment, 100n) }, index),
      ),
    );
    const tails = await Promise.all(payments.map(({ paymentId }) => opened.store.transitions.tail(paymentId)));
    expect(tails.map((tail) => tail?.to).sort()).to.deep.equal(['completed', ...Array(9).fill('failed')]);
  });

  it('lets one of two admins prepare when release and refund are asked for at once', async () => {
    const payment = await open({ rail: 'web3', provider: null });
    await send(payment.paymentId, { kind: 'transferConfirmed', transfer: buildTransfer(payment, 100n) });
    const both = [prepared(100n, 0n), prepared(0n, 100n)];
    const outcomes = await Promise.all(both.map((signal, index) => send(payment.paymentId, signal, index)));
    expect(outcomes.sort()).to.deep.equal(['changed', 'refused']);
  });

  describe('an unknown outcome', () => {
    const insertFault = (data: object) => ({ failCommands: ['insert'], ...data });
    const lost = { writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } };

    it('after a write-concern error ends as one stored transition, known or repeated', async () => {
      const paymentId = randomIds.payment();
      const intent = buildIntentSignal();
      await opened.failing({ mode: { times: 1 }, data: insertFault(lost) }, () => send(paymentId, intent));
      expect(await send(paymentId, intent)).to.equal('noChange');
      expect(await history(paymentId)).to.have.length(1);
    });

    it('after a line that broke twice is answered busy, and the repeat succeeds once', async () => {
      const paymentId = randomIds.payment();
      const intent = buildIntentSignal();
      const failure = await opened
        .failing({ mode: { times: 2 }, data: insertFault({ closeConnection: true }) }, async () =>
          coordinators[0]?.observe(paymentId, intent, actor),
        )
        .catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(AppError).with.property('code', 'busy');
      expect(await send(paymentId, intent)).to.equal('changed');
      expect(await history(paymentId)).to.have.length(1);
    });
  });
});
