import { expect } from 'chai';
import { describeFailure, PartMissing, StepFailed } from '../../scripts/launch/failure.mjs';
import { provide } from '../../scripts/launch/provide.mjs';

const remedies = ['set EXAMPLE_URL', 'install it'];
const failing = (reason: string) => () => {
  throw new StepFailed(reason);
};

describe('the chain of ways to get a part', () => {
  it('takes the first that works and does not try the later ones', async () => {
    const tried: string[] = [];
    const step = (name: string, run: () => string) => ({
      name,
      run: () => {
        tried.push(name);
        return run();
      },
    });
    const steps = [step('first', failing('not there')), step('second', () => '/b'), step('third', () => '/c')];
    expect(await provide({ part: 'a server', steps, remedies })).to.deep.equal({ value: '/b', step: 'second' });
    expect(tried).to.deep.equal(['first', 'second']);
  });

  it('names every way, its reason and the remedies on one screen when none works', async () => {
    const steps = [
      { name: 'on the PATH', run: failing('not there') },
      { name: 'the download', run: failing(`no answer from the other side\n${'x'.repeat(500)}`) },
    ];
    const error = await provide({ part: 'a server', steps, remedies }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof PartMissing)) throw new Error('PartMissing was expected');
    const lines = describeFailure(error).split('\n');
    expect(lines.join('\n')).to.include('Holdfast cannot go on: a server could not be found or fetched.');
    expect(lines).to.include('  on the PATH   not there');
    expect(lines.find((line) => line.includes('the download'))).to.include('no answer from the other side x');
    expect(lines).to.include('  1. set EXAMPLE_URL');
    expect(lines).to.include('  2. install it');
    expect(lines.length).to.be.lessThan(24);
    expect(Math.max(...lines.map((line) => line.length))).to.be.lessThan(200);
  });

  it('does not hide a defect of its own as a reason', async () => {
    const steps = [
      {
        name: 'broken',
        run: () => {
          throw new TypeError('a defect');
        },
      },
    ];
    const error = await provide({ part: 'a server', steps, remedies }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(TypeError);
  });
});
