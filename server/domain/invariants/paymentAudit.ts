import type { Transition } from '../transition.ts';
import type { AuditedStep, AuditTools, Beside } from './auditedStep.ts';
import { checkFold, checkLegs, checkOwners, createSigns } from './books.ts';
import { checkClaims } from './claims.ts';
import { checkDeadlines } from './deadlines.ts';
import { checkEffects, checkOrder } from './effects.ts';
import { checkEdge, checkHashes, checkSequence } from './history.ts';
import { checkRequest } from './marketplace.ts';
import { checkPrice } from './price.ts';
import { checkProjection } from './projection.ts';
import { createUsedFacts } from './usedFacts.ts';
import { createReport, type Report, type Violation } from './violation.ts';

/** The auditor of one log: is fed its steps in order and keeps only the last one and a sum per account. */
export interface PaymentAudit {
  step(step: AuditedStep): void;
  /** Notes a step that could not even be read. */
  unreadable(id: string, problem: string): void;
  /** Compares the end of the history with what stands beside it; answers everything that was found. */
  end(beside: Beside): readonly Violation[];
  /** The newest step so far. */
  tail(): Transition | null;
  /** False once a step had no shape: then nothing else can be said of the log. */
  isReadable(): boolean;
}

/** Enough to see what is wrong with one log; a log of which every step is wrong would else fill the memory. */
const mostViolations = 50;

/** Creates the auditor of the log with this id: I1 to I7 and I10 to I13, as far as one log can tell. */
export function createPaymentAudit(logId: string, tools: AuditTools): PaymentAudit {
  const { violations, report: keep } = createReport();
  const report: Report = (...found) => {
    if (violations.length < mostViolations) keep(...found);
  };
  const signs = createSigns(logId);
  const facts = createUsedFacts();
  let before: AuditedStep | null = null;
  let undone = false;
  let whole = true;
  let readable = true;
  const giveUp = (id: string, problem: unknown) => {
    readable = false;
    report('I3', id, `it cannot be read: ${problem instanceof Error ? problem.message : String(problem)}`);
  };

  function check(step: AuditedStep): void {
    const { transition } = step;
    const last = before?.transition ?? null;
    const follows = checkSequence(transition, last, logId, report);
    checkEdge(transition, last, follows, report);
    checkHashes(transition, last, follows, { digest: tools.digest, report });
    checkLegs(transition, report);
    checkOwners(transition, report);
    if (follows) checkFold(transition, last, report);
    // Sums over a history with a gap say nothing.
    whole &&= follows;
    if (whole) signs.add(transition, report);
    if (whole) facts.step(transition, last, report);
    checkPrice(transition, report);
    checkClaims(transition, step.slot, report);
    checkEffects(step, tools, report);
    checkOrder(step, before, report);
  }

  return {
    step(step) {
      // A record of any shape may stand in a database that somebody wrote into; it must not end the audit of the others.
      try {
        check(step);
      } catch (error) {
        giveUp(step.transition.id, error);
      }
      undone ||= !step.done;
      before = step;
    },
    unreadable: giveUp,
    end({ row, request }) {
      if (before === null || !readable) return violations;
      const { state } = before.transition;
      checkProjection(before, row, tools, report);
      checkDeadlines(state, tools, report);
      // What is on its way is no difference yet.
      if (!undone) checkRequest(state, request, report);
      return violations;
    },
    tail: () => before?.transition ?? null,
    isReadable: () => readable,
  };
}
