import { expect } from 'chai';
import fc from 'fast-check';
import type { EscrowEvent } from '../../server/domain/evidence.ts';
import { smaller } from '../../server/domain/money.ts';
import type { SettledFact } from '../../server/domain/signal.ts';
import { AppError } from '../../server/errors.ts';
import type { ChainReader, Network } from '../../server/ports/outside.ts';
import type { TransitionStore } from '../../server/ports.ts';
import * as f from '../domain/factories.ts';
import { seed } from '../domain/seed.ts';
import { type Mirror, openMirror } from './mirror.ts';

const ids = ['1', '2', '3'].map((digit) => digit.repeat(24));
const termsIdOf = (paymentId: string) => f.txHash(Number(paymentId[0]) * 1_000);
const firstBlock = 1_001;
const { seller } = f.addresses;

/** What happens on the chain: a payment leaves a credit, or the seller's credits are withdrawn, all of them or a part. */
type Move = { readonly credit: number; readonly amount: bigint } | { readonly withdraw: bigint };
interface Step {
  readonly move: Move;
  readonly sameBlock: boolean;
}
const moves: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    sameBlock: fc.boolean(),
    move: fc.oneof(
      fc.record({ credit: fc.nat(ids.length - 1), amount: fc.bigInt(1n, 9n) }),
      fc.record({ withdraw: fc.bigInt(1n, 30n) }),
    ),
  }),
  { minLength: 4, maxLength: 14 },
);

/** Numbers that a seed gives, for the order in which everything happens. */
function numbersOf(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    // The generator of Park and Miller.
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** The events of the moves, and what is left of each payment's credits when every withdrawal takes the oldest. */
function playOut(steps: readonly Step[]) {
  const events: EscrowEvent[] = [];
  const open: { paymentId: string; amount: bigint }[] = [];
  const seqs = new Map<string, number>();
  let blockNumber = firstBlock;
  for (const [logIndex, { move, sameBlock }] of steps.entries()) {
    if (!sameBlock) blockNumber += 1;
    const at = { chainId: 56, blockNumber, blockHash: f.txHash(blockNumber), txHash: f.txHash(50_000 + logIndex) };
    if ('withdraw' in move) {
      const token = { account: seller, tokenAddress: f.addresses.token };
      const withdrawal = { ...at, ...token, amount: move.withdraw, redirected: false, logIndex };
      events.push({ event: 'CreditWithdrawn', withdrawal });
      let left = move.withdraw;
      for (const credit of open) {
        const part = smaller(credit.amount, left);
        credit.amount -= part;
        left -= part;
      }
      continue;
    }
    const paymentId = ids[move.credit] ?? '';
    const settleSeq = seqs.get(paymentId) ?? 0;
    seqs.set(paymentId, settleSeq + 1);
    const { amount } = move;
    const credits = [{ account: seller, amount, inVault: false, logIndex }];
    const sums = { settleSeq, toSeller: amount, toBuyer: 0n, fee: 0n, credits };
    events.push({ event: 'Settled', fact: { ...at, termsId: termsIdOf(paymentId), ...sums } });
    open.push({ paymentId, amount });
  }
  const left = (paymentId: string) =>
    open.reduce((sum, credit) => (credit.paymentId === paymentId ? sum + credit.amount : sum), 0n);
  return { events, expected: ids.map(left), lastBlock: blockNumber };
}

/** A chain whose head the test moves; every block up to it is final. */
function fakeChain(events: readonly EscrowEvent[], head: () => number): ChainReader {
  const blockOf = (event: EscrowEvent) => {
    if (event.event === 'CreditWithdrawn') return event.withdrawal.blockNumber;
    return event.event === 'Settled' ? event.fact.blockNumber : 0;
  };
  const reader: Partial<ChainReader> = {
    head: async () => ({ number: head(), hash: f.txHash(head()), timeMs: 0, confirmed: head(), finalized: head() }),
    blockHash: async (_, blockNumber) => f.txHash(blockNumber),
    transfersTo: async () => [],
    escrowEvents: async (_, from, to) => events.filter((event) => blockOf(event) >= from && blockOf(event) <= to),
  };
  return reader as ChainReader;
}

const network = { name: 'bsc', chainId: 56, escrow: f.addresses.escrow, tokens: [] } as unknown as Network;

async function openAll(mirror: Mirror): Promise<void> {
  for (const [n, id] of ids.entries()) {
    const facts = { termsId: termsIdOf(id), vault: `0x${String(n).repeat(40)}`, requestId: id, price: 1_000n };
    await mirror.open(id, f.intent({ ...facts, rail: 'web3', provider: null }));
    await mirror.tell(id, f.confirmed(1_000n, { receiver: facts.vault }));
  }
}

describe('monitors that race for withdrawals', () => {
  const runs = Number(process.env.FAST_CHECK_RUNS ?? 150);
  let faults = 0;

  /** Every call of the database waits its turn, and now and then the line breaks before or after it. */
  function troubled(store: TransitionStore, next: (below: number) => number): TransitionStore {
    const around = async <T>(call: () => Promise<T>): Promise<T> => {
      for (let turn = next(12); turn > 0; turn -= 1) await Promise.resolve();
      const broken = next(60);
      if (broken === 0) throw new AppError('busy', 'The line broke.');
      const answer = await call();
      for (let turn = next(12); turn > 0; turn -= 1) await Promise.resolve();
      if (broken > 1) return answer;
      faults += 1;
      throw new AppError('busy', 'The answer was lost.');
    };
    return {
      ...store,
      append: (batch) => around(() => store.append(batch)),
      tail: (id) => around(() => store.tail(id)),
      at: (id, seq) => around(() => store.at(id, seq)),
      claimant: (name) => around(() => store.claimant(name)),
      claimsUnder: (prefix) => around(() => store.claimsUnder(prefix)),
    };
  }

  /** A process that looks again and again, is replaced when it dies, and ends when the chain is at its end and all is told. */
  async function keepLooking(mirror: Mirror, next: (below: number) => number, done: () => boolean) {
    const start = () => mirror.process({ wrap: (store) => troubled(store, next) });
    let process = start();
    for (let looks = 0; looks < 200; looks += 1) {
      const ended = done();
      const failure = await process.tick().then(
        () => null,
        (error: unknown) => error,
      );
      if (failure !== null && !(failure instanceof AppError)) throw failure;
      if (failure === null && ended) return;
      if (next(5) === 0) process = start();
    }
    throw new Error('the monitor never came to an end');
  }

  async function race(steps: readonly Step[], start: number) {
    const next = numbersOf(start);
    const { events, expected, lastBlock } = playOut(steps);
    let head = firstBlock - 1;
    const mirror = openMirror(
      network,
      fakeChain(events, () => head),
      () => f.onTimeMs,
    );
    await openAll(mirror);
    await mirror.process().tick();
    const isAtEnd = () => {
      head = Math.min(lastBlock, head + next(3));
      return head === lastBlock;
    };
    // Somebody may confirm a settlement long before a monitor comes to its block.
    const early = events.filter((event) => event.event === 'Settled' && next(3) === 0) as { fact: SettledFact }[];
    const confirm = early.map(async ({ fact }) => {
      for (let turn = next(300); turn > 0; turn -= 1) await Promise.resolve();
      await mirror.tell(ids.find((id) => termsIdOf(id) === fact.termsId) ?? '', { kind: 'settlementConfirmed', fact });
    });
    await Promise.all([...confirm, keepLooking(mirror, next, isAtEnd), keepLooking(mirror, next, isAtEnd)]);
    expect(ids.map((id) => mirror.credit(id, seller))).to.deep.equal(expected);
    expect(mirror.sum(ids, /^platform$/), 'nothing was covered').to.equal(0n);
    expect(mirror.logger.lines.filter(({ fields }) => 'category' in fields)).to.deep.equal([]);
  }

  const [first = '', second = ''] = ids;
  /** Two payments with one credit each, and a withdrawal of each, as far apart on the chain as the test says. */
  async function withFault(
    secondAt: number,
    wrap: (store: TransitionStore, isFirst: () => boolean) => TransitionStore,
  ) {
    const credit = (n: number, amount: bigint) => ({ sameBlock: false, move: { credit: n, amount } });
    const withdraw = (amount: bigint) => ({ sameBlock: false, move: { withdraw: amount } });
    const { events } = playOut([credit(0, 5n), withdraw(5n), credit(1, 7n), withdraw(7n)]);
    const last = events.at(-1);
    if (last?.event !== 'CreditWithdrawn') throw new Error('no withdrawal');
    const moved = { ...last, withdrawal: { ...last.withdrawal, blockNumber: secondAt, blockHash: f.txHash(secondAt) } };
    let head = firstBlock - 1;
    const chain = fakeChain([...events.slice(0, -1), moved], () => head);
    const mirror = openMirror(network, chain, () => f.onTimeMs);
    await openAll(mirror);
    await mirror.process().tick();
    head = secondAt;
    let calls = 0;
    const process = mirror.process({
      wrap: (store) =>
        wrap(store, () => {
          calls += 1;
          return calls === 1;
        }),
    });
    return { mirror, process, head };
  }
  const credits = (mirror: Mirror) => [mirror.credit(first, seller), mirror.credit(second, seller)];
  const unforeseen = () => new RangeError('More claims than can be read.');

  for (const [where, secondAt] of [
    ['in one slice of blocks', firstBlock + 4],
    ['in a later slice', firstBlock + 4_000],
  ] as const) {
    it(`tells no withdrawal before an earlier one whose credits could not be read, ${where}`, async () => {
      const { mirror, process } = await withFault(secondAt, (store, isFirst) => ({
        ...store,
        claimsUnder: async (prefix) => {
          if (isFirst()) throw unforeseen();
          return store.claimsUnder(prefix);
        },
      }));
      await process.tick();
      expect(credits(mirror)).to.deep.equal([5n, 7n]);
      await process.tick();
      expect(credits(mirror)).to.deep.equal([0n, 0n]);
    });

    it(`tells no withdrawal before a settlement that could not be told, ${where}`, async () => {
      const { mirror, process } = await withFault(secondAt, (store, isFirst) => ({
        ...store,
        append: async (batch) => {
          if (batch.some(({ paymentId }) => paymentId === first) && isFirst()) throw unforeseen();
          return store.append(batch);
        },
      }));
      await process.tick();
      expect(credits(mirror)).to.deep.equal([0n, 7n]);
      await process.tick();
      expect(credits(mirror)).to.deep.equal([0n, 0n]);
    });
  }

  it('takes the rest from the others when one payment gave its part before the line broke', async () => {
    const credit = (n: number, amount: bigint) => ({ sameBlock: true, move: { credit: n, amount } });
    // The first payment gives its older credit and a part of the newer, so that something of it is left.
    const steps = [credit(0, 5n), credit(1, 6n), credit(0, 7n), { sameBlock: false, move: { withdraw: 13n } }];
    const { events, expected, lastBlock } = playOut(steps);
    const mirror = openMirror(
      network,
      fakeChain(events, () => head),
      () => f.onTimeMs,
    );
    let head = firstBlock - 1;
    await openAll(mirror);
    await mirror.process().tick();
    head = lastBlock;
    const cutOff = mirror.process({
      wrap: (store) => ({
        ...store,
        append: async (batch) => {
          if (batch.some(({ paymentId, kind }) => paymentId === second && kind === 'creditWithdrawn'))
            throw new AppError('busy', 'The line broke.');
          return store.append(batch);
        },
      }),
    });
    expect(await cutOff.tick().catch((error: unknown) => error)).to.be.instanceOf(AppError);
    expect(credits(mirror)).to.deep.equal([5n, 6n]);
    await mirror.process().tick();
    expect(credits(mirror)).to.deep.equal(expected.slice(0, 2));
    expect(mirror.kinds(first).filter((kind) => kind === 'creditWithdrawn')).to.have.length(1);
  });

  it('leaves a withdrawal to a person that fails again and again, and goes on', async () => {
    const { mirror, process, head } = await withFault(firstBlock + 4, (store) => ({
      ...store,
      claimsUnder: async () => {
        throw unforeseen();
      },
    }));
    const cursors: number[] = [];
    for (let looks = 0; looks < 10; looks += 1) cursors.push((await process.tick()).cursor);
    expect(cursors.filter((cursor) => cursor < firstBlock)).to.have.length.greaterThan(3);
    expect(cursors.at(-1)).to.equal(head);
    const alarms = mirror.logger.lines.filter(({ message }) => message.includes('left to a person'));
    expect(alarms).to.have.length.greaterThan(1);
    expect(alarms[0]?.fields).to.include({ category: 'alarm', signal: 'creditWithdrawn' });
    expect(credits(mirror), 'the books still show what is to be put right').to.deep.equal([5n, 7n]);
  });

  it(`take every withdrawal off the oldest credits once, in whatever order they come to it (seed ${seed}, ${runs} histories)`, async () => {
    const property = fc.asyncProperty(moves, fc.integer({ min: 1, max: 2 ** 31 - 2 }), race);
    await fc.assert(property, { seed, numRuns: runs });
    expect(faults, 'answers that were lost').to.be.greaterThan(runs / 15);
  }).timeout(600_000);
});
