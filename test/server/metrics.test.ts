import { expect } from 'chai';
import { createMetrics, type MetricsSources } from '../../server/metrics.ts';
import type { ReportedRow } from '../../server/ports/reconciliation.ts';
import { createTestLogger } from '../support/factories.ts';

const nowMs = 1_800_000_000_000;
const row = (more: Partial<ReportedRow>): ReportedRow => ({
  ...{ comparison: 'escrow', asset: 'bsc:USDT', outcome: 'agrees', reason: 'equal', decimals: 18 },
  ...{ expected: 0n, found: 0n, difference: 0n },
  ...more,
});

function metricsOver(changes: Partial<MetricsSources> = {}) {
  const { logger, lines } = createTestLogger();
  const rows = [
    row({ outcome: 'differs', reason: 'escrow_short', difference: -15n * 10n ** 17n }),
    row({ comparison: 'treasury', reason: 'float', difference: 5n }),
    row({ comparison: 'provider_word', outcome: 'unknown', reason: 'provider_away', difference: null }),
    row({ asset: 'bsc:0xabc', outcome: 'differs', decimals: null, difference: 7n }),
  ];
  const report = { night: '2027-01-15', startedAtMs: nowMs, finishedAtMs: nowMs - 5_000, networks: [], rows };
  const metrics = createMetrics({
    reports: { newest: async () => [report] },
    backlogs: {
      relay: async () => ({ count: 3, oldestMs: nowMs - 2_500 }),
      dueWork: async () => [
        { kind: 'verify', count: 2, oldestMs: nowMs - 1_000 },
        { kind: 'poll', count: 0, oldestMs: null },
      ],
    },
    clock: { now: () => nowMs },
    logger,
    ...changes,
  });
  const own = async () => (await metrics.text()).body.split('\n').filter((line) => line.startsWith('holdfast_'));
  return { metrics, own, lines };
}

describe('metrics', () => {
  it('tell every difference of the last night in tokens, zero where both agree, and nothing of what was not read', async () => {
    const lines = await metricsOver().own();
    expect(lines.filter((line) => line.includes('reconciliation_difference'))).to.have.members([
      'holdfast_reconciliation_difference{asset="bsc:USDT",kind="escrow"} -1.5',
      'holdfast_reconciliation_difference{asset="bsc:USDT",kind="treasury"} 0',
      'holdfast_reconciliation_difference{asset="bsc:0xabc",kind="escrow"} 7',
    ]);
    expect(lines).to.include.members([
      'holdfast_reconciliation_unread 1',
      'holdfast_reconciliation_finished_seconds 1799999995',
    ]);
  });

  it('tell what waits and for how long, and what the process is made of', async () => {
    const { metrics, own } = metricsOver();
    expect(await own()).to.include.members([
      'holdfast_relay_backlog 3',
      'holdfast_relay_backlog_age_seconds 2.5',
      'holdfast_due_work_backlog{kind="verify"} 2',
      'holdfast_due_work_backlog_age_seconds{kind="verify"} 1',
      'holdfast_due_work_backlog{kind="poll"} 0',
      'holdfast_due_work_backlog_age_seconds{kind="poll"} 0',
    ]);
    const { body, contentType } = await metrics.text();
    expect(body)
      .to.match(/^process_cpu_user_seconds_total /m)
      .and.match(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(contentType).to.match(/^text\/plain; version=0\.0\.4/);
  });

  it('leave out what cannot be read, also when it could be before: an old figure or a zero would be a lie', async () => {
    let away = false;
    const relay = async () => {
      if (away) throw new Error('away');
      return { count: 1, oldestMs: nowMs };
    };
    const { own, lines } = metricsOver({ backlogs: { relay, dueWork: async () => [] } });
    expect(await own()).to.include('holdfast_relay_backlog 1');
    away = true;
    const left = await own();
    expect(left.filter((line) => line.startsWith('holdfast_relay'))).to.deep.equal([]);
    expect(left).to.include('holdfast_reconciliation_unread 1');
    expect(lines.map(({ message }) => message)).to.deep.equal(['a metric cannot be read']);
  });

  it('say nothing about nights before the first', async () => {
    const lines = await metricsOver({ reports: { newest: async () => [] } }).own();
    expect(lines.filter((line) => line.includes('reconciliation'))).to.deep.equal([]);
  });
});
