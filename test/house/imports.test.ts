import { expect } from 'chai';
import { filesBelow, type Import, importsOf, textOf } from './sources.ts';

const files = filesBelow('server', '.ts');
const imports = files.flatMap(importsOf);

/** The part of the house a path of the server belongs to: a folder, or the name of a root file. */
function partOf(path: string): string {
  const [, first = '', second] = path.split('/');
  return second === undefined ? first.replace(/\.ts$/, '') : first;
}

/** Who may import whom; deps, app and index may import everything and are imported by nothing, boundedMap and timers import nothing. */
const mayImport: Record<string, readonly string[]> = {
  domain: ['domain'],
  ports: ['domain', 'errors', 'ports'],
  errors: ['errors'],
  models: ['domain', 'ports'],
  store: ['domain', 'ports', 'errors', 'models', 'store', 'boundedMap', 'timers'],
  providers: ['domain', 'ports', 'errors', 'providers', 'boundedMap', 'timers'],
  commands: ['domain', 'ports', 'errors', 'commands', 'boundedMap', 'timers'],
  events: ['domain', 'ports', 'errors', 'events'],
  realtime: ['domain', 'ports', 'errors', 'realtime'],
  jobs: ['domain', 'ports', 'errors', 'commands', 'jobs'],
  monitor: ['domain', 'ports', 'errors', 'commands', 'monitor', 'boundedMap'],
  http: ['domain', 'ports', 'errors', 'commands', 'http', 'timers'],
  config: ['config'],
  tokens: ['errors', 'ports', 'tokens'],
  logger: ['ports'],
  metrics: ['domain', 'ports'],
};
const roots = ['deps', 'app', 'index'];

/** Files of `providers` that doors may use: they only translate and check signatures. */
const openProviders = ['server/providers/shkeeper/translate.ts', 'server/providers/shkeeper/signature.ts'];

function allowed({ from, target, typeOnly }: Import): boolean {
  const part = partOf(from);
  const other = partOf(target);
  if (roots.includes(part)) return true;
  if (roots.includes(other)) return false;
  if (mayImport[part]?.includes(other)) {
    return !(part === 'models' && !typeOnly && other === 'ports');
  }
  if (['jobs', 'monitor', 'http'].includes(part) && openProviders.includes(target)) return true;
  return part === 'http' && typeOnly && ['tokens', 'config'].includes(other);
}

const packageHomes: Record<string, RegExp> = {
  mongoose: /^server\/(models|store)\//,
  mongodb: /^server\/store\//,
  ethers: /^server\/providers\/(chain|shkeeper\/simulator)\//,
  bullmq: /^server\/jobs\//,
  'socket.io': /^server\/realtime\//,
  express: /^server\/(http\/|app\.ts$)/,
  'prom-client': /^server\/metrics\.ts$/,
};

describe('house: imports', () => {
  it('lets every arrow point toward the domain, as the matrix above says', () => {
    const wrong = imports.filter((entry) => entry.target.startsWith('server/') && !allowed(entry));
    expect(wrong.map(({ from, target }) => `${from} -> ${target}`)).to.deep.equal([]);
  });

  it('keeps every package behind its border', () => {
    const wrong = imports.filter(({ from, target }) => packageHomes[target] && !packageHomes[target].test(from));
    expect(wrong.map(({ from, target }) => `${from} -> ${target}`)).to.deep.equal([]);
  });

  it('imports from commands nothing but the coordinator and their shared rules, so that no command chains another', () => {
    const shared = (target: string) =>
      target.startsWith('server/commands/rules/') || target === 'server/commands/paymentCoordinator.ts';
    const wrong = imports.filter(
      ({ from, target }) => partOf(from) === 'commands' && target.startsWith('server/commands/') && !shared(target),
    );
    expect(wrong.map(({ from, target }) => `${from} -> ${target}`)).to.deep.equal([]);
  });

  it('reads the environment only in config', () => {
    const wrong = files.filter((path) => path !== 'server/config.ts' && /process\.env\b/.test(textOf(path)));
    expect(wrong).to.deep.equal([]);
  });

  it('has no cycles between files', () => {
    const edges = new Map(
      files.map((path) => [
        path,
        importsOf(path)
          .filter((entry) => !entry.typeOnly)
          .map((entry) => entry.target),
      ]),
    );
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (state.get(path) === 'done' || !edges.has(path)) return;
      if (state.get(path) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
        return;
      }
      state.set(path, 'open');
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      state.set(path, 'done');
    };
    for (const path of files) visit(path, []);
    expect(cycles).to.deep.equal([]);
  });
});
