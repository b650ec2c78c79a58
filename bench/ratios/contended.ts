import { compare, type Side } from '../compare.ts';
import { populate } from '../population.ts';
import type { BenchProcess } from '../processes.ts';
import type { Stage } from '../stage.ts';
import { appendsOf } from './commandCounts.ts';
import type { Ratio, Setting } from './ratio.ts';

const writers = 16;
/** Of every try a useful transition may need. */
const mostAttempts = 3;

/** One payment for each side, new for every stretch, so that neither has the longer history. */
function onePayment(stage: Stage, process: BenchProcess, callers: number): Side {
  let paymentIds: string[] = [];
  return {
    name: `observe, ${callers} callers on one payment`,
    processes: [process],
    async prepare() {
      const payments = await populate(stage.client.db(), { count: 1, transitions: 2 });
      paymentIds = payments.map(({ paymentId }) => paymentId);
    },
    run: (seconds) => process.ask('observe', { paymentIds, callers, seconds }),
  };
}

async function measure({ stage, plan }: Setting) {
  const process = await stage.process('servers/holdfast.ts');
  const contended = onePayment(stage, process, writers);
  const comparison = await compare(stage.client, contended, onePayment(stage, process, 1), plan);
  const attempts = await appendsOf(stage, writers);
  const many = attempts > mostAttempts ? [`${attempts.toFixed(2)} attempts for a success`] : [];
  return { comparison, figures: { attempts: Number(attempts.toFixed(2)) }, problems: many };
}

/** R5: sixteen writers on one payment, beside one. */
export const contended: Ratio = { key: 'R5', what: '16 writers on one payment / one writer', target: 0.6, measure };
