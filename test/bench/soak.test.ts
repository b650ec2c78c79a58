import { expect } from 'chai';
import { type Moment, soakVerdict } from '../../bench/soak.ts';

const half = Array.from({ length: 60 }, (_, n) => n / 2);
const moments = (change: (minute: number) => Partial<Moment> = () => ({})): Moment[] =>
  half.map((minute) => ({
    ...{ minute, rssMegabytes: 150, liveMegabytes: 60 },
    ...{ loopDelayP99Ms: 20, relayAgeSeconds: 0.2, workAgeSeconds: 0.1, p99Ms: 30, failures: 0 },
    ...change(minute),
  }));

describe('verdict on a soak', () => {
  it('finds nothing wrong with a level', () => {
    expect(soakVerdict(moments()).problems).to.deep.equal([]);
  });

  it('leaves out the first third, in which caches fill', () => {
    const filling = moments((minute) => ({
      rssMegabytes: 150 + 20 * Math.min(minute, 10),
      loopDelayP99Ms: minute < 10 ? 400 : 20,
    }));
    expect(soakVerdict(filling).problems).to.deep.equal([]);
  });

  const faults: [string, (minute: number) => Partial<Moment>][] = [
    ['megabytesPerMinute', (minute) => ({ rssMegabytes: 150 + 1.5 * minute })],
    ['liveMegabytesPerMinute', (minute) => ({ liveMegabytes: 60 + 1.5 * minute })],
    ['loopDelayP99Ms', (minute) => ({ loopDelayP99Ms: minute === 25 ? 80 : 20 })],
    ['relayAgePerMinute', (minute) => ({ relayAgeSeconds: minute * 3 })],
    ['workAgePerMinute', (minute) => ({ workAgeSeconds: minute * 3 })],
    ['failures', (minute) => ({ failures: minute === 3 ? 2 : 0 })],
  ];
  for (const [name, change] of faults) {
    it(`names ${name} when it is out of bounds`, () => {
      const { problems } = soakVerdict(moments(change));
      expect(problems).to.have.length(1);
      expect(problems[0]).to.include(name);
    });
  }

  it('does not call a soak good that was too short to show growth', () => {
    expect(soakVerdict(moments().slice(0, 1)).problems).to.not.deep.equal([]);
  });
});
