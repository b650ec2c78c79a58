import { expect } from 'chai';
import { decide, table } from '../../server/domain/payment.ts';
import { type PayoutStage, payoutStages } from '../../server/domain/payout.ts';
import { requestedMachine, statusOfStage } from '../../server/domain/payoutMachine.ts';
import type { Signal, SignalKind, SignalOf } from '../../server/domain/signal.ts';
import type { PayoutState, State, SuspenseState } from '../../server/domain/state.ts';
import { addresses, asset, changed, context, frozen, startMs, transfer, txHash } from './factories.ts';

const request = {
  ...{ externalId: 'source-9-0', coin: 'BNB-USDT', wallet: addresses.hotWallet, destination: addresses.refundTo },
  ...{ amount: 95n, callbackUrl: 'https://example.org/payout', requestedAtMs: startMs },
};
const opened: Signal = {
  kind: 'payoutOpened',
  payout: {
    ...{ source: { paymentId: 'source', n: 1 }, marketplaceId: 'market', requestId: 'request', offerId: 'offer' },
    ...{ buyerId: 'buyer', sellerId: 'seller', asset, amount: 95n, machine: requestedMachine(request) },
  },
};

/** A record whose machine stands at a stage. */
function recordAt(stage: PayoutStage): PayoutState {
  const { state } = changed(decide(null, opened, context()));
  if (state.direction !== 'out') throw new Error('no record of a payout');
  return frozen({ ...state, status: statusOfStage[stage], machine: { ...state.machine, stage } });
}

const reported = (stage: SignalOf<'payoutReported'>['stage']): Signal => ({
  ...{ kind: 'payoutReported', stage, txHash: txHash(1), walletNonce: 5, reason: 'said so' },
});

/**
 * The truth, written by hand. Columns: requested, waiting, unknown, submitted, refused, reportedFailed, broadcast, confirmed, dead, manual. A
 * word is the next stage, `-` is no change.
 */
const truth: readonly (readonly [Signal, string])[] = [
  [opened, '-|-|-|-|-|-|-|-|-|-'],
  [{ kind: 'payoutWaiting', reason: 'liquidity' }, 'waiting|waiting|-|-|-|-|-|-|-|-'],
  [{ kind: 'payoutUnknown', slot: 1, head: 1010 }, 'unknown|unknown|-|-|-|-|-|-|-|-'],
  [{ kind: 'payoutSubmitted', taskId: 'task' }, '-|-|submitted|-|-|-|-|-|-|-'],
  [reported('refused'), '-|-|refused|-|-|-|-|-|-|-'],
  [reported('reportedFailed'), '-|-|reportedFailed|reportedFailed|reportedFailed|-|-|-|-|-'],
  [reported('broadcast'), '-|-|broadcast|broadcast|broadcast|broadcast|broadcast|-|-|broadcast'],
  [reported('manual'), 'manual|manual|manual|manual|manual|manual|manual|-|-|-'],
  [
    { kind: 'payoutSucceeded', n: 1, transfer: null, txHash: txHash(1) },
    'confirmed|confirmed|confirmed|confirmed|confirmed|confirmed|confirmed|-|confirmed|confirmed',
  ],
  [{ kind: 'payoutFailed', n: 1, proof: 'reverted' }, 'dead|dead|dead|dead|dead|dead|dead|-|-|dead'],
];

const kinds = Object.keys(table) as SignalKind[];
const told = new Set<SignalKind>(truth.map(([{ kind }]) => kind));

/** What a log that takes no such signal says, whatever is in it. */
const answer = (state: State, kind: SignalKind) => {
  const decision = decide(state, { kind } as Signal, context({ seq: 9 }));
  return decision.outcome === 'refused' ? decision.code : decision.outcome;
};

describe('the table of payout records and of money of nobody', () => {
  it('has a cell for every pair of signal and stage', () => {
    for (const [signal, line] of truth) expect(line.split('|'), signal.kind).to.have.length(payoutStages.length);
    const own = kinds.filter((kind) => kind.startsWith('payout') && kind !== 'payoutRequested');
    expect([...told].sort()).to.deep.equal(own.sort());
  });

  for (const [signal, line] of truth) {
    const name = signal.kind === 'payoutReported' ? `${signal.kind} ${signal.stage}` : signal.kind;
    it(`decides ${name} at every stage of a payout as the truth table says`, () => {
      const cells = line.split('|');
      const found = payoutStages.map((stage) => {
        const decision = decide(recordAt(stage), frozen(signal), context({ seq: 9 }));
        if (decision.outcome !== 'change') return decision.outcome === 'noChange' ? '-' : `! ${decision.code}`;
        const { state } = decision;
        if (state.direction !== 'out') throw new Error('the record became another');
        expect(state.status).to.equal(statusOfStage[state.machine.stage]);
        return state.machine.stage;
      });
      expect(found).to.deep.equal(cells);
    });
  }

  it('refuses every other signal at every stage of a payout', () => {
    const others = kinds.filter((kind) => !told.has(kind));
    expect(others).to.have.length(kinds.length - 7);
    for (const kind of others)
      for (const stage of payoutStages)
        expect(answer(recordAt(stage), kind), `${kind} at ${stage}`).to.equal('not_applicable');
  });

  it('refuses everything but more money in the log of money of nobody', () => {
    const signal: Signal = { kind: 'strayReceived', transfer: transfer(5n), asset, marketplaceId: 'market' };
    const state = changed(decide(null, signal, context())).state as SuspenseState;
    expect(changed(decide(state, signal, context({ seq: 2 }))).state).to.deep.equal(state);
    for (const kind of kinds.filter((one) => one !== 'strayReceived'))
      expect(answer(state, kind), kind).to.equal('not_applicable');
  });
});
