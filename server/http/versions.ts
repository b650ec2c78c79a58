import { changedSince } from '../commands/rules/expectedSeq.ts';
import { Answer } from './answer.ts';

/** The entity tag of a version: the sequence number of its newest transition. */
const tagOf = (seq: number) => `"${seq}"`;

const tagsIn = (header: string) => header.split(',').map((tag) => tag.trim());

/**
 * Refuses a change of something that is not as its caller knew it (`If-Match`), and answers what the change itself has to hold: it may come only
 * after this step. Without the header, or with `*`, every version will do.
 */
export function demandVersion(
  header: string | undefined,
  { seq }: { readonly seq: number },
): { readonly ifSeq?: readonly number[] } {
  if (header === undefined || header.trim() === '*') return {};
  if (!tagsIn(header).includes(tagOf(seq))) throw changedSince({ seq });
  return { ifSeq: [seq] };
}

/** Answers a document with its version as entity tag, and without it to whoever has that version already (`If-None-Match`). */
export function versioned(document: { readonly seq: number }, known?: string): Answer {
  const tag = tagOf(document.seq);
  const tags = known === undefined ? [] : tagsIn(known).map((text) => text.replace(/^W\//, ''));
  const isKnown = tags.includes(tag) || tags.includes('*');
  return new Answer((response) => {
    response.setHeader('ETag', tag);
    if (isKnown) response.status(304).end();
    else response.status(200).type('application/json').send(JSON.stringify(document));
  });
}
