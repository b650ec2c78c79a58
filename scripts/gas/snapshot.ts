import { readFileSync, writeFileSync } from 'node:fs';
import { GAS_KEYS, type GasTable } from './ceilings.ts';

const FILE = new URL('../../test/contracts/gas.snapshot.json', import.meta.url);

/** The table as it was committed. */
export function readSnapshot(): GasTable {
  return JSON.parse(readFileSync(FILE, 'utf8'));
}

/** Keeps a table as the one to compare with. */
export function writeSnapshot(table: GasTable): void {
  writeFileSync(FILE, `${JSON.stringify(table, null, 2)}\n`);
}

/** Every row that is not to the unit what the snapshot says, in words. */
export function differences(table: GasTable, snapshot: GasTable): string[] {
  return GAS_KEYS.filter((key) => table[key] !== snapshot[key]).map(
    (key) => `${key}: ${snapshot[key]} in the snapshot, ${table[key]} now`,
  );
}
