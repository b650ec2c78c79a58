import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Json, Stage } from './stage.ts';

/** What only the next version of the server knows: a kind of step, a type of effect, and the rules that it gives the collection. */
export const newKind = 'hintChecked';
export const newEffect = 'noteHint';
export const newRules = 'transition rules 2';
/** What the next version's relay writes for each such effect into the audit log. */
export const note = 'a hint was noted by the next version';

/** Makes a process of ours the next version (nextVersionHook.ts). */
export const nextVersion = { NODE_OPTIONS: `--import=${new URL('nextVersionHook.ts', import.meta.url).href}` };

const script = fileURLToPath(new URL('../../../scripts/audit.ts', import.meta.url));
/** How long `npm run audit` may take over the few payments of a stage. */
const auditLimitMs = 60_000;

/** What `npm run audit` of one version says about a stage's books: its exit code and the violations that it names. */
export function auditBy(stage: Stage, version: Readonly<Record<string, string>>) {
  const env = { ...process.env, ...stage.environment, ...version };
  const args = [...process.execArgv, script, '--json'];
  return new Promise<{ code: unknown; violations: readonly Json[] }>((resolve, reject) => {
    execFile(process.execPath, args, { env, timeout: auditLimitMs }, (error, stdout, stderr) => {
      const line = stdout.split('\n').find((one) => one.startsWith('{'));
      if (line === undefined) return reject(new Error(`the audit said nothing: ${stderr}`, { cause: error }));
      resolve({ code: error?.code ?? 0, violations: JSON.parse(line).violations as readonly Json[] });
    });
  });
}
