// A part is provided by the first step of its chain that works.

import { PartMissing, StepFailed } from './failure.mjs';

/**
 * One way to get a part: `run` answers where it is, or throws StepFailed with the reason why not.
 * @typedef {{name: string, run: () => Promise<string> | string}} Step
 */

/**
 * Tries the steps in order and answers the first result; when all fail, throws the failure that names each reason.
 * @param {{part: string, steps: Step[], remedies: string[]}} chain
 * @returns {Promise<{value: string, step: string}>}
 */
export async function provide({ part, steps, remedies }) {
  const tried = [];
  for (const step of steps) {
    try {
      return { value: await step.run(), step: step.name };
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      tried.push({ name: step.name, reason: error.message });
    }
  }
  throw new PartMissing(part, tried, remedies);
}
