import { expect } from 'chai';
import { createReconcile, type ReconcileDeps } from '../../server/commands/reconcile.ts';
import type { Comparison } from '../../server/domain/reconciliation.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { AppError } from '../../server/errors.ts';
import { createLook } from '../../server/monitor/chainLook.ts';
import { createNightly, nextNightMs } from '../../server/monitor/nightly.ts';
import type { ReconciliationReport } from '../../server/ports/reconciliation.ts';
import { erc20, memoryLogger } from '../providers/chain/chainWorld.ts';
import { addressOf, type CommandsWorld, openCommandsWorld, refused, tokens } from './commandsWorld.ts';
import { day, minute, payoutDesk } from './payoutDesk.ts';
import { settlementDesk } from './settlementDesk.ts';

describe('reconcile', () => {
  let world: CommandsWorld;
  let look: () => Promise<unknown>;
  let nights = 0;
  const logger = memoryLogger();
  before(async () => {
    world = await openCommandsWorld();
    const [network] = world.chain.chain.networks;
    if (network === undefined) throw new Error('no network');
    const { cursors, watches } = world.store;
    look = createLook({ ...world.ports, network, cursors, watches, marketplaceId: 'main' });
  });
  after(() => world.close());
  const { prepare, signed, broadcast } = settlementDesk(() => world);
  const { fill, forwardOf } = payoutDesk(() => world);

  const deps = (): ReconcileDeps => ({
    ...{ ledger: world.store.ledger, reports: world.store.reconciliation, watches: world.store.watches },
    ...{ watched: world.store.watched, cursors: world.store.cursors, gateway: world.ports.gateway },
    ...{ chain: world.ports.chain, balances: world.chain.chain.balances, wallets: world.wallets },
    ...{ clock: world.ports.clock, logger },
  });
  const night = () => {
    nights += 1;
    return `night-${nights}`;
  };
  const reconcile = (more: Partial<ReconcileDeps> = {}) => createReconcile({ ...deps(), ...more })(night());
  const odd = (report: ReconciliationReport) =>
    report.rows
      .filter(({ outcome }) => outcome !== 'agrees')
      .map(({ comparison, outcome, reason, difference }) => `${comparison} ${outcome} ${reason} ${difference}`);
  const row = (report: ReconciliationReport, comparison: Comparison) =>
    report.rows.find((one) => one.comparison === comparison && one.asset === 'bsc:USDT');
  /** Everything so far becomes final, the monitor sees it, and the books are compared. */
  async function settleAndCompare(): Promise<ReconciliationReport> {
    await world.chain.finalize();
    await look();
    return reconcile();
  }
  async function expectZero(expected: Partial<Record<Comparison, bigint>>): Promise<void> {
    const report = await settleAndCompare();
    expect(odd(report)).to.deep.equal([]);
    for (const [comparison, amount] of Object.entries(expected))
      expect(row(report, comparison as Comparison)?.expected, comparison).to.equal(amount);
  }
  const opened = async (options: Parameters<CommandsWorld['open']>[0] = {}): Promise<PaymentState> => {
    const state = await world.open(options);
    await world.work();
    return world.state(state.id);
  };
  async function settle(state: PaymentState, kind: 'release' | 'refund'): Promise<void> {
    const { digest } = await prepare(kind, state);
    await broadcast(await prepare(kind, state, { signatures: signed(digest, [0, 1]) }));
  }
  /** Moves tokens out of an address that has no key of ours. */
  async function takeFrom(from: string, to: string, amount: bigint): Promise<void> {
    await world.chain.rpc('anvil_setBalance', [from, '0xde0b6b3a7640000']);
    await world.chain.rpc('anvil_impersonateAccount', [from]);
    const data = erc20.encodeFunctionData('transfer', [to, amount]);
    await world.chain.rpc('eth_sendTransaction', [{ from, to: world.chain.deployment.token, data, gas: '0x493e0' }]);
    await world.chain.rpc('anvil_stopImpersonatingAccount', [from]);
  }

  /** The provider brings what lies at its one-time addresses into its wallet. */
  async function sweep(): Promise<void> {
    for (let step = 0; step < 3; step += 1) {
      await world.control('tick', {});
      await world.chain.mine(1);
    }
  }

  it('says that it could not compare before a monitor ever looked, and knows nothing of matches then', async () => {
    const report = await reconcile({ cursors: { get: async () => null } });
    expect(report.networks).to.deep.equal([{ network: 'bsc', block: null, addresses: 0 }]);
    expect(row(report, 'escrow')).to.include({ outcome: 'unknown', reason: 'monitor_never_ran' });
    expect(row(report, 'trial_balance')).to.include({ outcome: 'agrees' });
  });

  it('finds nothing at any step of a clean trade, from the one-time address to the seller', async () => {
    await expectZero({ provider_backing: 0n, escrow: 0n });
    const state = await opened();
    await expectZero({ provider_backing: 0n });
    await world.chain.pay(addressOf(state), state.price);
    // Mined but not final: neither books nor chain have it yet.
    expect(odd(await reconcile())).to.deep.equal([]);
    await world.chain.mine(2);
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    // Credited above the block that is compared: still neither of them.
    expect(row(await reconcile(), 'provider_backing')).to.include({ outcome: 'agrees', expected: 0n });
    await expectZero({ provider_backing: tokens(100) });
    await fill(10);
    for (let step = 0; step < 12 && (await world.state(state.id)).forward?.stage !== 'confirmed'; step += 1) {
      await world.work();
      expect(odd(await reconcile())).to.deep.equal([]);
      await world.control('tick', {});
      await expectZero({});
      world.advance(minute);
    }
    expect((await forwardOf(state)).stage).to.equal('confirmed');
    await expectZero({ provider_backing: 0n, escrow: tokens(100) });
    const { digest } = await prepare('release', state);
    await expectZero({ escrow: tokens(100) });
    await broadcast(await prepare('release', state, { signatures: signed(digest, [0, 1]) }));
    await world.chain.mine(1);
    expect(odd(await reconcile())).to.deep.equal([]);
    await expectZero({ escrow: 0n, treasury: 0n });
    expect((await world.state(state.id)).status).to.equal('released');
  });

  it('holds the platform to what it owes sellers and buyers, and counts what lies at the escrow for nobody', async () => {
    const owed = await opened({ payoutAddress: null });
    const back = await opened({ refundTo: null });
    for (const { vault, price } of [owed, back]) await world.chain.pay(vault, price);
    await world.chain.pay(world.chain.deployment.escrow, tokens(5));
    await expectZero({ escrow: tokens(205) });
    // Payments that hold money count when nobody watches them any more.
    expect(odd(await reconcile({ watches: { page: async () => [] } }))).to.deep.equal([]);
    await settle(owed, 'release');
    await settle(back, 'refund');
    await expectZero({ treasury: tokens(99), refund_wallet: tokens(100), escrow: tokens(5) });
  });

  it('names what was taken, wherever it was taken from, and changes nothing', async () => {
    const { hotWalletAddress, treasury, refundWallet, escrow, buyerAddress } = world.chain.deployment;
    const state = await opened();
    await world.chain.pay(addressOf(state), state.price);
    const { id, vault, price } = await opened();
    await world.chain.pay(vault, price);
    await expectZero({ provider_backing: tokens(100), escrow: tokens(105) });
    const funded = await world.state(id);
    const places: readonly (readonly [from: string, comparison: Comparison, reason: string])[] = [
      [addressOf(state), 'provider_backing', 'provider_money_missing'],
      [treasury, 'treasury', 'treasury_short'],
      [refundWallet, 'refund_wallet', 'refund_wallet_short'],
      [hotWalletAddress, 'provider_backing', 'provider_money_missing'],
      [escrow, 'escrow', 'strays_rescued'],
      [funded.vault, 'escrow', 'escrow_short'],
    ];
    for (const [from, comparison, reason] of places) {
      const before = row(await reconcile(), comparison)?.difference ?? 0n;
      const float = before > 0n ? before : 0n;
      await takeFrom(from, buyerAddress, float + 1n);
      const report = await settleAndCompare();
      expect(row(report, comparison), from).to.include({ outcome: 'differs', reason, difference: before - float - 1n });
      const alarm = logger.lines.find(
        ({ fields }) =>
          'night' in fields &&
          fields.night === report.night &&
          'comparison' in fields &&
          fields.comparison === comparison,
      );
      expect(alarm?.fields, from).to.include({ category: 'alarm', reason });
      // Money that comes back to vault or escrow is new money in the books.
      if (comparison !== 'escrow') await world.chain.pay(from, float + 1n);
      if (from === addressOf(state)) await sweep();
    }
    expect((await world.state(funded.id)).balances).to.deep.equal(funded.balances);
  });

  it('asks for balances before the long sum of the books, since nodes forget old states meanwhile', async () => {
    const { ledger } = world.store;
    const { balances } = world.chain.chain;
    let forgotten = false;
    const report = await reconcile({
      watches: { page: async () => [] },
      ledger: {
        async *booksAt(network, block) {
          yield* ledger.booksAt(network, block);
          forgotten = block !== Number.MAX_SAFE_INTEGER;
        },
      },
      balances: {
        poolBook: balances.poolBook,
        async tokenBalances(...asked) {
          if (forgotten) throw new AppError('chain_unavailable', 'missing trie node');
          return balances.tokenBalances(...asked);
        },
      },
    });
    expect(forgotten).to.equal(true);
    const found = row(report, 'escrow');
    expect(found?.outcome).to.be.oneOf(['agrees', 'differs']);
    expect(found?.found).to.equal(row(await reconcile(), 'escrow')?.found);
  });

  it('finds money that came to a vault and into no book, because its block counts as booked', async () => {
    const { vault } = await opened();
    const before = row(await settleAndCompare(), 'escrow')?.difference ?? 0n;
    await world.chain.pay(vault, tokens(1_000));
    const blockNumber = Number(await world.chain.rpc('eth_blockNumber'));
    const missed = await reconcile({ cursors: { get: async (chainId) => ({ chainId, blockNumber, recent: [] }) } });
    expect(row(missed, 'escrow')).to.include({
      ...{ outcome: 'differs', reason: 'money_not_booked', difference: before + tokens(1_000) },
    });
  });

  it('tells nodes and a provider that are away from money that is missing', async () => {
    const away = async () => Promise.reject(new AppError('chain_unavailable', 'No node answers.'));
    const balances = { tokenBalances: away, poolBook: away };
    expect(row(await reconcile({ balances }), 'escrow')).to.include({ outcome: 'unknown', reason: 'chain_away' });
    const wallets = { walletBalance: async () => Promise.reject(new AppError('provider_failed', 'Away.')) };
    expect(row(await reconcile({ wallets }), 'provider_wallet')).to.include({
      outcome: 'unknown',
      reason: 'provider_away',
    });
    const zero = { walletBalance: async () => ({ amount: '0', synced: true }) };
    expect(row(await reconcile({ wallets: zero }), 'provider_wallet')).to.include({
      outcome: 'differs',
      reason: 'provider_reads_zero',
    });
    const many = await reconcile({ mostAddresses: 1 });
    expect(row(many, 'escrow')).to.include({ outcome: 'unknown', reason: 'too_many_addresses' });
  });

  it('shows money of a token that nobody watches any more, and books with a name that they do not know', async () => {
    const ledger = {
      async *booksAt() {
        yield { account: 'held:contract:p', asset: 'bsc:0xabc', amount: 5n };
        yield { account: 'buyer', asset: 'bsc:USDT', amount: -7n };
        yield { account: 'pocket', asset: 'bsc:USDT', amount: 7n };
      },
    };
    const report = await reconcile({ ledger });
    const unlisted = { outcome: 'unknown', reason: 'asset_not_listed', expected: 5n, decimals: null };
    expect(report.rows.find(({ asset }) => asset === 'bsc:0xabc')).to.include(unlisted);
    expect(row(report, 'trial_balance')).to.include({ reason: 'books_unbalanced', difference: -7n });
  });

  it('leaves the night to another process when its own stops, and keeps no half of a report', async () => {
    const name = night();
    const stopping = createReconcile({ ...deps(), isStopping: () => true })(name);
    await refused(stopping, 'busy');
    expect(await world.store.reconciliation.has(name)).to.equal(false);
  });

  it('runs once a night whichever processes take the row, and keeps what it found to the unit', async () => {
    const { reconciliation } = world.store;
    let runs = 0;
    const work = createReconcile(deps());
    const nightly = () =>
      createNightly({
        ...{ clock: world.ports.clock, reports: reconciliation },
        reconcile: (name) => {
          runs += 1;
          return work(name);
        },
      });
    const next = await nightly()('nightly');
    expect(next).to.equal(nextNightMs(world.ports.clock.now()));
    expect(await nightly()('nightly')).to.equal(next);
    expect(runs).to.equal(1);
    world.advance(day);
    await nightly()('nightly');
    expect(runs).to.equal(2);
    const [newest, before] = (await reconciliation.newest(100)).filter(({ night: name }) =>
      /^\d{4}-\d\d-\d\d$/.test(name),
    );
    expect(Date.parse(newest?.night ?? '') - Date.parse(before?.night ?? '')).to.equal(day);
    const { networks, rows, finishedAtMs, startedAtMs } = await createReconcile({
      ...deps(),
      reports: { keep: async () => undefined },
    })('x');
    expect(newest).to.deep.include({ networks, rows });
    expect(finishedAtMs).to.be.at.least(startedAtMs);
    await reconciliation.keep({ night: newest?.night ?? '', networks: [], rows: [], startedAtMs, finishedAtMs });
    expect((await reconciliation.newest(100)).find(({ night: name }) => name === newest?.night)?.rows).to.have.length(
      rows.length,
    );
  });
});
