import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Every file below a folder of the checkout whose name ends so, as paths relative to the checkout. */
export function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.includes('node_modules'))
    .sort();
}

/** The text of a file of the checkout. */
export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

const importLine =
  /^\s*(?:import|export)\b[^'";]*?\bfrom\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

/** One import of a file: what it names, and whether only types come in. */
export interface Import {
  readonly from: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

/** All imports of a file; relative targets are resolved to checkout paths. */
export function importsOf(path: string): Import[] {
  return [...textOf(path).matchAll(importLine)].map((match) => {
    const name = match[1] ?? match[2] ?? match[3] ?? '';
    const target = name.startsWith('.') ? relative(root, resolve(root, dirname(path), name)) : name;
    return { from: path, target, typeOnly: /^\s*(?:import|export)\s+type\b/.test(match[0]) };
  });
}
