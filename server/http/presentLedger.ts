import { accountKinds, assetWords, kindOf } from '../domain/accounts.ts';
import { formatAmount } from '../domain/money.ts';
import type { Balance } from '../domain/state.ts';
import type { KindSum, StatementLine } from '../ports/books.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { ReconciliationReport, ReportedRow } from '../ports/reconciliation.ts';
import { iso } from './presentParts.ts';

type Networks = Pick<EscrowGateway, 'network'>;

/** Spells base units of an asset of the books; a token that is not listed (any more) has no known decimals. */
export function createMoneySpelling(gateway: Networks) {
  const decimalsOf = (asset: string) => {
    const { network, token } = assetWords(asset);
    return gateway.network(network)?.tokens.find((entry) => entry.token === token)?.decimals ?? null;
  };
  const decimal = (asset: string, amount: bigint) => {
    const decimals = decimalsOf(asset);
    return decimals === null ? null : formatAmount(amount, decimals);
  };
  return {
    decimal,
    money: (asset: string, amount: bigint) => ({
      ...assetWords(asset),
      amount: decimal(asset, amount),
      baseUnits: String(amount),
    }),
  };
}
type Spelling = ReturnType<typeof createMoneySpelling>;

/** Balances on the wire. */
export function presentBalances(balances: readonly Balance[], { money }: Spelling) {
  return balances.map(({ account, asset, amount }) => ({ account, ...money(asset, amount) }));
}

/** A statement on the wire. */
export function presentStatement(lines: readonly StatementLine[], { money, decimal }: Spelling) {
  return lines.map(({ seq, kind, atMs, actor, legs }) => ({
    ...{ seq, kind, at: iso(atMs), actor },
    legs: legs.map(({ account, asset, amount, balance }) => ({
      account,
      ...money(asset, amount),
      balance: decimal(asset, balance),
      balanceBaseUnits: String(balance),
    })),
  }));
}

/** The trial balance, asset by asset. */
export function presentTrialBalance(sums: readonly KindSum[], asOfMs: number, { decimal }: Spelling) {
  const assets = [...new Set(sums.map((sum) => sum.asset))].map((asset) => {
    const own = sums.filter((sum) => sum.asset === asset);
    const total = own.reduce((sum, { amount }) => sum + amount, 0n);
    return {
      ...assetWords(asset),
      balanced: total === 0n,
      total: decimal(asset, total),
      totalBaseUnits: String(total),
      kinds: own.map(({ kind, amount }) => ({
        kind,
        place: placeOf(kind),
        amount: decimal(asset, amount),
        baseUnits: String(amount),
      })),
    };
  });
  return { asOf: iso(asOfMs), balanced: assets.every((entry) => entry.balanced), assets };
}

function placeOf(name: string) {
  const kind = kindOf(name);
  return kind === null ? ('unknown' as const) : accountKinds[kind];
}

/** A night's report; decimals stand in it, so that one of a token that is no longer listed reads as it did. */
export function presentReport({ night, startedAtMs, finishedAtMs, networks, rows }: ReconciliationReport) {
  return {
    night,
    startedAt: iso(startedAtMs),
    finishedAt: iso(finishedAtMs),
    differences: rows.filter(({ outcome }) => outcome === 'differs').length,
    networks,
    rows: rows.map(presentRow),
  };
}

function presentRow({ asset, decimals, expected, found, difference, comparison, outcome, reason }: ReportedRow) {
  const spell = (amount: bigint | null) =>
    amount === null || decimals === null ? null : formatAmount(amount, decimals);
  return {
    ...{ comparison, ...assetWords(asset), outcome, reason },
    ...{ expected: spell(expected), found: spell(found), difference: spell(difference) },
    differenceBaseUnits: difference === null ? null : String(difference),
  };
}
