import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { toBeHex } from 'ethers';
import { arrivalKey } from '../../server/domain/claim.ts';
import type { Terms } from '../../server/domain/terms.ts';
import { AppError } from '../../server/errors.ts';
import { createLook } from '../../server/monitor/chainLook.ts';
import type { CrashPoint, Watch } from '../../server/ports.ts';
import { transferTopic } from '../../server/providers/chain/transferLogs.ts';
import {
  type ChainWorld,
  erc20,
  finalityBlocks,
  memoryLogger,
  one,
  openChainWorld,
} from '../providers/chain/chainWorld.ts';
import { memoryBooks, memoryCursors, memoryWatches } from './chainBooks.ts';

const freshId = () => randomBytes(12).toString('hex');
const suspense = 'suspense-bsc-usdt';

describe('chain monitor', () => {
  let world: ChainWorld;
  let books: ReturnType<typeof memoryBooks>;
  let cursors: ReturnType<typeof memoryCursors>;
  let watches: ReturnType<typeof memoryWatches>;
  let logger: ReturnType<typeof memoryLogger>;
  let now: number;

  before(async () => {
    world = await openChainWorld();
  });
  after(() => world.close());
  beforeEach(() => {
    books = memoryBooks();
    cursors = memoryCursors();
    watches = memoryWatches();
    logger = memoryLogger();
    now = Date.now();
  });

  function monitor(crash: CrashPoint = () => {}, options: { blocksPerSlice?: number } = {}) {
    const [network] = world.chain.networks;
    if (network === undefined) throw new Error('no network');
    const { coordinator, queries, store } = books;
    const tick = createLook({
      ...{ network, chain: world.chain.reader, cursors, watches, queries, store, coordinator, logger, crash },
      ...{ clock: { now: () => now }, marketplaceId: 'main', ...options },
    });
    return { tick };
  }

  /** A watched payment, as the relay would have written it. */
  async function payment(changes: Partial<Terms> = {}, provider: string | null = null, watched: Partial<Watch> = {}) {
    const terms = world.terms(changes);
    const { termsId, vault } = world.chain.gateway.identify('bsc', terms);
    const paymentId = freshId();
    const fromBlock = (await world.chain.reader.head('bsc')).number;
    const addresses = [
      { address: vault, custody: 'contract' as const },
      ...(provider ? [{ address: provider, custody: 'provider' as const }] : []),
    ];
    const watch = { paymentId, chainId: 31337, addresses, termsId, hotWallet: null, fromBlock, untilMs: now + 1e6 };
    await watches.upsert({ ...watch, ...watched });
    return { paymentId, terms, termsId, vault };
  }

  /** The call that settles a payment, for anybody to make. */
  function settlementOf(terms: Terms, split: { toSeller: bigint; toBuyer: bigint }) {
    const { identify, settlementPayload, settlementTransaction } = world.chain.gateway;
    const settlement = { ...split, settleSeq: 0, validUntil: Math.floor(now / 1_000) + 3_600 };
    const { digest } = settlementPayload('bsc', identify('bsc', terms).termsId, settlement);
    return settlementTransaction('bsc', terms, settlement, world.signatures(digest));
  }

  /** Ends the present blocks' chance to change and lets the monitor see it. */
  async function settleDown(watching: ReturnType<typeof monitor>) {
    await world.finalize();
    return watching.tick();
  }

  it('finds a transfer nobody reported: seen, then confirmed, then behind the cursor', async () => {
    const watching = monitor();
    await watching.tick();
    const { paymentId, vault } = await payment();
    const { blockNumber } = await world.pay(vault, 5n * one);
    await watching.tick();
    expect(books.changes(paymentId)).to.deep.equal(['transferSeen']);
    await world.mine(1);
    await watching.tick();
    await watching.tick();
    expect(books.changes(paymentId)).to.deep.equal(['transferSeen', 'transferConfirmed']);
    expect(cursors.stored()?.blockNumber).to.be.lessThan(blockNumber);
    const report = await settleDown(watching);
    expect(cursors.stored()?.blockNumber).to.equal(report.finalized).and.to.be.at.least(blockNumber);
    await settleDown(watching);
    expect(books.changes(paymentId)).to.deep.equal(['transferSeen', 'transferConfirmed']);
    expect(books.standing(paymentId)).to.equal(5n * one);
  });

  it('finds money at the provider’s address and leaves alone what is older than the intent', async () => {
    const address = `0x${randomBytes(20).toString('hex')}`;
    await world.pay(address, one);
    await world.mine(1);
    const { paymentId } = await payment({}, address);
    const watching = monitor();
    await world.pay(address, 2n * one);
    await settleDown(watching);
    expect(books.standing(paymentId)).to.equal(2n * one);
  });

  it('begins below the oldest watch when payments were opened before anybody watched', async () => {
    const { paymentId, vault } = await payment();
    await world.pay(vault, one);
    await world.mine(3 * finalityBlocks);
    await monitor().tick();
    expect(books.standing(paymentId)).to.equal(one);
  });

  it('takes the provider’s own payout into a vault for the forward, and only when it is final', async () => {
    const watching = monitor();
    const { paymentId, vault } = await payment();
    const { hotWalletAddress, hotWalletKey } = world.deployment;
    await world.pay(hotWalletAddress, 9n * one);
    await world.pay(vault, 9n * one, hotWalletKey);
    await world.mine(2);
    await watching.tick();
    expect(books.changes(paymentId)).to.deep.equal([]);
    await settleDown(watching);
    expect(books.changes(paymentId)).to.deep.equal(['forwardConfirmed']);
  });

  it('knows the wallet that a payment froze when the network is pinned to another one by now', async () => {
    const watching = monitor();
    const { paymentId, vault } = await payment({}, null, { hotWallet: world.deployment.buyerAddress.toLowerCase() });
    await world.pay(vault, one);
    await settleDown(watching);
    expect(books.changes(paymentId)).to.deep.equal(['forwardConfirmed']);
  });

  it('takes no worthless token for a payment or a forward, and is not held up by thousands of its logs', async () => {
    const watching = monitor();
    const { paymentId, vault } = await payment();
    await watching.tick();
    await world.emit([transferTopic, world.deployment.hotWalletAddress, vault], toBeHex(123n, 32));
    await world.flood(vault, 9_000);
    await world.pay(vault, one);
    const began = performance.now();
    const report = await settleDown(watching);
    expect(performance.now() - began).to.be.lessThan(2_000);
    expect(report.cursor).to.equal(report.finalized);
    expect(books.changes(paymentId)).to.deep.equal(['transferConfirmed']);
    expect(books.standing(paymentId)).to.equal(one);
  });

  it('reverses a credit that leaves the chain and credits it again when it is mined again', async () => {
    const watching = monitor();
    const { paymentId, vault } = await payment();
    await watching.tick();
    const raw = await world.signPayment(vault, 4n * one);
    const first = await world.broadcast(raw);
    await world.mine(1);
    await watching.tick();
    expect(books.standing(paymentId)).to.equal(4n * one);
    await world.reorganise(2);
    await world.mine(2);
    const report = await watching.tick();
    expect(report.orphaned).to.equal(1);
    expect(books.standing(paymentId)).to.equal(0n);
    const second = await world.broadcast(raw);
    expect(second.hash).to.equal(first.hash);
    expect(second.blockNumber).to.be.greaterThan(first.blockNumber);
    await settleDown(watching);
    await settleDown(watching);
    expect(books.standing(paymentId)).to.equal(4n * one);
    expect(books.arrivals(paymentId).map(({ epoch, reversed }) => [epoch, reversed])).to.deep.equal([
      [0, true],
      [1, false],
    ]);
    const kinds = books.changes(paymentId).filter((kind) => kind !== 'transferSeen');
    expect(kinds).to.deep.equal(['transferConfirmed', 'transferOrphaned', 'transferConfirmed']);
  });

  it('tells a sight once, and again when its block was replaced and it was mined in another', async () => {
    const watching = monitor();
    await watching.tick();
    const { paymentId, vault } = await payment();
    const raw = await world.signPayment(vault, one);
    const first = await world.broadcast(raw);
    expect(await watching.tick()).to.include({ told: 1 });
    expect(await watching.tick()).to.include({ told: 0, reorganised: false });
    await world.reorganise(1);
    const second = await world.broadcast(raw);
    expect(await watching.tick()).to.include({ told: 1, reorganised: false });
    expect(await watching.tick()).to.include({ told: 0 });
    const places = books
      .signals(paymentId)
      .map((signal) => signal.kind === 'transferSeen' && signal.transfer.blockHash);
    expect(places).to.deep.equal([first.blockHash, second.blockHash]);
  });

  it('lets a credit stand that was mined again elsewhere, and waits below it until that is final', async () => {
    const watching = monitor();
    const { paymentId, vault } = await payment();
    const raw = await world.signPayment(vault, one);
    const first = await world.broadcast(raw);
    await world.mine(1);
    await watching.tick();
    await world.reorganise(2);
    await world.mine(finalityBlocks - 1);
    const second = await world.broadcast(raw);
    expect(second.blockNumber).to.be.greaterThan(first.blockNumber);
    await world.mine(2);
    const report = await watching.tick();
    expect(report.finalized).to.be.at.least(first.blockNumber);
    expect(report.cursor).to.be.lessThan(first.blockNumber);
    await settleDown(watching);
    expect(cursors.stored()?.blockNumber).to.be.at.least(second.blockNumber);
    expect(books.changes(paymentId).filter((kind) => kind !== 'transferSeen')).to.deep.equal(['transferConfirmed']);
  });

  it('goes back to the common ancestor when the chain below the cursor is lost', async () => {
    const watching = monitor();
    const { paymentId, vault } = await payment();
    await watching.tick();
    const early = await world.pay(vault, one);
    await settleDown(watching);
    const snapshot = await world.rpc<string>('evm_snapshot');
    const lost = await world.pay(vault, 2n * one);
    await settleDown(watching);
    await settleDown(watching);
    expect(books.standing(paymentId)).to.equal(3n * one);
    const before = cursors.stored()?.blockNumber ?? 0;
    await world.rpc('evm_revert', [snapshot]);
    await world.rpc('evm_increaseTime', [100]);
    await world.mine(1);

    const lower = await watching.tick();
    expect(lower.head).to.be.lessThan(before);
    expect(lower.reorganised).to.equal(true);
    expect(cursors.stored()?.blockNumber)
      .to.be.lessThan(lost.blockNumber)
      .and.at.least(early.blockNumber - 1);
    await world.mine(finalityBlocks);
    await settleDown(watching);
    expect(books.standing(paymentId)).to.equal(one);
    expect(books.changes(paymentId).at(-1)).to.equal('transferOrphaned');
    const again = await settleDown(watching);
    expect(again.reorganised).to.equal(false);
    expect(cursors.stored()?.blockNumber).to.equal(again.finalized);
  });

  it('notices a changed chain by its hashes, also when it has outgrown the cursor again', async () => {
    const watching = monitor();
    const { paymentId, vault } = await payment();
    await settleDown(watching);
    const snapshot = await world.rpc<string>('evm_snapshot');
    await world.pay(vault, 2n * one);
    await settleDown(watching);
    expect(books.standing(paymentId)).to.equal(2n * one);
    await world.rpc('evm_revert', [snapshot]);
    await world.rpc('evm_increaseTime', [100]);
    await world.mine(4 * finalityBlocks);
    const report = await watching.tick();
    expect(report).to.deep.include({ reorganised: true, orphaned: 1, cursor: report.finalized });
    expect(books.standing(paymentId)).to.equal(0n);
  });

  it('tells a payment once more when its transfer is final, whatever happened to the credit meanwhile', async () => {
    const watching = monitor();
    const { paymentId, vault } = await payment();
    await world.pay(vault, one);
    await world.mine(1);
    await watching.tick();
    const [arrival] = books.arrivals(paymentId);
    if (arrival === undefined) throw new Error('no arrival');
    // another process saw a short-lived fork
    const reversal = { kind: 'transferOrphaned', arrivalKey: arrivalKey(arrival), epoch: 0 } as const;
    await books.coordinator.observe(paymentId, reversal, { actor: 'another' });
    expect(books.standing(paymentId)).to.equal(0n);
    await settleDown(watching);
    expect(books.standing(paymentId)).to.equal(one);
  });

  it('finds a settlement nobody reported: seen at once, confirmed when final', async () => {
    const watching = monitor();
    const { paymentId, terms, vault } = await payment();
    await world.pay(vault, terms.amount);
    const { hash } = await world.settle(terms, { toSeller: 100n * one, toBuyer: 0n });
    await watching.tick();
    expect(books.changes(paymentId)).to.include('settlementSeen').and.not.include('settlementConfirmed');
    await settleDown(watching);
    await settleDown(watching);
    const confirmed = books.signals(paymentId).filter((signal) => signal.kind === 'settlementConfirmed');
    expect(confirmed).to.have.length(1);
    expect(confirmed[0]).to.have.nested.property('fact.txHash', hash);
    expect(books.changes(paymentId).at(-1)).to.equal('settlementConfirmed');
  });

  it('unsees a settlement whose block left the chain', async () => {
    const watching = monitor();
    const { paymentId, terms, vault } = await payment();
    await world.pay(vault, terms.amount);
    await world.finalize();
    const { hash } = await world.settle(terms, { toSeller: 0n, toBuyer: 100n * one });
    await watching.tick();
    await world.reorganise(1);
    await world.mine(1);
    await watching.tick();
    const last = books.signals(paymentId).at(-1);
    expect(last).to.deep.equal({ kind: 'settlementOrphaned', txHash: hash });
  });

  it('tells bumps, sweeps and recoveries when they are final', async () => {
    const watching = monitor();
    const bumped = await payment();
    const swept = await payment();
    const recovered = await payment();
    const { escrow, signerKeys, buyerKey, sellerKey } = world.deployment;
    await world.pay(swept.vault, swept.terms.amount);
    await world.pay(recovered.vault, one);
    const call = (key: string | undefined, name: string, args: unknown[]) =>
      world.send(key ?? '', { to: escrow, data: world.encode(name, args) });
    await call(signerKeys[0], 'bumpSeq', [bumped.termsId]);
    await call(buyerKey, 'sweep', [swept.terms]);
    await call(sellerKey, 'recover', [recovered.terms, recovered.terms.token]);
    await watching.tick();
    expect(books.changes(bumped.paymentId)).to.deep.equal([]);
    await settleDown(watching);
    expect(books.signals(bumped.paymentId)[0]).to.deep.include({ kind: 'seqBumped', settleSeq: 1 });
    expect(books.signals(swept.paymentId).at(-1)).to.deep.include({ kind: 'swept', source: 1 });
    expect(books.signals(recovered.paymentId).at(-1)).to.deep.include({ kind: 'recovered', closed: true });
    expect(books.logs()).to.not.include(suspense);
  });

  it('credits a pooled funding to its payment and books what only lies at the escrow in suspense', async () => {
    const watching = monitor();
    await watching.tick();
    const { paymentId, terms, termsId } = await payment();
    const { escrow, buyerAddress, token } = world.deployment;
    const maker = await world.nextBatchAddress();
    const buyerTo = (to: string, amount: bigint) => ({
      to: token,
      data: erc20.encodeFunctionData('transferFrom', [buyerAddress, to, amount]),
    });
    // one transaction funds the payment and drops three more at the escrow
    const receipt = await world.batch([
      buyerTo(maker, terms.amount),
      { to: token, data: erc20.encodeFunctionData('approve', [escrow, terms.amount]) },
      { to: escrow, data: world.encode('fund', [terms]) },
      buyerTo(escrow, 3n * one),
    ]);
    expect(receipt.status).to.equal(1);
    await world.mine(1);
    await watching.tick();
    expect(books.standing(paymentId)).to.equal(terms.amount);
    expect(books.arrivals(paymentId)[0]).to.deep.include({
      termsId,
      receiver: escrow.toLowerCase(),
      asset: 'bsc:USDT',
    });
    expect(books.changes(suspense)).to.deep.equal([]);
    await world.pay(escrow, 7n * one);
    await world.emit([transferTopic, buyerAddress, escrow], `0x${'0'.repeat(62)}05`);
    await settleDown(watching);
    await settleDown(watching);
    const strays = books.signals(suspense).filter((signal) => signal.kind === 'strayReceived');
    expect(strays.map((signal) => signal.transfer.amount)).to.deep.equal([3n * one, 7n * one]);
    expect(strays[0]?.asset).to.deep.equal({
      ...{ network: 'bsc', chainId: 31337, token: 'USDT', tokenAddress: token.toLowerCase(), decimals: 18 },
    });
    expect(strays[0]?.marketplaceId).to.equal('main');
  });

  it('books money at the escrow as a stray beside a vault that opens, whose own funding never passes the escrow', async () => {
    const watching = monitor();
    await watching.tick();
    const { terms, termsId, vault } = await payment();
    await world.pay(vault, terms.amount);
    const { escrow, buyerAddress, token } = world.deployment;
    const stray = erc20.encodeFunctionData('transferFrom', [buyerAddress, escrow, 3n * one]);
    // a part of the whole, so that the settlement opens the vault with a Funded event
    const both = await world.batch([settlementOf(terms, { toSeller: one, toBuyer: 0n }), { to: token, data: stray }]);
    const opened = await world.chain.reader.escrowEvents('bsc', both.blockNumber, both.blockNumber);
    expect(opened[0]).to.deep.include({ event: 'Funded', termsId, source: 2, amount: terms.amount });
    await settleDown(watching);
    const strays = books.signals(suspense).filter((signal) => signal.kind === 'strayReceived');
    expect(strays.map((signal) => signal.transfer.amount)).to.deep.equal([3n * one]);
  });

  it('books only what exceeds a sweep as a stray, since a sweep takes its money from the vault to the escrow', async () => {
    const watching = monitor();
    await watching.tick();
    const maker = await world.nextBatchAddress();
    const { terms, vault, paymentId } = await payment({ buyer: maker });
    await world.pay(vault, terms.amount);
    const { escrow, buyerAddress, token } = world.deployment;
    await world.batch([
      { to: escrow, data: world.encode('sweep', [terms]) },
      { to: token, data: erc20.encodeFunctionData('transferFrom', [buyerAddress, escrow, 3n * one]) },
    ]);
    await settleDown(watching);
    expect(books.signals(paymentId).at(-1)).to.deep.include({ kind: 'swept', source: 1 });
    const strays = books.signals(suspense).filter((signal) => signal.kind === 'strayReceived');
    expect(strays.map((signal) => signal.transfer.amount)).to.deep.equal([3n * one]);
  });

  for (const label of ['monitor:afterObserve', 'monitor:beforeCursor']) {
    it(`doubles nothing when it dies at ${label} and begins again`, async () => {
      let deaths = 0;
      const dying = monitor((at) => {
        if (at === label && deaths < 3) {
          deaths += 1;
          throw new Error('killed');
        }
      });
      const paid = await Promise.all([payment(), payment(), payment()]);
      for (const { vault } of paid) await world.pay(vault, one);
      await world.finalize();
      for (let look = 0; look < 5; look += 1) await dying.tick().catch(() => {});
      expect(deaths).to.equal(3);
      expect(cursors.stored()?.blockNumber).to.equal((await dying.tick()).finalized);
      for (const { paymentId } of paid) {
        expect(books.changes(paymentId)).to.deep.equal(['transferConfirmed']);
        expect(books.standing(paymentId)).to.equal(one);
      }
    });
  }

  it('parks what a payment refuses and goes on', async () => {
    const [bad, good] = [await payment(), await payment()];
    books.answerWith((logId) =>
      logId === bad.paymentId ? { outcome: 'refused', code: 'evidence_mismatch', detail: '', state: null } : null,
    );
    await world.pay(bad.vault, one);
    await world.pay(good.vault, one);
    const watching = monitor();
    const report = await settleDown(watching);
    expect(report.parked).to.equal(1);
    expect(report.cursor).to.equal(report.finalized);
    expect(books.standing(good.paymentId)).to.equal(one);
    expect(logger.lines.filter((line) => line.message.includes('refused'))).to.have.length(1);
  });

  it('stops the look when the database is away, keeps the cursor, and repeats it', async () => {
    const watching = monitor();
    await watching.tick();
    const { paymentId, vault } = await payment();
    await world.pay(vault, one);
    await world.finalize();
    const stood = cursors.stored()?.blockNumber;
    books.answerWith(() => {
      throw new AppError('busy', 'away');
    });
    const error = await watching.tick().catch((thrown: AppError) => thrown);
    expect(error).to.have.property('code', 'busy');
    expect(cursors.stored()?.blockNumber).to.equal(stood);
    books.answerWith(() => null);
    await watching.tick();
    expect(books.standing(paymentId)).to.equal(one);
    expect(cursors.stored()?.blockNumber).to.be.greaterThan(stood ?? 0);
  });

  it('lets nothing unforeseen in one payment hold up the others, but does not pass it either', async () => {
    const watching = monitor();
    await watching.tick();
    const stood = cursors.stored()?.blockNumber;
    const [bad, good] = [await payment(), await payment()];
    books.answerWith((logId) => {
      if (logId === bad.paymentId) throw new TypeError('unforeseen');
      return null;
    });
    await world.pay(bad.vault, one);
    await world.pay(good.vault, one);
    await settleDown(watching);
    expect(books.standing(good.paymentId)).to.equal(one);
    expect(cursors.stored()?.blockNumber).to.equal(stood);
    books.answerWith(() => null);
    await watching.tick();
    expect(books.standing(bad.paymentId)).to.equal(one);
    expect(cursors.stored()?.blockNumber).to.be.greaterThan(stood ?? 0);
  });

  it('leaves a fact that can never be told to a person, tells what follows and goes on', async () => {
    const watching = monitor();
    await watching.tick();
    const { paymentId, vault } = await payment();
    books.answerWith((_, signal) => {
      if (signal.kind === 'transferConfirmed' && signal.transfer.amount === one) throw new TypeError('broken for ever');
      return null;
    });
    await world.pay(vault, one);
    await world.pay(vault, 2n * one);
    await world.finalize();
    for (let look = 1; look < 5; look += 1) {
      const { finalized, cursor } = await watching.tick();
      expect(cursor).to.be.lessThan(finalized);
    }
    const report = await watching.tick();
    expect(report).to.deep.include({ parked: 1, cursor: report.finalized });
    expect(books.standing(paymentId)).to.equal(2n * one);
    const alarms = logger.lines.filter(({ message }) => message === 'a fact of the chain is left to a person');
    expect(alarms.map(({ fields }) => fields)).to.have.nested.property('[0].category', 'alarm');
    expect(alarms).to.have.length(1);
  });

  it('goes on at once past what a payment has no room for', async () => {
    const { paymentId, vault } = await payment();
    books.answerWith((_, signal) =>
      signal.kind === 'transferConfirmed' && signal.transfer.amount === one
        ? { outcome: 'refused', code: 'limit_reached', detail: '', state: null }
        : null,
    );
    await world.pay(vault, one);
    await world.pay(vault, 2n * one);
    const report = await settleDown(monitor());
    expect(report).to.deep.include({ parked: 1, cursor: report.finalized });
    expect(books.standing(paymentId)).to.equal(2n * one);
    expect(logger.lines.some(({ message }) => message.includes('left to a person'))).to.equal(true);
  });

  it('may run in several processes at once', async () => {
    const paid = await Promise.all([payment(), payment()]);
    const several = [monitor(), monitor(), monitor()];
    for (const { vault } of paid) await world.pay(vault, one);
    await Promise.all(several.map((watching) => watching.tick()));
    await world.finalize();
    await Promise.all(several.map((watching) => watching.tick()));
    for (const { paymentId } of paid) {
      expect(books.changes(paymentId).filter((kind) => kind === 'transferConfirmed')).to.have.length(1);
    }
    expect(cursors.stored()?.blockNumber).to.equal((await world.chain.reader.head('bsc')).finalized);
  });

  it('watches more payments than fit one page, and more blocks than fit one slice', async () => {
    const watching = monitor(undefined, { blocksPerSlice: 20 });
    await watching.tick();
    const last = await payment();
    const fromBlock = (await world.chain.reader.head('bsc')).number;
    for (let n = 0; n < 1_100; n += 1) {
      const address = `0x${randomBytes(20).toString('hex')}`;
      const addresses = [{ address, custody: 'contract' as const }];
      const termsId = `0x${randomBytes(32).toString('hex')}`;
      const watch = { chainId: 31337, addresses, termsId, hotWallet: null, fromBlock, untilMs: now + 1 };
      await watches.upsert({ paymentId: freshId(), ...watch });
    }
    await world.pay(last.vault, one);
    await world.mine(50);
    await world.pay(last.vault, 2n * one);
    const report = await settleDown(watching);
    expect(report.cursor).to.equal(report.finalized);
    expect(books.standing(last.paymentId)).to.equal(3n * one);
    expect(books.logs()).to.deep.equal([last.paymentId]);
  });

  it('raises one alarm when finality stands still', async () => {
    const head = await world.chain.reader.head('bsc');
    const [network] = world.chain.networks;
    if (network === undefined) throw new Error('no network');
    const { coordinator, queries, store } = books;
    const tick = createLook({
      ...{ network, chain: { ...world.chain.reader, head: async () => head }, cursors, watches, queries, coordinator },
      ...{ store, logger, crash: () => {}, clock: { now: () => now }, marketplaceId: 'main' },
    });
    const alarms = () => logger.lines.filter((line) => line.message.includes('stands still')).length;
    await tick();
    expect(alarms()).to.equal(0);
    now += 600_000;
    await tick();
    now += 600_000;
    await tick();
    expect(alarms()).to.equal(1);
  });
});
