import { Edits } from './edits.ts';
import { ASSEMBLY_PROBES } from './probe.ts';
import { below, childOf, childrenOf, contains, endOf, parseSolidity, type SyntaxNode, startOf } from './syntaxTree.ts';

/** Something that tests must reach. */
export interface Point {
  readonly kind: 'function' | 'line' | 'branch';
  readonly file: string;
  readonly line: number;
  /** What it is, for the report. */
  readonly label: string;
  /** The probe that reports it. */
  readonly probe: number;
}

const LOGIC = ['&&', '||'];
const ASSEMBLY_BRANCHES = ['YulIf', 'YulSwitch'];

function isLogic(node: SyntaxNode): boolean {
  return node.nodeType === 'BinaryOperation' && LOGIC.includes(String(node.operator));
}

/** Puts probes into one source: at every function, statement and outcome of a condition, `&&` and `||` taken apart. */
export class Instrumenter {
  readonly points: Point[] = [];
  readonly #file: string;
  readonly #text: string;
  readonly #edits = new Edits();
  #next: number;

  /** @param firstProbe Above all probes of other files. */
  constructor(file: string, text: string, firstProbe: number) {
    this.#file = file;
    this.#text = text;
    this.#next = firstProbe;
  }

  /** The first number that no probe of this file has. */
  get nextProbe(): number {
    return this.#next;
  }

  /** @param importLine Brings the probes into the source; goes behind the pragma. */
  run(importLine: string): string {
    const tree = parseSolidity(this.#file, this.#text);
    this.#visit(tree);
    const pragma = childrenOf(tree, 'nodes').find((node) => node.nodeType === 'PragmaDirective');
    if (!pragma) throw new Error(`${this.#file} has no pragma`);
    this.#edits.insert(endOf(pragma), ` ${importLine}`);
    return this.#edits.apply(this.#text);
  }

  #visit(node: SyntaxNode): void {
    switch (node.nodeType) {
      case 'FunctionDefinition':
      case 'ModifierDefinition':
        this.#function(node);
        break;
      case 'Block':
      case 'UncheckedBlock':
        for (const statement of childrenOf(node, 'statements')) this.#statement(statement, false);
        break;
      case 'IfStatement':
        this.#condition(childOf(node, 'condition'));
        this.#body(childOf(node, 'trueBody'));
        this.#body(childOf(node, 'falseBody'));
        break;
      case 'ForStatement':
      case 'WhileStatement':
        this.#condition(childOf(node, 'condition'));
        this.#body(childOf(node, 'body'));
        break;
      case 'Conditional':
        this.#condition(childOf(node, 'condition'));
        break;
      case 'BinaryOperation':
        if (!isLogic(node)) break;
        this.#condition(childOf(node, 'leftExpression'));
        this.#condition(childOf(node, 'rightExpression'));
        break;
      case 'TryCatchClause':
        this.#enter(childOf(node, 'block'), 'branch', node.errorName ? `catch ${node.errorName}` : 'try or catch');
        break;
      case 'InlineAssembly':
        return; // its statement has seen to it
    }
    for (const child of below(node)) this.#visit(child);
  }

  #function(node: SyntaxNode): void {
    const body = childOf(node, 'body');
    // What a probe does is not pure. The same in interfaces, whose functions have no body.
    const head = this.#text.slice(startOf(node), body ? startOf(body) : endOf(node));
    const pure = /\bpure\b/.exec(head);
    if (pure) this.#edits.replace(startOf(node) + pure.index, startOf(node) + pure.index + 4, 'view');
    this.#enter(body, 'function', `${node.name || node.kind}`);
  }

  #enter(block: SyntaxNode | undefined, kind: Point['kind'], label: string): void {
    if (block) this.#edits.insert(startOf(block) + 1, ` __hit(${this.#point(kind, startOf(block), label)});`);
  }

  #statement(node: SyntaxNode, alone: boolean): void {
    if (['Block', 'UncheckedBlock'].includes(node.nodeType)) return;
    const probe = this.#point('line', startOf(node), this.#excerpt(node));
    if (alone) this.#edits.wrap(startOf(node), this.#statementEnd(node), `{ __hit(${probe}); `, ' }');
    else this.#edits.insert(startOf(node), `__hit(${probe}); `);
    const code = node.nodeType === 'InlineAssembly' ? childOf(node, 'AST') : undefined;
    if (!code) return;
    if (contains(code, ASSEMBLY_BRANCHES)) this.#edits.insert(startOf(code) + 1, ASSEMBLY_PROBES);
    this.#assembly(code, probe);
  }

  /** A branch without braces gets some. */
  #body(node: SyntaxNode | undefined): void {
    if (node) this.#statement(node, true);
  }

  /** The condition as a whole, unless it is made of others, which then count one by one. */
  #condition(node: SyntaxNode | undefined): void {
    if (!node) return;
    const inParentheses = node.nodeType === 'TupleExpression' ? childrenOf(node, 'components')[0] : undefined;
    const negated = node.nodeType === 'UnaryOperation' ? childOf(node, 'subExpression') : undefined;
    if (inParentheses) this.#condition(inParentheses);
    else if (negated) this.#condition(negated);
    else if (!isLogic(node)) this.#edits.wrap(startOf(node), endOf(node), '__cond(', `, ${this.#outcomes(node)})`);
  }

  #outcomes(node: SyntaxNode): number {
    const no = this.#point('branch', startOf(node), `${this.#excerpt(node)} is false`);
    this.#point('branch', startOf(node), `${this.#excerpt(node)} is true`);
    return no;
  }

  /** Assembly without a branch runs as a whole, so its lines share a probe. */
  #assembly(block: SyntaxNode, probe: number): void {
    for (const node of childrenOf(block, 'statements')) {
      this.#share('line', node, probe);
      const body = childOf(node, 'body');
      if (node.nodeType === 'YulIf' && body) {
        const condition = childOf(node, 'condition') ?? node;
        const no = this.#outcomes(condition);
        this.#edits.wrap(startOf(condition), endOf(condition), '__yulCond(', `, ${no})`);
        this.#assembly(body, no + 1);
      } else if (node.nodeType === 'YulSwitch') this.#switch(node);
      else if (body) this.#assembly(body, probe);
    }
  }

  #switch(node: SyntaxNode): void {
    const cases = childrenOf(node, 'cases');
    for (const one of cases) {
      const body = childOf(one, 'body');
      if (!body) continue;
      const probe = this.#point('branch', startOf(one), this.#excerpt(one));
      this.#edits.insert(startOf(body) + 1, ` __yulHit(${probe}) `);
      this.#assembly(body, probe);
    }
    if (cases.some((one) => one.value === 'default')) return;
    const probe = this.#point('branch', startOf(node), `${this.#excerpt(node)}: no case`);
    this.#edits.insert(endOf(node), ` default { __yulHit(${probe}) }`);
  }

  #point(kind: Point['kind'], at: number, label: string): number {
    const probe = this.#next++;
    this.points.push({ kind, file: this.#file, line: this.#lineAt(at), label, probe });
    return probe;
  }

  #share(kind: Point['kind'], node: SyntaxNode, probe: number): void {
    this.points.push({ kind, file: this.#file, line: this.#lineAt(startOf(node)), label: this.#excerpt(node), probe });
  }

  /** Some statements of the tree end before their semicolon. */
  #statementEnd(node: SyntaxNode): number {
    const last = childOf(node, 'falseBody') ?? childOf(node, 'trueBody') ?? childOf(node, 'body');
    if (last) return this.#statementEnd(last);
    const end = endOf(node);
    if (['}', ';'].includes(this.#text.charAt(end - 1))) return end;
    return this.#text.indexOf(';', end) + 1;
  }

  #lineAt(position: number): number {
    return this.#text.slice(0, position).split('\n').length;
  }

  #excerpt(node: SyntaxNode): string {
    return this.#text.slice(startOf(node), endOf(node)).replaceAll(/\s+/g, ' ').slice(0, 90);
  }
}
