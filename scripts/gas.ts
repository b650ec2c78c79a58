import type { Beside } from './gas/besides.ts';
import { aboveCeiling, CEILINGS, GAS_KEYS, type GasTable } from './gas/ceilings.ts';
import { measureGas } from './gas/measure.ts';
import { differences, readSnapshot, writeSnapshot } from './gas/snapshot.ts';

/** `npm run gas`: the table for people; `-- --json` one object on the last line; `-- --update` keeps it as the snapshot. */
async function main(args: readonly string[]): Promise<void> {
  const { table, besides } = await measureGas();
  if (args.includes('--update')) writeSnapshot(table);
  if (args.includes('--json')) console.log(JSON.stringify(table));
  else printTable(table, besides);
  if (aboveCeiling(table).length > 0) process.exitCode = 1;
}

function printTable(table: GasTable, besides: readonly Beside[]): void {
  console.log(line('', 'gas', 'ceiling', 'room'));
  for (const key of GAS_KEYS) {
    const { operation, most } = CEILINGS[key];
    const used = table[key];
    const room = used > most ? `${used - most} ABOVE` : String(most - used);
    console.log(line(operation, String(used), String(most), room));
  }
  console.log(`\n${line('beside it', 'gas', 'specified', '')}`);
  for (const { operation, gas, specified } of besides)
    console.log(line(operation, String(gas), String(specified ?? ''), ''));
  const changed = differences(table, readSnapshot());
  if (changed.length > 0) console.log(`\nNot as committed (npm run gas -- --update keeps it):\n${changed.join('\n')}`);
  for (const key of aboveCeiling(table)) console.log(`\n${key} is above its ceiling`);
}

function line(operation: string, used: string, most: string, room: string): string {
  return `${operation.padEnd(46)}${used.padStart(10)}${most.padStart(10)}${room.padStart(14)}`;
}

await main(process.argv.slice(2));
