import { expect } from 'chai';
import type { TrailEvent } from '../../server/domain/auditTrail.ts';
import { createTrailBounds, type Lane } from '../../server/http/trailBounds.ts';
import { createTestClock } from '../support/clock.ts';
import { createTestLogger } from '../support/factories.ts';

const minute = 60_000;

function stage() {
  const clock = createTestClock(Date.UTC(2026, 10, 22, 12));
  const events: TrailEvent[] = [];
  const planned: { readonly work: () => void; readonly ms: number }[] = [];
  const bounds = createTrailBounds(
    { clock, logger: createTestLogger().logger, trail: async (event) => void events.push(event) },
    { after: (work, ms) => void planned.push({ work, ms }) },
  );
  const told = (source: string, lane: Lane = 'stranger', times = 1) => {
    const event: TrailEvent = {
      ...{ atMs: clock.now(), category: 'security', actor: '', role: '', action: 'POST /x', path: '/x' },
      ...{ outcome: '401', requestId: '', address: source },
    };
    for (let n = 0; n < times; n += 1) bounds.recordBounded(event, lane, source);
  };
  const from = (source: string) => events.filter(({ address }) => address === source);
  const endOfMinute = () => {
    clock.advance(minute);
    for (const { work } of planned.splice(0)) work();
  };
  return { clock, events, planned, bounds, told, from, endOfMinute };
}
const counts = (events: readonly TrailEvent[]) =>
  events.filter(({ action }) => action === 'refusals').map(({ address, outcome }) => [address, outcome]);

describe('a flood of refusals', () => {
  it('uses up the part of its own source alone, and is counted in a record of its own when the minute ends', () => {
    const { told, from, events, endOfMinute, planned } = stage();
    told('flood', 'stranger', 500);
    told('other');
    expect([from('flood').length, from('other').length]).to.deep.equal([20, 1]);
    expect(planned.map(({ ms }) => ms)).to.deep.equal([minute]);
    endOfMinute();
    expect(counts(events)).to.deep.equal([['flood', '480 more']]);
    expect(events.at(-1)?.atMs).to.equal(Date.UTC(2026, 10, 22, 12, 1));
    told('flood');
    expect(from('flood')).to.have.length(22);
    told('flood', 'stranger', 30);
    endOfMinute();
    expect(counts(events), 'and so is every flood after it').to.deep.equal([
      ['flood', '480 more'],
      ['flood', '11 more'],
    ]);
  });

  it('is counted also where the timer was early', () => {
    const { told, events, planned, endOfMinute } = stage();
    told('flood', 'stranger', 30);
    for (const { work } of planned.splice(0)) work();
    expect(counts(events)).to.deep.equal([]);
    endOfMinute();
    expect(counts(events)).to.deep.equal([['flood', '10 more']]);
  });

  it('in one lane takes nothing of its source in another', () => {
    const { told, from } = stage();
    told('one', 'stranger', 30);
    told('one', 'logIn');
    expect(from('one')).to.have.length(21);
  });

  it('of many addresses leaves log-ins, users and operators their parts', () => {
    const { told, from, events } = stage();
    for (let n = 0; n < 1_000; n += 1) told(`a${n}`);
    expect(events).to.have.length(60);
    for (const lane of ['logIn', 'user', 'operator'] as const) {
      told(lane, lane);
      expect(from(lane)).to.have.length(1);
    }
  });

  it('of many addresses is counted whole: the loudest by name, all others together', () => {
    const { told, events, endOfMinute } = stage();
    for (let n = 0; n < 100; n += 1) told(`a${n}`, 'stranger', n + 1);
    const sent = (100 * 101) / 2;
    const recorded = events.length;
    endOfMinute();
    const found = counts(events);
    expect(found).to.have.length(21);
    expect(found[0]).to.deep.equal(['a99', '100 more']);
    expect(found.at(-1)?.[1]).to.match(/^\d+ more of \d+ other sources$/);
    const left = found.reduce((sum, [, outcome = '']) => sum + Number.parseInt(outcome, 10), 0);
    expect(recorded + left).to.equal(sent);
  });

  it('of more sources than are told apart is still counted whole, in bounded memory', () => {
    const { told, events, endOfMinute } = stage();
    for (let n = 0; n < 10_500; n += 1) told(`a${n}`);
    endOfMinute();
    const left = counts(events).reduce((sum, [, outcome = '']) => sum + Number.parseInt(outcome, 10), 0);
    expect(left + 60).to.equal(10_500);
    expect(counts(events).at(-1)?.[1]).to.equal(`${left - 20} more of 9920+ other sources`);
  });

  it('never keeps a change out', () => {
    const { told, bounds, events, clock } = stage();
    told('flood', 'operator', 500);
    const change: TrailEvent = {
      ...{ atMs: clock.now(), category: 'admin', actor: 'admin-1', role: 'admin', action: 'POST /y', path: '/y' },
      ...{ outcome: '200', requestId: '', address: 'flood' },
    };
    for (let n = 0; n < 50; n += 1) bounds.record(change);
    expect(events.filter(({ category }) => category === 'admin')).to.have.length(50);
  });

  it('that is cut by a stop is counted before the last connection closes', async () => {
    const { told, events, bounds, endOfMinute } = stage();
    told('flood', 'stranger', 30);
    await bounds.end();
    expect(counts(events)).to.deep.equal([['flood', '10 more']]);
    endOfMinute();
    expect(counts(events)).to.have.length(1);
  });

  it('is counted once, whether the timer or the next refusal is first', () => {
    const { told, events, clock, planned } = stage();
    told('flood', 'stranger', 30);
    clock.advance(minute);
    told('next');
    for (const { work } of planned.splice(0)) work();
    expect(counts(events)).to.deep.equal([['flood', '10 more']]);
  });
});
