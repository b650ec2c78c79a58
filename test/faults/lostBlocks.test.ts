import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { audit, books, transitions } from './support/audit.ts';
import { openStage, people } from './support/stage.ts';
import { openTrade, stepLimitMs, units, untilPayment } from './support/trade.ts';

describe('faults: the sandbox is killed and its chain loses its last seconds', function () {
  this.timeout(180_000);
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-lost-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('sees a reorganisation: the credit is taken back, and the payment completes when the buyer pays again', async () => {
    const state = join(directory, 'chain', 'state.json');
    const before = join(directory, 'state-before-the-payment.json');
    const first = await openStage({ directory, temporary: false });
    const trade = await openTrade(first);
    copyFileSync(state, before);
    await first.chain.pay(trade.payTo, units('100'));
    await untilPayment(first, trade.paymentId, { status: 'completed' });
    // what a kill -9 may do to the chain's file, made certain: the block with the payment never reached it
    await first.sandbox.anvil.program.kill('SIGKILL');
    await first.sandbox.servers[0]?.kill('SIGKILL');
    copyFileSync(before, state);
    await first.close();

    const second = await openStage({ directory, temporary: false });
    try {
      await eventually(
        async () => (await transitions(second, trade.paymentId)).some((step) => step.kind === 'transferOrphaned'),
        { timeoutMs: stepLimitMs, what: 'the lost transfer is taken back' },
      );
      expect(await books(second, trade.paymentId)).to.deep.equal({});
      await second.chain.pay(trade.payTo, units('100'));
      await untilPayment(second, trade.paymentId, { status: 'completed', custody: 'contract' });
      expect(await books(second, trade.paymentId)).to.deep.equal({
        [`buyer:${people.buyer}`]: -units('100'),
        'held:contract:<p>': units('100'),
      });
      await audit(second);
    } finally {
      await second.close();
    }
  });
});
