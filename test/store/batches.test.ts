import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { type BatchRules, createBatches } from '../../server/store/batches.ts';

/** A batch runner that answers when it is told to, and shows what it was given. */
function arrange(rules: Partial<BatchRules<string, string>> = {}) {
  let nowMs = 0;
  const timers: { ms: number; ring: () => void; isCancelled: boolean }[] = [];
  const batches: string[][] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const ask = createBatches<string, string>({
    ...{ maxSize: 3, maxInFlight: 2, weigh: (question: string) => question.length, now: () => nowMs },
    startTimer(ms, ring) {
      const timer = { ms, ring, isCancelled: false };
      timers.push(timer);
      return () => {
        timer.isCancelled = true;
      };
    },
    ...rules,
    async run(batch) {
      batches.push([...batch]);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      await end.promise;
      return batch.map((question) => `${question}!`);
    },
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { ask, batches, ends, turn, pass, timers };
}
const codeOf = (settled: PromiseSettledResult<string>) =>
  settled.status === 'rejected' && settled.reason instanceof AppError ? settled.reason.code : settled.status;

describe('createBatches', () => {
  it('sends a lone question at the end of its turn of the event loop, so that nobody waits for company', async () => {
    const { ask, batches, ends, turn } = arrange();
    const answered = ask('a');
    expect(batches).to.deep.equal([]);
    await turn();
    expect(batches).to.deep.equal([['a']]);
    ends[0]?.resolve();
    expect(await answered).to.equal('a!');
  });

  it('sends what is asked in one turn together, and gives everybody his own answer', async () => {
    const { ask, batches, ends, turn } = arrange();
    const answered = Promise.all(['a', 'b', 'c'].map(ask));
    await turn();
    ends[0]?.resolve();
    expect(await answered).to.deep.equal(['a!', 'b!', 'c!']);
    expect(batches).to.deep.equal([['a', 'b', 'c']]);
  });

  it('collects while as many batches as may be are on their way, and sends no more than fit into one', async () => {
    const { ask, batches, ends, turn } = arrange({ maxInFlight: 1 });
    void ask('a');
    await turn();
    for (const question of ['b', 'c', 'd', 'e']) void ask(question);
    await turn();
    expect(batches).to.deep.equal([['a']]);
    ends[0]?.resolve();
    await turn();
    await turn();
    expect(batches).to.deep.equal([['a'], ['b', 'c', 'd']]);
    ends[1]?.resolve();
    await turn();
    await turn();
    expect(batches[2]).to.deep.equal(['e']);
  });

  it('keeps two batches on their way where two may be', async () => {
    const { ask, batches, turn } = arrange();
    for (const question of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) void ask(question);
    await turn();
    await turn();
    await turn();
    expect(batches).to.deep.equal([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ]);
  });

  it('bounds the weight of a batch, and sends what is heavier alone', async () => {
    const { ask, batches, turn } = arrange({ maxInFlight: 9, maxWeight: 4 });
    for (const question of ['aaa', 'b', 'c', 'ddddddd', 'e']) void ask(question);
    for (let turns = 0; turns < 5; turns += 1) await turn();
    expect(batches).to.deep.equal([['aaa', 'b'], ['c'], ['ddddddd'], ['e']]);
  });

  it('fails everybody of a batch that fails, and nobody else', async () => {
    const { ask, ends, turn } = arrange({ maxSize: 2 });
    const answers = ['a', 'b', 'c'].map(ask);
    await turn();
    await turn();
    ends[0]?.reject(new Error('broken'));
    ends[1]?.resolve();
    const settled = await Promise.allSettled(answers);
    expect(settled.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected', 'fulfilled']);
  });

  it('takes a run that answers too little for a failure, so that nobody gets the answer of another', async () => {
    const ask = createBatches<string, string>({ maxSize: 3, maxInFlight: 1, run: async () => ['a!'] });
    const settled = await Promise.allSettled(['a', 'b'].map(ask));
    expect(settled.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
  });

  it('refuses what would wait behind too many, or behind too much, so that an outage does not fill the memory', async () => {
    const { ask, batches, ends, turn } = arrange({ maxInFlight: 1, maxWaiting: 2, maxWaitingWeight: 10 });
    const first = ask('a');
    await turn();
    const settled = Promise.allSettled([first, ...['b', 'cccccccccc', 'c', 'd'].map(ask)]);
    ends[0]?.resolve();
    await turn();
    await turn();
    ends[1]?.resolve();
    expect((await settled).map(codeOf)).to.deep.equal(['fulfilled', 'fulfilled', 'busy', 'fulfilled', 'busy']);
    expect(batches).to.deep.equal([['a'], ['b', 'c']]);
    const again = ask('e');
    await turn();
    ends[2]?.resolve();
    expect(await again, 'what has left makes room').to.equal('e!');
  });

  it('never sends what waited longer than its caller does, and what nobody wants any more; what was sent keeps its answer', async () => {
    const { ask, batches, ends, turn, pass } = arrange({
      ...{ maxInFlight: 1, patienceMs: 100 },
      isWanted: (question) => question !== left,
    });
    let left = '';
    const sent = ask('a');
    await turn();
    const late = ask('b');
    pass(60);
    const unwanted = ask('c');
    const young = ask('d');
    pass(60);
    left = 'c';
    const settled = Promise.allSettled([sent, late, unwanted, young]);
    ends[0]?.resolve();
    await turn();
    await turn();
    ends[1]?.resolve();
    expect((await settled).map(codeOf)).to.deep.equal(['fulfilled', 'busy', 'busy', 'fulfilled']);
    expect(batches).to.deep.equal([['a'], ['d']]);
  });

  it('lets one more batch go when the one before has been on its way for too long, but only one', async () => {
    const { ask, batches, ends, turn, timers } = arrange({ maxInFlight: 1, slowAfterMs: 200 });
    for (const question of ['a', 'b', 'c', 'd']) void ask(question);
    await turn();
    void ask('e');
    await turn();
    expect(batches).to.deep.equal([['a', 'b', 'c']]);
    expect(timers.map(({ ms }) => ms)).to.deep.equal([200]);
    timers[0]?.ring();
    await turn();
    expect(batches[1]).to.deep.equal(['d', 'e']);
    void ask('f');
    timers[1]?.ring();
    await turn();
    expect(batches).to.have.length(2);
    ends[0]?.resolve();
    ends[1]?.resolve();
    await turn();
    await turn();
    expect(batches[2]).to.deep.equal(['f']);
    expect(timers.map(({ isCancelled }) => isCancelled)).to.deep.equal([true, true, false]);
  });
});
