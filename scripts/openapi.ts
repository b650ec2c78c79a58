import { writeFileSync } from 'node:fs';
import { renderOpenapi } from '../server/http/openapi.ts';

/** Writes docs/openapi.json; a house test fails when it is older than the schemas. */
writeFileSync(new URL('../docs/openapi.json', import.meta.url), renderOpenapi());
