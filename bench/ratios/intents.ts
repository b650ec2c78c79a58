import { httpSide } from '../load/httpSide.ts';
import { intentRequests } from '../load/trades.ts';
import { withOpenModel } from './openModel.ts';
import { plain, type Ratio } from './ratio.ts';
import { bareInsertSide } from './webhooks.ts';

/** R1: an intent with token, schema, idempotency, frozen terms, archive and both transitions, beside a bare insert. */
export function intents(key: string, connections: number, target: number): Ratio {
  return {
    key,
    what: `intents/s, ${connections} connections / bare insert`,
    target,
    async measure(setting) {
      const { stage } = setting;
      const process = await stage.process('servers/holdfast.ts');
      const supply = (operations: number) => intentRequests(stage.client.db(), operations);
      const ours = await httpSide({ name: 'POST intents', process, connections, supply });
      const outcome = await plain(setting, ours, await bareInsertSide(stage, connections));
      return withOpenModel(setting, outcome, { port: await process.ask('port'), supply });
    },
  };
}
