import { childOf, childrenOf, endOf, type SyntaxNode, startOf } from '../contractCoverage/syntaxTree.ts';
import type { Form } from './mutant.ts';

/** A change that could be made at one place. */
export interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly label: string;
  readonly form: Form;
}

const SWAPS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>'],
  '<=': ['<', '>='],
  '>': ['>=', '<'],
  '>=': ['>', '<='],
  '==': ['!='],
  '!=': ['=='],
  '&&': ['||'],
  '||': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '&': ['|'],
  '|': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '+=': ['-='],
  '-=': ['+='],
  '|=': ['&='],
  '&=': ['|='],
  '>>=': ['<<='],
  '<<=': ['>>='],
  '++': ['--'],
  '--': ['++'],
};

/** The changes that belong to a node of Solidity itself, not to those below it. */
export function changesOf(node: SyntaxNode, text: string): Change[] {
  switch (node.nodeType) {
    case 'BinaryOperation':
      return binary(node, text);
    case 'UnaryOperation':
      return unary(node, text);
    case 'Conditional':
      return branches(node, text);
    case 'IfStatement':
      return forced(node, text);
    case 'ExpressionStatement':
    case 'EmitStatement':
      return statement(node, text);
    case 'Literal':
      return literal(node, text);
    default:
      return [];
  }
}

function binary(node: SyntaxNode, text: string): Change[] {
  const left = childOf(node, 'leftExpression');
  const right = childOf(node, 'rightExpression');
  if (!left || !right) return [];
  const operator = String(node.operator);
  const from = startOf(node);
  const before = text.slice(from, endOf(left));
  const between = text.slice(endOf(left), startOf(right));
  const after = text.slice(startOf(right), endOf(node));
  // Numbers alone are worked out exactly by the compiler, which a choice between two of them is not.
  const form = isNumber(left) && isNumber(right) ? 'alone' : 'value';
  return (SWAPS[operator] ?? []).map((other) => ({
    start: from,
    end: endOf(node),
    text: before + between.replace(operator, other) + after,
    label: `${operator} to ${other}`,
    form,
  }));
}

function isNumber(node: SyntaxNode): boolean {
  return node.nodeType === 'Literal' && node.kind === 'number';
}

function unary(node: SyntaxNode, text: string): Change[] {
  const inner = childOf(node, 'subExpression');
  const operator = String(node.operator);
  if (!inner || (operator !== '!' && operator !== '~')) return [];
  return [{ ...whole(node), text: textOf(inner, text), label: `${operator} dropped`, form: 'value' }];
}

function branches(node: SyntaxNode, text: string): Change[] {
  const [condition, yes, no] = ['condition', 'trueExpression', 'falseExpression'].map((key) => childOf(node, key));
  if (!condition || !yes || !no) return [];
  const swapped = `${textOf(condition, text)} ? ${textOf(no, text)} : ${textOf(yes, text)}`;
  return [{ ...whole(node), text: `(${swapped})`, label: 'branches swapped', form: 'value' }];
}

function forced(node: SyntaxNode, text: string): Change[] {
  const condition = childOf(node, 'condition');
  if (!condition) return [];
  const label = shortened(textOf(condition, text));
  return ['true', 'false'].map((value) => ({
    ...whole(condition),
    text: value,
    label: `${label} to ${value}`,
    form: 'value',
  }));
}

/** Left out, and with the other operator if it is an assignment. A `revert` stays: its condition is forced instead. */
function statement(node: SyntaxNode, text: string): Change[] {
  const start = startOf(node);
  const end = text.charAt(endOf(node) - 1) === ';' ? endOf(node) : text.indexOf(';', endOf(node)) + 1;
  const source = text.slice(start, end);
  const dropped: Change = { start, end, text: '', label: `${shortened(source)} dropped`, form: 'statement' };
  const expression = childOf(node, 'expression');
  const operator = String(expression?.operator ?? '=');
  const changed = (SWAPS[operator] ?? []).map(
    (other): Change => ({
      start,
      end,
      text: source.replace(operator, other),
      label: `${operator} to ${other}`,
      form: 'statement',
    }),
  );
  return [dropped, ...changed];
}

function literal(node: SyntaxNode, text: string): Change[] {
  const source = textOf(node, text);
  if (node.kind === 'bool') {
    const other = source === 'true' ? 'false' : 'true';
    return [{ ...whole(node), text: other, label: `${source} to ${other}`, form: 'value' }];
  }
  if (node.kind !== 'number') return [];
  const [digits = '', ...unit] = source.split(' ');
  const next = [oneMore(digits), ...unit].join(' ');
  return [{ ...whole(node), text: next, label: `${source} to ${next}`, form: 'number' }];
}

/** The number above, written like the one given. */
export function oneMore(digits: string): string {
  const next = BigInt(digits.replaceAll('_', '')) + 1n;
  return digits.startsWith('0x') ? `0x${next.toString(16).padStart(digits.length - 2, '0')}` : next.toString();
}

/** A range that is exactly a node's. */
export function whole(node: SyntaxNode): { start: number; end: number } {
  return { start: startOf(node), end: endOf(node) };
}

/** The source of a node. */
export function textOf(node: SyntaxNode, text: string): string {
  return text.slice(startOf(node), endOf(node));
}

/** Source text as part of a name: on one line, and not long. */
export function shortened(source: string): string {
  const line = source.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}

/** Numbers directly inside `address(...)`, which must keep the size of an address. */
export function accountNumbers(call: SyntaxNode): SyntaxNode[] {
  const callee = childOf(call, 'expression');
  const type = callee && childOf(callee, 'typeName');
  if (call.nodeType !== 'FunctionCall' || type?.name !== 'address') return [];
  return childrenOf(call, 'arguments').filter(isNumber);
}
