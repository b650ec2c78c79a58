import { registerHooks } from 'node:module';

/** One change of one source of the server: `find` must stand there exactly once. */
export interface Patch {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const root = new URL('../../', import.meta.url);
const domain = new URL('server/domain/', root).href;
const patches = new Map<string, readonly Patch[]>();
const marker = 'mutant';

const markOf = (url: string | undefined) => (url === undefined ? null : new URL(url).searchParams.get(marker));

/**
 * Imports a module of the server as it would be with the patches. They are applied while it is loaded: the sources stay as they are, and the
 * real module stays what everybody else gets. Modules of the domain are loaded anew together, so that a patch of one reaches the others.
 */
export async function importPatched<Module>(file: string, name: string, changes: readonly Patch[]): Promise<Module> {
  if (patches.size === 0) registerHooks({ resolve: marked, load: patched });
  patches.set(name, changes);
  const url = new URL(file, root);
  url.searchParams.set(marker, name);
  return (await import(url.href)) as Module;
}

type Resolve = NonNullable<Parameters<typeof registerHooks>[0]['resolve']>;
type Load = NonNullable<Parameters<typeof registerHooks>[0]['load']>;

const marked: Resolve = (specifier, context, next) => {
  const found = next(specifier, context);
  const mark = markOf(context.parentURL);
  if (mark === null || !found.url.startsWith(domain)) return found;
  const url = new URL(found.url);
  url.searchParams.set(marker, mark);
  return { ...found, url: url.href };
};

const patched: Load = (url, context, next) => {
  const loaded = next(url, context);
  const mark = markOf(url);
  if (mark === null) return loaded;
  const own = (patches.get(mark) ?? []).filter(({ file }) => new URL(file, root).pathname === new URL(url).pathname);
  const source = own.reduce(apply, textOf(loaded.source));
  return { ...loaded, source };
};

function textOf(source: unknown): string {
  if (typeof source === 'string') return source;
  if (source instanceof Uint8Array) return new TextDecoder().decode(source);
  throw new Error('the source of a module cannot be read');
}

function apply(source: string, { file, find, replace }: Patch): string {
  if (source.split(find).length !== 2) throw new Error(`${file} has not exactly one: ${find}`);
  return source.replace(find, () => replace);
}
