import { expect } from 'chai';
import { createBatches } from '../../server/store/batches.ts';

/** A batch runner that answers when it is told to, and shows what it was given. */
function arrange(rules: { maxSize?: number; maxInFlight?: number; maxWeight?: number } = {}) {
  const batches: string[][] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const ask = createBatches<string, string>({
    ...{ maxSize: 3, maxInFlight: 2, weigh: (question: string) => question.length, ...rules },
    async run(batch) {
      batches.push([...batch]);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      await end.promise;
      return batch.map((question) => `${question}!`);
    },
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { ask, batches, ends, turn };
}

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
});
