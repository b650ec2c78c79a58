import { AppError } from '../../server/errors.ts';
import type { Observation } from '../../server/ports.ts';
import { type Ground, type SimulatedProcess, startProcess } from './simulatedProcess.ts';
import type { Action } from './world.ts';

/** What a client was told, and what was true for good when it asked. */
export interface Answer {
  readonly action: Action;
  /** Names this sending in what it stored. */
  readonly actor: string;
  readonly seqBefore: number;
  readonly observation: Observation;
}

/** Server processes over one ground; whoever calls on a dead one finds its successor. */
export class Cluster {
  readonly #ground: Ground;
  readonly #processes: SimulatedProcess[];
  readonly #skewsMs: readonly number[];

  constructor(ground: Ground, skewsMs: readonly number[]) {
    this.#ground = ground;
    this.#skewsMs = skewsMs;
    this.#processes = skewsMs.map((skewMs) => startProcess(ground, skewMs));
  }

  process(n: number): SimulatedProcess {
    const at = n % this.#skewsMs.length;
    const found = this.#processes[at];
    if (found !== undefined && !found.isDead()) return found;
    const next = startProcess(this.#ground, this.#skewsMs[at] ?? 0);
    this.#processes[at] = next;
    next.relay.wake();
    return next;
  }

  /** Wakes every relay, as their polls do. */
  poll(): void {
    for (const at of this.#processes.keys()) this.process(at).relay.wake();
  }

  kill(): void {
    for (const process of this.#processes) process.kill();
  }
}

const maxSendings = 8;

/** Says something until it is answered, to another process after each failure, as providers and clients do; null when nobody answered. */
export async function say(ground: Ground, cluster: Cluster, action: Action, client: string): Promise<Answer | null> {
  const { paymentId, signal, idempotencyClaim } = action;
  const idempotency = idempotencyClaim === undefined ? {} : { idempotencyClaim };
  for (let sending = 0; sending < maxSendings; sending += 1) {
    await ground.weather.schedule.turn('send');
    const { coordinator, died } = cluster.process(client.length + sending);
    const actor = `${client}.${sending}`;
    const seqBefore = ground.database.tail(paymentId)?.seq ?? 0;
    const answered = coordinator.observe(paymentId, signal, { actor, ...idempotency }).catch(busyOrThrow);
    const observation = await Promise.race([answered, died]);
    if (observation !== 'busy' && observation !== 'died') return { action, actor, seqBefore, observation };
  }
  return null;
}

function busyOrThrow(error: unknown): 'busy' {
  if (error instanceof AppError && error.code === 'busy') return 'busy';
  throw error;
}
