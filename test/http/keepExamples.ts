import { readFileSync, writeFileSync } from 'node:fs';
import { endpoints } from '../../server/http/endpoints/catalog.ts';
import { exampleOf } from '../../server/http/examples/catalog.ts';
import { abridged, callExample, contentOf } from './exampleCalls.ts';
import { exampleWorld } from './exampleWorld.ts';

const file = new URL('../../server/http/examples/examples.json', import.meta.url);

/** Writes what the app answers now into the examples; run it when an answer was changed on purpose, and look at the difference. */
async function keepExamples(): Promise<void> {
  const world = exampleWorld();
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { answer: unknown }>;
  for (const [operation, { status }] of endpoints) {
    const example = exampleOf(operation);
    const row = kept[operation];
    if (example === undefined || row === undefined || abridged.includes(operation)) continue;
    const answer = await callExample(world, operation, example);
    if (answer.status !== status) throw new Error(`${operation} answered ${answer.status}: ${answer.text}`);
    row.answer = contentOf(answer);
  }
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
}

await keepExamples();
