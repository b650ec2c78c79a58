import { answersOk } from '../../../scripts/sandbox/simulator.ts';
import { eventually } from '../../support/eventually.ts';
import type { FaultServer, FaultStage } from './faultStage.ts';
import type { Stage } from './stage.ts';
import { stepLimitMs } from './trade.ts';

/** Seconds from the moment of the restart until the server is ready and every transition that stands undone by then is done. */
export async function recoverySeconds(stage: FaultStage, server: FaultServer): Promise<number> {
  const begun = performance.now();
  const undone = await undoneNow(stage);
  await server.revive();
  return secondsUntilDone(stage, server.url, undone, begun);
}

/** Ids of the transitions whose effects are not all done. */
export async function undoneNow(stage: Pick<Stage, 'mongo'>): Promise<string[]> {
  const log = stage.mongo.db().collection('payment_transitions');
  const rows = await log.find({ 'relay.done': false }, { projection: { _id: 1 } }).toArray();
  return rows.map((row) => String(row._id));
}

/** Waits until the server is ready and those transitions are done; answers the seconds since `begunMs` of the performance clock. */
export async function secondsUntilDone(
  stage: Pick<Stage, 'mongo'>,
  url: string,
  undone: readonly string[],
  begunMs: number,
): Promise<number> {
  const log = stage.mongo.db().collection('payment_transitions');
  const left = { 'relay.done': false, _id: { $in: undone as never[] } };
  await eventually(async () => (await answersOk(`${url}/readyz`)) && (await log.countDocuments(left)) === 0, {
    timeoutMs: stepLimitMs,
    what: `${url} is ready again and has done what was undone`,
  });
  return (performance.now() - begunMs) / 1000;
}
