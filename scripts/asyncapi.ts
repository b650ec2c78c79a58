import { writeFileSync } from 'node:fs';
import { renderAsyncapi } from '../server/realtime/asyncapi.ts';

/** Writes docs/asyncapi.json; a house test fails when it is older than the schemas. */
writeFileSync(new URL('../docs/asyncapi.json', import.meta.url), renderAsyncapi());
