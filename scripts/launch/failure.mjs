// The one screen a person sees when something cannot be had: what, why, and how to provide it.

/** EX_UNAVAILABLE of sysexits.h: a part this command needs is not there. */
export const EXIT_UNAVAILABLE = 69;

/** A step of a chain that did not give the part; the message is its reason in a few words. */
export class StepFailed extends Error {}

/** No step of a chain gave the part; carries everything the one screen says. */
export class PartMissing extends Error {
  /**
   * @param {string} part what is missing, e.g. "a MongoDB server"
   * @param {{name: string, reason: string}[]} tried
   * @param {string[]} remedies two or three ways to provide it
   */
  constructor(part, tried, remedies) {
    super(`${part} could not be found or fetched`);
    this.part = part;
    this.tried = tried;
    this.remedies = remedies;
  }
}

/**
 * The text of that screen.
 * @param {PartMissing} failure
 * @returns {string}
 */
export function describeFailure(failure) {
  const width = Math.max(...failure.tried.map((attempt) => attempt.name.length), 0);
  const tried = failure.tried.map((attempt) => `  ${attempt.name.padEnd(width)}  ${oneLine(attempt.reason)}`);
  const remedies = failure.remedies.map((remedy, index) => `  ${index + 1}. ${remedy}`);
  return [
    '',
    `Holdfast cannot go on: ${failure.message}.`,
    '',
    'What was tried:',
    ...tried,
    '',
    'Provide it in one of these ways and run the same command again:',
    ...remedies,
    '',
  ].join('\n');
}

/**
 * A reason cut to one line that fits a terminal.
 * @param {string} text
 */
function oneLine(text) {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > 160 ? `${flat.slice(0, 159)}…` : flat;
}
