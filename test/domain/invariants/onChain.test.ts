import { expect } from 'chai';
import { createBookedFacts } from '../../../server/domain/invariants/bookedFacts.ts';
import { checkEvents, checkHoldings, type OnChain } from '../../../server/domain/invariants/onChain.ts';
import { createReport } from '../../../server/domain/invariants/violation.ts';
import type { SettledFact, Signal, SignalOf } from '../../../server/domain/signal.ts';
import type { PaymentState, Transfer } from '../../../server/domain/state.ts';
import { transitionId } from '../../../server/domain/transition.ts';
import * as f from '../factories.ts';
import * as story from '../story.ts';
import { historyOf, named } from './histories.ts';

const block = 1_500;
const id = (seq: number) => transitionId(f.paymentId, seq);
const factOf = (signal: Signal) => (signal as SignalOf<'settlementConfirmed'>).fact;
const settle = f.settled(60n, 40n);
const released: readonly Signal[] = [...story.funded, settle];
const transfers = [story.atVault.transfer];
const settled = { event: 'Settled', fact: factOf(settle) } as const;
const empty = { inVault: true, vault: 0n, pool: 0n };

/** What is found of a history when the chain shows this. */
function compared(signals: readonly Signal[], shown: Partial<OnChain> & { readonly holding?: typeof empty }): string[] {
  const told = signals.includes(f.deadlinePassed) ? { nowMs: f.lateMs } : {};
  const steps = historyOf(signals, told).map((step) => step.transition);
  const booked = createBookedFacts(block);
  for (const [n, step] of steps.entries()) booked.step(step, steps[n - 1] ?? null);
  const { violations, report } = createReport();
  const { holding = empty, ...rest } = shown;
  const chain: OnChain = {
    ...{
      chainId: 56,
      escrow: f.addresses.escrow,
      block,
      since: 0,
      pinnedAtMs: f.onTimeMs + 1,
      transfers: [],
      events: [],
    },
    ...{ holdings: new Map([[f.assetKey, holding]]), proven: new Set<string>(), ...rest },
  };
  const state = steps.at(-1)?.state as PaymentState;
  checkEvents(state, booked.facts, chain, report);
  checkHoldings(state, booked.facts, chain, report);
  return named(violations);
}

const tx = ({ txHash, receiver, tokenAddress }: Transfer) => `tx:56:${txHash}:${receiver}:${tokenAddress}`;

describe('domain: books beside the chain', () => {
  it('finds nothing when both tell the same', () => {
    expect(compared(released, { transfers, events: [settled] })).to.deep.equal([]);
    const full = { inVault: false, vault: 100n, pool: 0n };
    expect(compared(story.funded, { transfers, holding: full })).to.deep.equal([]);
    expect(compared([...story.funded, f.prepared(100n, 0n)], { transfers, holding: full })).to.deep.equal([]);
  });

  it('I9: names a transfer that no transition holds, and the transition of one that is not there', () => {
    expect(compared(story.start, { transfers })).to.deep.equal([`I9 ${tx(story.atVault.transfer)}`]);
    const holding = { ...empty, vault: 100n };
    expect(compared(story.funded, { holding })).to.deep.equal([`I9 ${id(3)}`]);
  });

  it('I9: names the transition that books another sum than the chain moved', () => {
    const less = [{ ...story.atVault.transfer, amount: 99n }];
    const holding = { ...empty, vault: 100n };
    expect(compared(story.funded, { transfers: less, holding })).to.deep.equal([`I9 ${id(3)}`]);
    const fact: SettledFact = { ...factOf(settle), toSeller: 59n };
    expect(compared(released, { transfers, events: [{ event: 'Settled', fact }] })).to.deep.equal([`I9 ${id(4)}`]);
  });

  it('I9: names a settlement, a recovery or a mark that no transition holds, and transitions without theirs', () => {
    const out = `out:56:${f.termsId}:0`;
    const holding = { ...empty, vault: 100n };
    expect(compared(story.funded, { transfers, events: [settled], holding })).to.deep.equal([`I9 ${out}`]);
    expect(compared(released, { transfers })).to.deep.equal([`I9 ${id(4)}`]);
    const movement = f.movement(100n);
    const recovery = { event: 'Recovered', movement, closed: true } as const;
    const name = `out:56:${movement.txHash}:${f.termsId}:${f.addresses.token}`;
    expect(compared(story.funded, { transfers, events: [recovery], holding })).to.deep.equal([`I9 ${name}`]);
    const delivery = { event: 'Delivered', movement } as const;
    expect(compared(story.funded, { transfers, events: [delivery], holding })).to.deep.equal([`I9 ${f.paymentId}`]);
    const delivered: Signal = { kind: 'delivered', txHash: movement.txHash };
    expect(compared([...story.funded, delivered], { transfers, holding })).to.deep.equal([`I9 ${id(4)}`]);
    expect(compared([...story.funded, delivered], { transfers, events: [delivery], holding })).to.deep.equal([]);
  });

  it('I9: knows a pooled funding by its terms', () => {
    const pooled = f.confirmed(100n, { receiver: f.addresses.escrow, termsId: f.termsId });
    const { txHash, blockNumber, blockHash, tokenAddress } = pooled.transfer;
    const at = { txHash, blockNumber, blockHash, tokenAddress };
    const funding = { event: 'Funded', termsId: f.termsId, source: 0, amount: 100n, ...at } as const;
    const holding = { inVault: false, vault: 0n, pool: 100n };
    expect(compared([...story.start, pooled], { events: [funding], holding })).to.deep.equal([]);
    const name = `tx:56:${txHash}:${f.addresses.escrow}:${f.termsId}`;
    expect(compared(story.start, { events: [funding] })).to.deep.equal([`I9 ${name}`]);
    const swept = { ...funding, source: 1 };
    expect(compared(story.start, { events: [swept] })).to.deep.equal([]);
  });

  it('I9: names a payout whose transfer was looked for in vain', () => {
    const transfer = f.transfer(95n, { receiver: f.addresses.refundTo });
    const paid: readonly Signal[] = [
      ...story.start,
      f.confirmed(95n, f.toProvider),
      f.deadlinePassed,
      f.payout('excess:provider', 95n),
      { kind: 'payoutSucceeded', n: 1, transfer, txHash: transfer.txHash },
    ];
    const there = [(paid[2] as SignalOf<'transferConfirmed'>).transfer];
    expect(compared(paid, { transfers: there })).to.deep.equal([`I9 ${id(6)}`]);
    expect(compared(paid, { transfers: there, proven: new Set([id(6)]) })).to.deep.equal([]);
  });

  it('takes no fact above the pinned block for a difference, and takes it out of the balance', () => {
    const young = f.confirmed(100n, { blockNumber: block + 1 });
    expect(compared([...story.start, young], {})).to.deep.equal([]);
    const orphaned = story.orphan(young);
    expect(compared([...story.start, young, orphaned], {})).to.deep.equal([]);
    const late = f.settled(100n, 0n, { blockNumber: block + 1 });
    expect(compared([...story.funded, late], { transfers, holding: { ...empty, vault: 100n } })).to.deep.equal([]);
  });

  it('does not look for a transfer that was reversed', () => {
    expect(compared([...story.funded, story.orphan(story.atVault)], {})).to.deep.equal([]);
  });

  it('leaves facts alone that are older than it was asked to look', () => {
    expect(compared(story.funded, { since: 1_200, holding: { ...empty, vault: 100n } })).to.deep.equal([]);
  });

  it('I8: names a payment that has more or less on the chain than in its books', () => {
    for (const vault of [99n, 101n])
      expect(compared(story.funded, { transfers, holding: { ...empty, vault } })).to.deep.equal([`I8 ${f.paymentId}`]);
    expect(compared(released, { transfers, events: [settled], holding: { ...empty, vault: 1n } })).to.deep.equal([
      `I8 ${f.paymentId}`,
    ]);
  });

  it('I8: lets what was written off lie in the vault, and no more than that', () => {
    const account = `held:contract:${f.paymentId}`;
    const lost: Signal = { kind: 'writtenOff', account, asset: f.assetKey, amount: 7n };
    const holding = (vault: bigint) => ({ transfers, holding: { ...empty, vault } });
    for (const vault of [93n, 100n]) expect(compared([...story.funded, lost], holding(vault))).to.deep.equal([]);
    for (const vault of [92n, 101n])
      expect(compared([...story.funded, lost], holding(vault))).to.deep.equal([`I8 ${f.paymentId}`]);
  });

  it('I8: counts a credit where it lies: in the vault with the rest, in the pool with those of all payments', () => {
    const credits = [{ account: f.addresses.seller, amount: 59n, inVault: true, logIndex: 1 }];
    const kept = f.settled(60n, 40n, { fee: 1n, credits });
    const events = [{ event: 'Settled', fact: factOf(kept) } as const];
    const shown = (inVault: boolean, vault: bigint) => ({ transfers, events, holding: { ...empty, inVault, vault } });
    expect(compared([...story.funded, kept], shown(true, 59n))).to.deep.equal([]);
    expect(compared([...story.funded, kept], shown(true, 0n))).to.deep.equal([`I8 ${f.paymentId}`]);
    expect(compared([...story.funded, kept], shown(false, 0n))).to.deep.equal([]);
  });
});
