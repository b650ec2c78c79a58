import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../../scripts/services/freePort.ts';
import type { Service } from '../../scripts/services/mongod.ts';
import { startRedis } from '../../scripts/services/redis.ts';

/** A Redis of one test file, which may be killed, frozen and brought back on the same port. */
export interface OwnRedis {
  readonly url: string;
  stop(): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

/** Starts one, or only keeps a port for it. */
export async function ownRedis(options: { readonly running: boolean } = { running: true }): Promise<OwnRedis> {
  const directory = mkdtempSync(path.join(tmpdir(), 'holdfast-redis-'));
  const port = await freePort();
  let service: Service | undefined;
  const signal = (name: NodeJS.Signals) => service && process.kill(service.program.pid, name);
  const start = async () => {
    service = await startRedis({ directory, port });
  };
  if (options.running) await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    async kill() {
      await service?.program.kill('SIGKILL');
    },
    freeze: () => void signal('SIGSTOP'),
    thaw: () => void signal('SIGCONT'),
    async stop() {
      if (service?.program.isRunning()) {
        signal('SIGCONT');
        await service.program.kill('SIGKILL');
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
