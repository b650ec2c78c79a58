import { Edits } from '../contractCoverage/edits.ts';
import { childrenOf, endOf, parseSolidity } from '../contractCoverage/syntaxTree.ts';
import { type Build, type Complaint, compileEscrow } from './compiler.ts';
import type { Form, Mutant } from './mutant.ts';
import type { Sources } from './sources.ts';
import { YUL_SWITCHES } from './yulOperators.ts';

/** Stands in the code wherever it is asked whose turn it is; nothing else has this value. */
const TURN = 'f1a7c0de';
const SWITCH_FILE = 'MutantSwitch.sol';
const SWITCH = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

uint256 constant __MUTANT = 0x${TURN};
`;

/** One build of the escrow in which every mutant waits for its turn. */
export interface Schema {
  readonly bytecode: string;
  /** Ids of the mutants in it; the place in this list, from one, is the number of the turn. */
  readonly ids: readonly string[];
  /** Ids of those that only compile alone, if at all. */
  readonly alone: readonly string[];
}

/**
 * Builds the escrow once with all mutants, for a build of each would take hours. What the compiler refuses in this form is
 * taken out and left to be built alone.
 */
export function buildSchema(sources: Sources, mutants: readonly Mutant[]): Schema {
  let included = mutants.filter((mutant) => mutant.form !== 'alone');
  for (;;) {
    const texts = withMutants(sources, included);
    const build: Build = compileEscrow(texts, 'none');
    const ids = included.map((mutant) => mutant.id);
    if (build.bytecode) {
      return { bytecode: build.bytecode, ids, alone: mutants.map(({ id }) => id).filter((id) => !ids.includes(id)) };
    }
    const refused = new Set(build.complaints.map((complaint) => turnAt(texts, complaint)));
    included = included.filter((_mutant, index) => !refused.has(index + 1));
  }
}

/** The init code in which it is one mutant's turn; nobody's if zero. */
export function takeTurn(bytecode: string, turn: number): string {
  return bytecode.replaceAll(TURN, turn.toString(16).padStart(TURN.length, '0'));
}

const TURNS = /__MUTANT == (\d+)|__[a-z]+\((\d+), |eq\(__MUTANT, (\d+)\)/g;
const DROPPED = /if \(__MUTANT == (\d+)\) \{|if iszero\(eq\(__MUTANT, (\d+)\)/g;

/**
 * Which mutant the compiler complains about: the one that starts inside its range, or the last one before it; if a
 * variable lacks its value, the next statement that may be left out.
 */
function turnAt(texts: Sources, { file, start, end, message }: Complaint): number {
  const lacksValue = message.includes('prior assignment');
  const found = [...(texts[file] ?? '').matchAll(lacksValue ? DROPPED : TURNS)];
  const after = found.find(({ index }) => index >= start && (lacksValue || index < end));
  const match = after ?? found.findLast(({ index }) => index < end);
  const turn = Number(match?.slice(1).find(Boolean) ?? 0);
  if (turn === 0) throw new Error(`the escrow with all mutants does not compile: ${message}`);
  return turn;
}

/** The sources with all mutants; a number per mutant, from one. */
export function withMutants(sources: Sources, mutants: readonly Mutant[]): Sources {
  const result: Record<string, string> = { [SWITCH_FILE]: SWITCH };
  for (const [file, text] of Object.entries(sources)) {
    const edits = new Edits();
    for (const [index, mutant] of mutants.entries()) if (mutant.file === file) place(edits, mutant, index + 1, text);
    const tree = parseSolidity(file, text);
    const pragma = childrenOf(tree, 'nodes').find((node) => node.nodeType === 'PragmaDirective');
    if (pragma && mutants.some((mutant) => mutant.file === file)) {
      edits.insert(endOf(pragma), ` import {__MUTANT} from "./${SWITCH_FILE}";`);
      for (const start of assemblyStarts(text)) edits.insert(start, ` ${YUL_SWITCHES.join(' ')} `);
    }
    result[file] = edits.apply(text);
  }
  return result;
}

function assemblyStarts(text: string): number[] {
  return [...text.matchAll(/\bassembly\b[^{;]*\{/g)].map((match) => match.index + match[0].length);
}

function place(edits: Edits, { form, start, end, text }: Mutant, turn: number, source: string): void {
  if (form === 'yulCall') {
    const open = source.indexOf('(', start);
    edits.wrap(start, open, '__', '');
    edits.insert(open + 1, `${turn}, `);
    return;
  }
  const [before, after] = around(form, turn, text);
  edits.wrap(start, end, before, after);
}

/** What stands before and after the original, so that the mutant acts in its turn and the original otherwise. */
function around(form: Exclude<Form, 'yulCall'>, turn: number, text: string): [string, string] {
  const choice = `__MUTANT == ${turn} ? ${text} : `;
  switch (form) {
    case 'value':
      return [`(${choice}`, ')'];
    case 'number':
      return [`uint256(${choice}`, ')'];
    case 'account':
      return [`uint160(${choice}`, ')'];
    case 'statement':
      return [`if (__MUTANT == ${turn}) { ${text} } else { `, ' }'];
    case 'yulNumber':
      return ['add(', `, eq(__MUTANT, ${turn}))`];
    case 'yulStatement':
      return [`if iszero(eq(__MUTANT, ${turn})) { `, ' }'];
    case 'yulTrue':
      return [`__on(${turn}, `, ')'];
    case 'yulFalse':
      return [`__off(${turn}, `, ')'];
    case 'yulNegated':
      return [`__not(${turn}, `, ')'];
    case 'alone':
      throw new Error('it is built alone');
  }
}
