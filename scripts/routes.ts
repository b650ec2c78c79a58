import { parseArgs } from 'node:util';
import { listRoutes } from '../server/http/mounted.ts';
import { ruleOf } from '../server/http/policies.ts';
import { idleApp } from './routes/idleApp.ts';
import { asTable, missingRules } from './routes/table.ts';

/** Exit code: something is mounted that nobody decided about, or the other way round. */
const exitUndecided = 1;

const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
const development = process.env.NODE_ENV !== 'production';
const { rows, unlisted, missing } = listRoutes(idleApp({ development }));
const lost = missingRules(missing, development, ruleOf);
console.log(values.json ? JSON.stringify(rows, null, 2) : asTable(rows));
if (unlisted.length > 0) console.error(`Mounted, but in no list: ${unlisted.join(', ')}`);
if (lost.length > 0) console.error(`In the list, but not mounted: ${lost.join(', ')}`);
process.exitCode = unlisted.length + lost.length > 0 ? exitUndecided : 0;
