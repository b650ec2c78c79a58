import { below, childOf, childrenOf, parseSolidity, type SyntaxNode, startOf } from '../contractCoverage/syntaxTree.ts';
import type { Mutant } from './mutant.ts';
import { accountNumbers, type Change, changesOf } from './operators.ts';
import { isDoubleZero, yulChangesOf } from './yulOperators.ts';

/** Nothing below these runs. */
const SILENT = [
  'ArrayTypeName',
  'ErrorDefinition',
  'EventDefinition',
  'ImportDirective',
  'PragmaDirective',
  'StructDefinition',
  'StructuredDocumentation',
];
const YUL_STATEMENTS = ['YulAssignment', 'YulExpressionStatement', 'YulIf', 'YulSwitch', 'YulVariableDeclaration'];

/** Makes the mutants of one source, in the order of their places. */
export class MutantGenerator {
  readonly #file: string;
  readonly #text: string;
  readonly #mutants: Mutant[] = [];
  /** Constants that assembly reads, which must stay plain numbers. */
  readonly #plain: ReadonlySet<string>;
  /** Where the statement or constant around the present node is found. */
  #reach: Mutant['reach'] = 0;
  readonly #accounts = new Set<SyntaxNode>();

  /** @param plain Names of the constants that assembly reads, in whatever source. */
  constructor(file: string, text: string, plain: ReadonlySet<string>) {
    this.#file = file;
    this.#text = text;
    this.#plain = plain;
  }

  run(): Mutant[] {
    this.#visit(parseSolidity(this.#file, this.#text));
    const seen = new Map<string, number>();
    return this.#mutants
      .toSorted((one, other) => one.start - other.start || other.end - one.end)
      .map((mutant) => {
        const count = (seen.get(mutant.id) ?? 0) + 1;
        seen.set(mutant.id, count);
        return count === 1 ? mutant : { ...mutant, id: `${mutant.id} #${count}` };
      });
  }

  #visit(node: SyntaxNode): void {
    if (SILENT.includes(node.nodeType)) return;
    if (node.nodeType === 'InlineAssembly') {
      this.#visitYul(childOf(node, 'AST'));
      return;
    }
    for (const number of accountNumbers(node)) this.#accounts.add(number);
    for (const change of changesOf(node, this.#text)) this.#add(change, node);
    // The head of a loop takes no statements; its condition and body are like others.
    const skipped = node.nodeType === 'ForStatement' ? childOf(node, 'loopExpression') : undefined;
    for (const child of below(node)) {
      if (child === skipped) continue;
      const outer = this.#reach;
      this.#enter(child, node);
      this.#visit(child);
      this.#reach = outer;
    }
  }

  #enter(node: SyntaxNode, parent: SyntaxNode): void {
    const isBody = ['trueBody', 'falseBody', 'body'].some((key) => parent[key] === node);
    const isStatement = childrenOf(parent, 'statements').includes(node) || isBody;
    if (node.nodeType === 'VariableDeclaration' && node.constant === true)
      this.#reach = { constant: String(node.name) };
    else if (isStatement && !['Block', 'UncheckedBlock'].includes(node.nodeType)) this.#reach = this.#lineOf(node);
  }

  #visitYul(node: SyntaxNode | undefined): void {
    if (!node) return;
    const outer = this.#reach;
    if (YUL_STATEMENTS.includes(node.nodeType)) this.#reach = this.#lineOf(node);
    for (const change of yulChangesOf(node, this.#text)) this.#add(change, node);
    const cases = node.nodeType === 'YulCase' ? childOf(node, 'value') : undefined;
    for (const child of below(node)) {
      if (child === cases) continue;
      if (isDoubleZero(node)) for (const inner of childrenOf(child, 'arguments')) this.#visitYul(inner);
      else this.#visitYul(child);
    }
    this.#reach = outer;
  }

  #add(change: Change, node: SyntaxNode): void {
    const { start, end, text, label } = change;
    const reach = this.#reach;
    const id = `${this.#file}:${this.#lineAt(start)}:${this.#columnAt(start)} ${label}`;
    const isPlain = typeof reach === 'object' && this.#plain.has(reach.constant);
    const form = isPlain ? 'alone' : this.#accounts.has(node) ? 'account' : change.form;
    this.#mutants.push({ id, file: this.#file, reach, start, end, text, form });
  }

  #lineOf(node: SyntaxNode): number {
    return this.#lineAt(startOf(node));
  }

  #lineAt(position: number): number {
    return this.#text.slice(0, position).split('\n').length;
  }

  #columnAt(position: number): number {
    return position - this.#text.lastIndexOf('\n', position - 1);
  }
}

/** Names that the assembly of a source reads. */
export function namesInAssembly(file: string, text: string): string[] {
  const names: string[] = [];
  const visit = (node: SyntaxNode): void => {
    if (node.nodeType === 'YulIdentifier') names.push(String(node.name));
    for (const child of below(node)) visit(child);
  };
  visit(parseSolidity(file, text));
  return names;
}
