import { expect } from 'chai';
import type { Transition } from '../../../server/domain/transition.ts';
import { AppError } from '../../../server/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { buildTransition, randomIds } from '../../support/factories.ts';
import { failureOf, handles, type StoreUnderTest, words } from './storeUnderTest.ts';

/** What is known, and what is not, when the line breaks or no majority confirms. */
export function behavesOnOutages(current: () => StoreUnderTest): void {
  const { append, store, hints, relay } = handles(current);
  const lineCut = <T>(work: () => Promise<T>) => current().failing('lineCut', work);
  const unconfirmed = <T>(work: () => Promise<T>) => current().failing('unconfirmed', work);
  const shown = ({ paymentId }: Transition) =>
    eventually(() => store().tail(paymentId), { timeoutMs: 10_000, what: 'a majority has the write' });
  const codeOf = async (work: Promise<unknown>) => {
    const failure = await failureOf(work);
    return failure instanceof AppError ? failure.code : failure;
  };

  it('does not know the outcome of an append that no majority confirmed, although it is there soon after', async () => {
    const transition = buildTransition({ claims: [`tx:${randomIds.payment()}`] });
    expect(words(await unconfirmed(() => append(transition)))).to.deep.equal(['unknown']);
    expect(await shown(transition)).to.deep.equal(transition);
  });

  it('lets the repeat of an unconfirmed append meet its own number and its own claim', async () => {
    const claims = [`tx:${randomIds.payment()}`];
    const transition = buildTransition({ claims });
    await unconfirmed(() => append(transition));
    expect(words(await append(transition))).to.deep.equal(['sequenceTaken']);
    expect(words(await append(buildTransition({ claims })))).to.deep.equal(['claimTaken']);
  });

  it('holds the fences against others although an append was not confirmed', async () => {
    const first = buildTransition();
    const results = await unconfirmed(async () => [
      ...words(await append(first)),
      ...words(await append(buildTransition({ paymentId: first.paymentId }))),
    ]);
    expect(results[0]).to.equal('unknown');
    expect(['sequenceTaken', 'unknown']).to.include(results[1]);
    expect((await shown(first)).attempt).to.equal(first.attempt);
  });

  it('does not know the outcome of an append when the line breaks, and nothing is there', async () => {
    const transition = buildTransition({ claims: [`tx:${randomIds.payment()}`] });
    expect(words(await lineCut(() => append(transition)))).to.deep.equal(['unknown']);
    expect(await store().tail(transition.paymentId)).to.equal(null);
    expect(words(await append(transition))).to.deep.equal(['appended']);
  });

  it('does not know the outcome of any transition of a batch when the line breaks', async () => {
    const batch = [buildTransition(), buildTransition(), buildTransition()];
    expect(words(await lineCut(() => append(...batch)))).to.deep.equal(['unknown', 'unknown', 'unknown']);
  });

  it('answers reads with busy while the line is broken', async () => {
    const id = randomIds.payment();
    const reads: readonly (() => Promise<unknown>)[] = [
      () => store().tail(id),
      () => store().at(id, 1),
      () => store().after(id, 0, 1),
      () => store().claimant(id),
      () => hints().hint(id),
    ];
    for (const read of reads) expect(await codeOf(lineCut(read))).to.equal('busy');
  });

  it('answers projections and the relay with busy while the line is broken', async () => {
    const transition: Transition = buildTransition();
    expect(await codeOf(lineCut(() => store().project(transition)))).to.equal('busy');
    expect(await codeOf(lineCut(() => relay().lease(1, 1, 1)))).to.equal('busy');
    expect(await codeOf(lineCut(() => relay().done({ transition, fence: 1 })))).to.equal('busy');
    expect(await hints().hint(transition.paymentId)).to.equal(null);
  });
}
