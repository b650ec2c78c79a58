import { playHttp } from './play.ts';
import { type HttpStage, openHttpStage } from './stage.ts';

const seed = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31);
const runs = Number(process.env.MODEL_HTTP_RUNS ?? 8);

describe('the HTTP API beside a reference model', function () {
  this.timeout(3_600_000);
  let stage: HttpStage;
  before(async () => {
    stage = await openHttpStage();
  });
  after(() => stage?.close());

  it(`answers and shows what the model says in ${runs} random runs, and keeps its books (MODEL_SEED=${seed})`, () =>
    playHttp(stage, { seed, runs, path: process.env.MODEL_PATH, replayPath: process.env.MODEL_REPLAY_PATH }));
});
