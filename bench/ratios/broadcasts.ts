import { broadcastSide } from '../load/broadcastSide.ts';
import type { Stage } from '../stage.ts';
import { plain, type Ratio } from './ratio.ts';

const clients = 400;

async function oneGateway(stage: Stage) {
  const processes = [await stage.process('servers/gateway.ts')];
  return broadcastSide({ name: `our gateway, ${clients} clients`, processes, clients });
}

/** R6: news through our rooms, beside one room of bare Socket.IO. */
export const broadcasts: Ratio = {
  key: 'R6',
  what: `deliveries/s to ${clients} clients / bare Socket.IO`,
  target: 0.9,
  async measure(setting) {
    const { stage } = setting;
    const processes = [await stage.process('baselines/bareSockets.ts')];
    const theirs = await broadcastSide({ name: 'bare Socket.IO', processes, clients });
    return plain(setting, await oneGateway(stage), theirs);
  },
};

/** R7: the same clients on two instances that hear each other through Redis, beside all of them on one. */
export const instances: Ratio = {
  key: 'R7',
  what: 'two instances by Redis Streams / one instance',
  target: 0.6,
  async measure(setting) {
    const { stage } = setting;
    const env = { REDIS_URL: await stage.redisUrl() };
    const start = (name: string) => stage.process('servers/gateway.ts', name, env);
    const processes = [await start('first of two gateways'), await start('second of two gateways')];
    const ours = await broadcastSide({ name: 'two gateways over Redis', processes, clients });
    return plain(setting, ours, await oneGateway(stage));
  },
};
