import type { RouteRow } from '../../server/http/mounted.ts';
import type { Operation, ruleOf } from '../../server/http/policies.ts';

/** One line a route, in columns for a person. */
export function asTable(rows: readonly RouteRow[]): string {
  const lines = rows.map(({ method, path, auth, roles, idempotent, developmentOnly }) => [
    method,
    path,
    auth,
    roles.join(','),
    [idempotent ? 'idempotent' : '', developmentOnly ? 'development' : ''].filter(Boolean).join(' '),
  ]);
  const all = [['METHOD', 'PATH', 'AUTH', 'ROLES', ''], ...lines];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Operations that should be mounted in this mode and are not. */
export function missingRules(missing: readonly Operation[], development: boolean, rule: typeof ruleOf): Operation[] {
  return missing.filter((operation) => development || !rule(operation).development);
}
