import { effectKey } from '../transition.ts';
import type { AuditedStep, AuditTools } from './auditedStep.ts';
import type { Report } from './violation.ts';

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;

/** I11: the effects of a step carry their keys, and are done or parked before long. */
export function checkEffects({ transition, done }: AuditedStep, tools: AuditTools, report: Report): void {
  const { id, paymentId, seq, atMs, effects } = transition;
  const wrong = effects.find((effect, n) => effect.key !== effectKey(paymentId, seq, n));
  if (wrong !== undefined) report('I11', id, `an effect has the key ${wrong.key}`);
  const age = tools.nowMs - atMs;
  if (!done && age > tools.graces.effectMs) report('I11', id, `its effects are not done after ${seconds(age)}`);
}

/** I11, order: nothing of a step is done before the step before it is. */
export function checkOrder(step: AuditedStep, before: AuditedStep | null, report: Report): void {
  if (before === null || before.done || !step.done) return;
  report('I11', before.transition.id, `its effects are not done, those of ${step.transition.id} are`);
}
