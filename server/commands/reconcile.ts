import { type AccountKind, accountKinds, kindOf, paymentOf } from '../domain/accounts.ts';
import { assetName } from '../domain/ledger.ts';
import {
  type ChainBalances,
  compareAsset,
  type KindSums,
  type ProviderWord,
  type Reason,
  sumAt,
} from '../domain/reconciliation.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { LedgerStore } from '../ports/books.ts';
import type { ChainReader, EscrowGateway, Network } from '../ports/outside.ts';
import type {
  BalanceReader,
  ProviderWallets,
  ReconciliationReport,
  ReconciliationReports,
  ReportedNetwork,
  ReportedRow,
  WatchedAddresses,
} from '../ports/reconciliation.ts';
import type { Clock, CursorStore, Logger, WatchStore } from '../ports.ts';
import { type PinnedMoney, readPinnedMoney } from './rules/pinnedMoney.ts';

export interface ReconcileDeps {
  readonly ledger: Pick<LedgerStore, 'booksAt'>;
  readonly reports: Pick<ReconciliationReports, 'keep'>;
  readonly watches: Pick<WatchStore, 'page'>;
  readonly watched: WatchedAddresses;
  readonly cursors: Pick<CursorStore, 'get'>;
  readonly gateway: Pick<EscrowGateway, 'networks' | 'networkNow'>;
  readonly chain: Pick<ChainReader, 'tokenBalance'>;
  readonly balances: BalanceReader;
  readonly wallets: ProviderWallets;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the process is about to stop: then the night is left to another. */
  readonly isStopping?: () => boolean;
  /** 200,000 by default. */
  readonly mostAddresses?: number;
}

const perPage = 500;
/** Some minutes of questions to a node; beyond it the sums would be those of a part. */
const usualMostAddresses = 200_000;
/** Without a monitor nobody knows up to which block the books are complete: then all of them count. */
const everyBlock = Number.MAX_SAFE_INTEGER;

interface Books {
  readonly byAsset: Map<string, Map<AccountKind, bigint>>;
  /** Payments whose accounts with the provider or the contract hold anything. */
  readonly holding: Set<string>;
}

/** Creates the comparison of books, provider and chain; it reports and alarms, and repairs nothing. */
export function createReconcile(deps: ReconcileDeps) {
  return async function reconcile(night: string): Promise<ReconciliationReport> {
    const startedAtMs = deps.clock.now();
    const networks: ReportedNetwork[] = [];
    const rows: ReportedRow[] = [];
    for (const known of deps.gateway.networks()) {
      // The treasury has a seat that may have been given to another since the start.
      const now = await orReason(deps.gateway.networkNow(known.name));
      const done = await reconcileNetwork(deps, typeof now === 'string' ? known : now);
      networks.push(done.network);
      rows.push(...done.rows);
    }
    const report = { night, startedAtMs, finishedAtMs: deps.clock.now(), networks, rows };
    sayWhatDiffers(deps.logger, report);
    await deps.reports.keep(report);
    return report;
  };
}

async function reconcileNetwork(deps: ReconcileDeps, network: Network) {
  // Nodes forget the state of old blocks within minutes, and summing a long log takes longer. So it is summed once to know who holds
  // anything, then the block is chosen and the balances are asked for, then it is summed as of that block.
  const { holding } = await readBooks(deps.ledger, network, everyBlock);
  const block = (await deps.cursors.get(network.chainId))?.blockNumber ?? null;
  const money = block === null ? 'monitor_never_ran' : await orReason(readLive(deps, network, block, holding));
  const books = await readBooks(deps.ledger, network, block ?? everyBlock);
  // Only who began to hold something since, and is watched no more: hardly ever anybody.
  const late = new Set([...books.holding].filter((paymentId) => !holding.has(paymentId)));
  const chain = typeof money === 'string' ? money : await orReason(addHolding(deps, network, money, late));
  const listed = network.tokens.map((token) => assetName(token));
  const rows: ReportedRow[] = [];
  for (const token of network.tokens) {
    goOn(deps);
    const asset = assetName(token);
    const word = await orReason(askProvider(deps, network, token));
    const facts = { asset, decimals: token.decimals, sums: books.byAsset.get(asset) ?? new Map(), word };
    const balances: ChainBalances | Reason = typeof chain === 'string' ? chain : (chain.get(asset) ?? 'chain_away');
    rows.push(...compareAsset({ ...facts, chain: balances }).map((row) => ({ ...row, decimals: token.decimals })));
  }
  rows.push(...unlistedRows(books, listed));
  const addresses = typeof money === 'string' ? 0 : money.count();
  return { network: { network: network.name, block: typeof chain === 'string' ? null : block, addresses }, rows };
}

/** What stands in the way of an answer, in the words of a report; surprises are thrown. */
const reasons: Partial<Record<ErrorCode, Reason>> = {
  chain_unavailable: 'chain_away',
  provider_failed: 'provider_away',
};

async function orReason<T>(answer: Promise<T>): Promise<T | Reason> {
  try {
    return await answer;
  } catch (error) {
    const reason = error instanceof AppError ? reasons[error.code] : undefined;
    if (reason === undefined) throw error;
    return reason;
  }
}

/** A night may take minutes, an orderly stop must not. */
function goOn({ isStopping }: ReconcileDeps): void {
  if (isStopping?.()) throw new AppError('busy', 'This process stops; another one reconciles.');
}

async function readLive(
  deps: ReconcileDeps,
  network: Network,
  block: number,
  holding: ReadonlySet<string>,
): Promise<PinnedMoney | Reason> {
  const money = await readPinnedMoney(deps.balances, network, block);
  // Payments are watched for a time; those that still hold money count for ever.
  await addHolding(deps, network, money, holding);
  for (let after = ''; ; ) {
    goOn(deps);
    const page = await deps.watches.page(network.chainId, deps.clock.now(), after, perPage);
    await money.add(page.flatMap((watch) => watch.addresses));
    if (money.count() > (deps.mostAddresses ?? usualMostAddresses)) return 'too_many_addresses';
    const last = page.at(-1);
    if (last === undefined || page.length < perPage) return money;
    after = last.paymentId;
  }
}

async function addHolding(
  deps: ReconcileDeps,
  network: Network,
  money: PinnedMoney,
  holding: ReadonlySet<string>,
): Promise<ReturnType<PinnedMoney['balances']>> {
  const ids = [...holding];
  for (let start = 0; start < ids.length; start += perPage) {
    goOn(deps);
    await money.add(await deps.watched.ofPayments(network.chainId, ids.slice(start, start + perPage)));
  }
  return money.balances();
}

async function readBooks(ledger: ReconcileDeps['ledger'], network: Network, block: number): Promise<Books> {
  const books: Books = { byAsset: new Map(), holding: new Set() };
  for await (const { account, asset, amount } of ledger.booksAt(network.name, block)) {
    const kind = kindOf(account);
    const sums = books.byAsset.get(asset) ?? new Map<AccountKind, bigint>();
    books.byAsset.set(asset, sums);
    // An account that the books do not have stays out, so that the trial balance shows it.
    if (kind === null) continue;
    sums.set(kind, (sums.get(kind) ?? 0n) + amount);
    const place = accountKinds[kind];
    const payment = paymentOf(account);
    if (payment !== null && (place === 'provider' || place === 'contract')) books.holding.add(payment);
  }
  return books;
}

async function askProvider(
  { chain, wallets }: ReconcileDeps,
  { name, shkeeperHotWallet }: Network,
  { tokenAddress, shkeeperName }: Network['tokens'][number],
): Promise<ProviderWord> {
  const read = () => chain.tokenBalance(name, tokenAddress, shkeeperHotWallet);
  const before = await read();
  const { amount, synced } = await wallets.walletBalance(shkeeperName);
  return { amount, synced, onChain: [before, await read()] };
}

/** Nobody watches a token that is not in NETWORKS_FILE (any more); money of it in the books is for a person. */
function unlistedRows({ byAsset }: Books, listed: readonly string[]): ReportedRow[] {
  return [...byAsset].flatMap(([asset, sums]: [string, KindSums]) => {
    const expected = sumAt(sums, 'contract') + sumAt(sums, 'provider');
    if (listed.includes(asset) || expected === 0n) return [];
    const told = { outcome: 'unknown', reason: 'asset_not_listed' } as const;
    return [{ comparison: 'escrow', asset, ...told, expected, found: null, difference: null, decimals: null } as const];
  });
}

function sayWhatDiffers(logger: Logger, { night, rows, networks }: ReconciliationReport): void {
  for (const row of rows) {
    const fields = { category: 'alarm', night, ...row };
    if (row.outcome === 'differs') logger.error(fields, 'the books differ from what is there');
    if (row.outcome === 'unknown') logger.warn(fields, 'the books could not be compared');
  }
  const differing = rows.filter((row) => row.outcome === 'differs').length;
  logger.info({ night, networks, rows: rows.length, differing }, 'the books were reconciled');
}
