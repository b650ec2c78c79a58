import type { createConfirmFactor } from '../commands/confirmFactor.ts';
import type { createEndSession } from '../commands/endSession.ts';
import type { createEnrolFactor } from '../commands/enrolFactor.ts';
import type { createOpenSession } from '../commands/openSession.ts';
import type { createRefreshSession } from '../commands/refreshSession.ts';
import type { createStepUp } from '../commands/stepUp.ts';

/** The use cases of admin users of our own. */
export interface IdentityCommands {
  readonly openSession: ReturnType<typeof createOpenSession>;
  readonly refreshSession: ReturnType<typeof createRefreshSession>;
  readonly endSession: ReturnType<typeof createEndSession>;
  readonly stepUp: ReturnType<typeof createStepUp>;
  readonly enrolFactor: ReturnType<typeof createEnrolFactor>;
  readonly confirmFactor: ReturnType<typeof createConfirmFactor>;
}

/** What the doors ask of sessions: throws `session_ended` when one is over. */
export type DemandOpenSession = (sessionId: string) => Promise<void>;
