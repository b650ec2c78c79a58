import { rmSync } from 'node:fs';
import path from 'node:path';
import { startMongod } from '../../../scripts/services/mongod.ts';
import { startRedis } from '../../../scripts/services/redis.ts';
import type { FaultStage } from './faultStage.ts';

/** Stops it when the stage closes: after the servers, before the folder goes. */
function closeWith(stage: FaultStage, service: { stop(): Promise<void> }): void {
  const close = stage.close;
  stage.close = async () => {
    await Promise.all(stage.servers.map((server) => server.stop()));
    await service.stop();
    await close();
  };
}

/** Starts the stage's database again on its data, at its old port, after it was killed. */
export async function restartMongod(stage: FaultStage): Promise<void> {
  const port = stage.sandbox.mongo?.port;
  if (port === undefined) throw new Error('the stage has a database of its own');
  closeWith(stage, await startMongod({ directory: stage.directory, port, testCommands: true }));
}

/** Starts the stage's Redis again at its old port, with what it kept or with nothing; answers its process. */
export async function restartRedis(stage: FaultStage, data: 'kept' | 'empty') {
  const port = stage.sandbox.redis?.port;
  if (port === undefined) throw new Error('the stage has a Redis of its own');
  if (data === 'empty') rmSync(path.join(stage.directory, 'redis'), { recursive: true, force: true });
  const redis = await startRedis({ directory: stage.directory, port });
  closeWith(stage, redis);
  return redis;
}
