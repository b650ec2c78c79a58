import { parseArgs } from 'node:util';
import type { createAdminUsers } from '../../server/commands/adminUsers.ts';
import type { TrailEvent } from '../../server/domain/auditTrail.ts';
import { AppError } from '../../server/errors.ts';
import type { AdminRole } from '../../server/ports/identity.ts';

/** How the command is called. */
export const usage = `npm run admin -- create --name <name> [--role admin|auditor]
              list [--json]
              disable | enable | reset-factor | set-password --name <name>
The password is asked for, or taken from HOLDFAST_ADMIN_PASSWORD; see docs/operations/admins.md`;

/** What was asked for makes no sense; the usage says what does. */
export class UsageError extends Error {}

interface Console {
  readonly admins: ReturnType<typeof createAdminUsers>;
  readonly askPassword: () => Promise<string>;
  readonly say: (line: string) => void;
  /** Keeps what was done here, and what was refused, in the audit trail. */
  readonly trail: (event: TrailEvent) => Promise<void>;
  /** Who sits at the console, as the machine knows him. */
  readonly operator: string;
  readonly now: () => number;
}

const options = { name: { type: 'string' }, role: { type: 'string' }, json: { type: 'boolean' } } as const;

function read(args: readonly string[]) {
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length !== 1) throw new UsageError('Name one thing to do.');
    return { task: positionals[0] ?? '', ...values };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function roleOf(role = 'admin'): AdminRole {
  if (role !== 'admin' && role !== 'auditor') throw new UsageError('--role is admin or auditor.');
  return role;
}

const factorLines = (address: string) => [
  'Read this into an authenticator app now; it is not shown again, and counts once its first code is confirmed:',
  `  ${address}`,
];

async function list({ admins, say }: Console, asJson: boolean): Promise<void> {
  const rows = (await admins.list()).map(({ id, name, role, isDisabled, seed, backupCodes, createdAtMs }) => ({
    ...{ name, role, id, isDisabled, hasFactor: seed !== null, backupCodesLeft: backupCodes.length },
    createdAt: new Date(createdAtMs).toISOString(),
  }));
  if (asJson) return say(JSON.stringify(rows));
  if (rows.length === 0) say('There are no admin users yet.');
  for (const { name, role, isDisabled, hasFactor, backupCodesLeft, createdAt } of rows) {
    const factor = hasFactor ? `second factor, ${backupCodesLeft} backup codes` : 'no second factor yet';
    say([name, role, isDisabled ? 'disabled' : 'open', factor, createdAt].join('  '));
  }
}

/** A change of an admin user is an admin's act, whoever makes it; the name it is about stands where a route has its path. */
const eventOf = ({ operator, now }: Console, task: string, name: string, outcome: string): TrailEvent => ({
  ...{ atMs: now(), category: 'admin', actor: `console:${operator}`, role: '', action: `admin ${task}` },
  ...{ path: name.slice(0, 64), outcome, requestId: '', address: '' },
});

/** Does one task of the console, and records it with its outcome once its lines are said: a seed is shown once, whatever the trail does. */
export async function runAdmin(args: readonly string[], on: Console): Promise<void> {
  const { task, name, role, json = false } = read(args);
  const { admins, askPassword, say } = on;
  if (task === 'list') return list(on, json);
  const tasks: Record<string, (name: string) => Promise<readonly string[]>> = {
    create: async (name) => {
      const { id, address } = await admins.create({ name, role: roleOf(role), password: await askPassword() });
      return [`${name} is ${id}.`, ...factorLines(address)];
    },
    disable: async (name) => {
      await admins.disable(name);
      return [`${name} is disabled, and logged out everywhere.`];
    },
    enable: async (name) => {
      await admins.enable(name);
      return [`${name} may log in again.`];
    },
    'reset-factor': async (name) => {
      const { address } = await admins.resetFactor(name);
      return [`${name} has no second factor any more, and is logged out everywhere.`, ...factorLines(address)];
    },
    'set-password': async (name) => {
      await admins.setPassword(name, await askPassword());
      return [`${name} has a new password, and is logged out everywhere.`];
    },
  };
  const act = Object.hasOwn(tasks, task) ? tasks[task] : undefined;
  if (!act) throw new UsageError(`There is no task ${task}.`);
  if (!name) throw new UsageError(`Say whom: --name <name>.`);
  try {
    for (const line of await act(name)) say(line);
  } catch (error) {
    if (error instanceof AppError) await on.trail(eventOf(on, task, name, error.code));
    throw error;
  }
  await on.trail(eventOf(on, task, name, 'done'));
}
