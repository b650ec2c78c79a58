import { expect } from 'chai';
import type { ReferenceModel } from '../referenceModel.ts';
import { type Call, Step, type Told } from './step.ts';

/**
 * Two callers at the same moment. Whoever was accepted came first, as the model says; the other may have decided on what was true a moment
 * before, so that he may be refused for a reason of then, but not fail.
 */
export class AtOnce extends Step {
  private readonly calls: readonly [Step & Call, Step & Call];

  constructor(...calls: readonly [Step & Call, Step & Call]) {
    super();
    this.calls = calls;
  }

  override check(model: Readonly<ReferenceModel>): boolean {
    return this.calls.every((call) => call.check(model));
  }

  protected override async act(told: Told): Promise<void> {
    const answered = await Promise.all(this.calls.map(async (call) => ({ call, answer: await call.send(told) })));
    // a prepared settlement would have refused a payout, which came first if both were accepted
    const taken = answered
      .filter(({ answer }) => answer.status === 200)
      .sort((a, b) => Number(b.answer.data.kind === 'payout') - Number(a.answer.data.kind === 'payout'));
    for (const { call, answer } of taken.length === 0 ? answered : taken) call.judge(told, answer);
    for (const { call, answer } of answered)
      expect(answer.status, `${call} answered ${JSON.stringify(answer.body)}`).to.be.within(200, 499);
  }

  override toString = () => `at once: ${this.calls.join(', and ')}`;
}
