import { registerHooks } from 'node:module';
import { newEffect, newKind, note } from './nextVersion.ts';

/**
 * `node --import` of this file makes the server that follows its next version: a client's word is a step of another kind, in another format,
 * with an effect of another type, under other rules of the collection. The sources stay as they are; they are changed while they are loaded.
 */
const changes: Readonly<Record<string, readonly (readonly [find: string, replace: string])[]>> = {
  'commands/confirmTransfer.ts': [["kind: 'hintGiven'", `kind: '${newKind}'`]],
  'domain/payment.ts': [
    [
      '  hintGiven: row(',
      `  ${newKind}: row(pending, processing, completed, failed, cancelled, none, none),\n  hintGiven: row(`,
    ],
    [
      '  ...intake,\n',
      `  ...intake,
  ${newKind}: (draft, signal) => {
    const verdict = intake.hintGiven(draft, signal);
    if ('effects' in verdict) verdict.effects.push({ type: '${newEffect}' });
    return verdict;
  },
`,
    ],
  ],
  'domain/transition.ts': [['  alarm: true,\n', `  alarm: true,\n  ${newEffect}: true,\n`]],
  'events/subscribers.ts': [
    [
      '    async alarm(',
      `    ${newEffect}: ({ key }, { paymentId, seq, atMs }) =>
      deps.recordAlarm({ key, category: 'alarm', paymentId, seq, reason: '${note}', atMs }),
    async alarm(`,
    ],
  ],
  'store/vocabulary.ts': [['const newestFormat = 1;', 'const newestFormat = 2;']],
  'store/transitionDocument.ts': [
    ['format: firstFormat', `format: transition.kind === '${newKind}' ? 2 : firstFormat`],
  ],
  'store/projection.ts': [['format: firstFormat', `format: transition.kind === '${newKind}' ? 2 : firstFormat`]],
  'store/transitionSchema.ts': [['const rulesVersion = 1;', 'const rulesVersion = 2;']],
};

const server = new URL('../../../server/', import.meta.url).href;

function next(source: string, file: string): string {
  return (changes[file] ?? []).reduce((text, [find, replace]) => {
    if (text.split(find).length !== 2) throw new Error(`${file} has not exactly one: ${find}`);
    return text.replace(find, () => replace);
  }, source);
}

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.startsWith(server) || !loaded.source) return loaded;
    const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
    return { ...loaded, source: next(source, url.slice(server.length)) };
  },
});
