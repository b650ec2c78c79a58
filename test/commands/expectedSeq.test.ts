import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import type { PaymentCoordinator } from '../../server/ports.ts';
import { createStore, type Store } from '../../server/store/createStore.ts';
import { coordinatorOver } from '../support/coordinator.ts';
import { buildIntentSignal, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

describe('a change that has to come after a step its caller knows', () => {
  let opened: TestStore;
  let second: Store;
  let processes: readonly [PaymentCoordinator, PaymentCoordinator];
  before(async () => {
    opened = await openTestStore();
    second = await createStore({ uri: opened.uri });
    processes = [coordinatorOver(opened.store), coordinatorOver(second)];
  });
  after(async () => {
    await second.close();
    await opened.close();
  });

  async function open(): Promise<string> {
    const paymentId = randomIds.payment();
    expect((await processes[0].observe(paymentId, buildIntentSignal(), { actor: 'test' })).outcome).to.equal('changed');
    return paymentId;
  }
  const hint = () =>
    ({ kind: 'hintGiven', hint: `0x${(randomIds.randomBits() + randomIds.randomBits()).slice(0, 64)}` }) as const;
  /** The number of the step that was written, or the code of the refusal with the version it names. */
  const change = (process: PaymentCoordinator, paymentId: string, ifSeq?: readonly number[]) =>
    process.observe(paymentId, hint(), { actor: 'test', ifSeq }).then(
      (answer) => (answer.outcome === 'changed' ? `step ${answer.seq}` : answer.outcome),
      (error: unknown) => (error instanceof AppError ? `${error.code} ${String(error.details.seq)}` : String(error)),
    );

  it('is written after that step and after no other, whichever process knows the payment how', async () => {
    const paymentId = await open();
    const [one, other] = processes;
    expect(await change(one, paymentId, [1])).to.equal('step 2');
    // This process has never seen it, that one knows an old step.
    expect(await change(other, paymentId, [1])).to.equal('precondition_failed 2');
    expect(await change(other, paymentId, [2])).to.equal('step 3');
    expect(await change(one, paymentId, [2])).to.equal('precondition_failed 3');
    expect(await change(one, paymentId, [3])).to.equal('step 4');
    expect(await change(other, paymentId)).to.equal('step 5');
    expect(await change(one, randomIds.payment(), [1])).to.equal('precondition_failed 0');
  });

  it('is one of many at once: whoever comes second is refused and not put behind the first', async () => {
    for (let round = 0; round < 3; round += 1) {
      const paymentId = await open();
      const answers = await Promise.all(
        [0, 1, 0, 1, 0, 1].map((index) => change(processes[index] ?? processes[0], paymentId, [1])),
      );
      expect(answers.toSorted()).to.deep.equal([...Array.from({ length: 5 }, () => 'precondition_failed 2'), 'step 2']);
      expect((await opened.store.transitions.tail(paymentId))?.seq).to.equal(2);
    }
  });
});
