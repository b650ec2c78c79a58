import { expect } from 'chai';
import { arrivalKey, claim } from '../../../server/domain/claim.ts';
import type { Signal } from '../../../server/domain/signal.ts';
import * as f from '../factories.ts';
import * as story from '../story.ts';
import { audited, forged, historyOf, named, payoutOpened, stepAt } from './histories.ts';

const released: readonly Signal[] = [...story.funded, f.prepared(100n, 0n), f.settled(100n, 0n)];
const id = (seq: number) => `${f.paymentId}:${String(seq).padStart(6, '0')}`;

describe('domain: I5, each fact once', () => {
  it('names a claim that another payment owns, whatever its kind', () => {
    const steps = historyOf([...released]);
    const other = f.txHash(77);
    const foreign = [
      'fund:another-request',
      'open:another-request:offer:buyer1:0',
      `addr:56:${f.addresses.payer}`,
      `tx:56:${f.txHash(5)}:${f.addresses.payer}:${f.addresses.token}`,
      `rev:56:${f.txHash(5)}:${f.addresses.payer}:${f.addresses.token}:0`,
      `out:56:${other}:0`,
      `out:56:${f.txHash(5)}:${other}:refundedLater`,
      `credit:56:${f.addresses.seller}:${f.addresses.token}:000000001100:000001:${other}`,
      `payout:${'b'.repeat(24)}:1`,
      'post:another-3-0',
      'slot:bsc:0xabc:000000001',
      'slot:payouts:bsc:usdt:000000001',
      'evt:shkeeper:key',
      `approval:${'ab'.repeat(32)}`,
      'whatever:1',
    ];
    for (const name of foreign) {
      const slot = name.startsWith('slot:') ? name : null;
      const claims = [...stepAt(steps, 3).claims, name];
      const changed = forged(steps, 3, { claims }).map((step) =>
        step.transition.seq === 3 ? { ...step, slot } : step,
      );
      expect(named(audited(changed)), name).to.deep.equal([`I5 ${name}`]);
    }
  });

  it('names a transfer at the provider that is credited a second time under the name of another', () => {
    const [first, other] = [f.confirmed(40n, f.toProvider), f.confirmed(40n, f.toProvider)];
    const steps = historyOf([...story.start, first, other]);
    const [third, fourth] = [stepAt(steps, 3), stepAt(steps, 4)];
    // Two credits of one transfer, each under a claim that the unique index lets stand.
    const again = forged(steps, 4, { evidence: third.evidence, claims: fourth.claims });
    expect(named(audited(again))).to.deep.equal([`I5 ${id(4)}`, `I5 ${id(4)}`]);
    expect(audited(again).map(({ detail }) => detail)).to.deep.equal([
      `it books ${arrivalKey(first.transfer)} again, whose credit by ${id(3)} stands`,
      `it rests on ${claim.transfer(arrivalKey(first.transfer), 0)} and does not claim it`,
    ]);
    const nextEpoch = [claim.transfer(arrivalKey(first.transfer), 1)];
    const renamed = audited(forged(steps, 4, { evidence: third.evidence, claims: nextEpoch }));
    expect(named(renamed), 'under the epoch of a reversal that never was').to.include(`I5 ${id(4)}`);
  });

  it('names the step of another payment that took the money or the word of this one under a name of its own', () => {
    const reported: Signal = { kind: 'providerReported', report: f.report() };
    const steps = historyOf([...story.start, reported, f.confirmed(100n, f.toProvider)]);
    for (const [seq, name] of [
      [3, 'evt:shkeeper:another'],
      [4, `tx:56:${f.txHash(7_777)}:${f.addresses.oneTime}:${f.addresses.token}`],
    ] as const) {
      const claims = stepAt(steps, seq).claims.filter((held) => held.startsWith('fund:'));
      expect(named(audited(forged(steps, seq, { claims: [name, ...claims] })))).to.deep.equal([`I5 ${id(seq)}`]);
    }
  });

  it('finds nothing in a transfer that is credited again after each of its reversals', () => {
    const [credit, back] = [story.atProvider, story.orphan(story.atProvider)];
    const again = story.orphan(story.atProvider, 1);
    expect(audited(historyOf([...story.start, credit, back, credit, again, credit]))).to.deep.equal([]);
  });

  it('names every step that lacks the claim of what it did', () => {
    const histories = [
      historyOf([...story.start, f.confirmed(95n, f.toProvider), f.deadlinePassed, f.payout('excess:provider', 95n)], {
        nowMs: f.lateMs,
      }),
      historyOf([...story.funded, { kind: 'shortfall', movement: f.movement(40n) }]),
      historyOf([...story.funded, story.orphan(story.atVault)]),
      historyOf(released),
      historyOf([payoutOpened, { kind: 'payoutUnknown', slot: 3, head: 1010 }], { paymentId: 'payout1' }),
    ];
    for (const steps of histories)
      for (const { transition } of steps) {
        const { seq, claims, kind } = transition;
        for (const lost of claims.filter((name) => !/^(open|slot|credit):/.test(name))) {
          const without = forged(steps, seq, { claims: claims.filter((name) => name !== lost) });
          expect(named(audited(without)), `${kind} without ${lost}`).to.deep.equal([`I5 ${transition.id}`]);
        }
      }
  });

  it('lets the record of a payout hold the transfer that proves it, and no other', () => {
    const out = historyOf([payoutOpened], { paymentId: 'payout1' });
    const proof = (receiver: string) => `out:56:${f.txHash(3)}:${receiver}:${f.addresses.token}:payout`;
    expect(audited(forged(out, 1, { claims: [proof(f.addresses.refundTo)] }))).to.deep.equal([]);
    const foreign = proof(f.addresses.payer);
    expect(named(audited(forged(out, 1, { claims: [foreign] })))).to.deep.equal([`I5 ${foreign}`]);
  });

  it('names a claim that one step holds twice, a lost address and a scalar slot that is none of its claims', () => {
    const steps = historyOf(story.funded);
    const claims = stepAt(steps, 3).claims;
    expect(named(audited(forged(steps, 3, { claims: [...claims, ...claims] })))).to.include('I5 fund:request');
    expect(named(audited(forged(steps, 1, { claims: [] })))).to.deep.equal([`I5 ${id(1)}`]);
    const marked = steps.map((step) =>
      step.transition.seq === 2 ? { ...step, slot: 'slot:bsc:0xabc:000000001' } : step,
    );
    expect(named(audited(marked))).to.deep.equal([`I5 ${id(2)}`]);
  });
});
