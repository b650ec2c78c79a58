import type { Side } from '../compare.ts';
import { populate } from '../population.ts';
import type { Stage } from '../stage.ts';
import { loneCommands } from './commandCounts.ts';
import { plain, type Ratio } from './ratio.ts';

/** Payments that uncontended calls go round; more than any number of callers, so that no two meet. */
const poolSize = 512;
/** Of a lone call. */
const mostCommands = { toAcknowledgement: 2, inAll: 3 };

async function observeSide(stage: Stage, callers: number): Promise<Side> {
  const process = await stage.process('servers/holdfast.ts');
  const payments = await populate(stage.client.db(), { count: poolSize, transitions: 2 });
  const paymentIds = payments.map(({ paymentId }) => paymentId);
  return {
    name: `observe, ${callers} callers`,
    processes: [process],
    prepare: async () => {},
    run: (seconds) => process.ask('observe', { paymentIds, callers, seconds }),
  };
}

async function updateSide(stage: Stage, callers: number): Promise<Side> {
  const process = await stage.process('baselines/nativeUpdate.ts');
  await process.ask('fill', { count: poolSize });
  return {
    name: `native findOneAndUpdate, ${callers} callers`,
    processes: [process],
    prepare: async () => {},
    run: (seconds) => process.ask('update', { rows: poolSize, callers, seconds }),
  };
}

async function loneFigures(stage: Stage) {
  const { toAcknowledgement, inAll } = await loneCommands(stage);
  const tooMany = toAcknowledgement > mostCommands.toAcknowledgement || inAll > mostCommands.inAll;
  const problem = `${toAcknowledgement} commands to the acknowledgement, ${inAll} in all`;
  return {
    figures: { commandsToAcknowledgement: toAcknowledgement, commandsInAll: inAll },
    problems: tooMany ? [problem] : [],
  };
}

/** R4: one transition with history, claims, legs, effects and projection, beside one update of a row. */
export function coordinatorOverhead(key: string, callers: number, target: number): Ratio {
  return {
    key,
    what: `observe / native findOneAndUpdate, ${callers === 1 ? 'alone' : `${callers} callers`}`,
    target,
    async measure(setting) {
      const { stage } = setting;
      const outcome = await plain(setting, await observeSide(stage, callers), await updateSide(stage, callers));
      return callers === 1 ? { ...outcome, ...(await loneFigures(stage)) } : outcome;
    },
  };
}
