import { expect } from 'chai';
import { playHttp } from './play.ts';
import { openHttpStage } from './stage.ts';

const seed = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31);
const runs = Number(process.env.MODEL_HTTP_RUNS ?? 8);
const { MODEL_PATH: path, MODEL_REPLAY_PATH: replayPath } = process.env;
/** Runs on one chain and one provider, which keep what every run left there. */
const chunk = 100;

describe('the HTTP API beside a reference model', () => {
  it(`answers and shows what the model says in ${runs} random runs, and keeps its books (MODEL_SEED=${seed})`, async function () {
    this.timeout(150_000 + runs * 20_000);
    for (let done = 0, n = 0; done < runs; done += chunk, n += 1) {
      const stage = await openHttpStage();
      try {
        const search = { seed: seed + n, runs: Math.min(chunk, runs - done), path, replayPath };
        const found = await playHttp(stage, search);
        expect(found, found ?? '').to.equal(null);
      } finally {
        await stage.close();
      }
    }
  });
});
