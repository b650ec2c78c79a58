import { childOf, childrenOf, endOf, type SyntaxNode, startOf } from '../contractCoverage/syntaxTree.ts';
import { type Change, oneMore, shortened, textOf, whole } from './operators.ts';

const SWAPS: Readonly<Record<string, string>> = {
  add: 'sub',
  sub: 'add',
  lt: 'gt',
  gt: 'lt',
  and: 'or',
  or: 'and',
  shl: 'shr',
  shr: 'shl',
  mul: 'div',
  div: 'mul',
};

/** The functions that a block of assembly with all mutants calls; each behaves as its namesake unless it is that mutant's turn. */
export const YUL_SWITCHES: readonly string[] = [
  ...Object.entries(SWAPS).map(
    ([name, other]) =>
      `function __${name}(n, x, y) -> r { switch eq(__MUTANT, n) case 0 { r := ${name}(x, y) } default { r := ${other}(x, y) } }`,
  ),
  'function __eq(n, x, y) -> r { r := xor(eq(x, y), eq(__MUTANT, n)) }',
  'function __iszero(n, x) -> r { switch eq(__MUTANT, n) case 0 { r := iszero(x) } default { r := x } }',
  'function __on(n, x) -> r { r := or(x, eq(__MUTANT, n)) }',
  'function __off(n, x) -> r { r := mul(x, iszero(eq(__MUTANT, n))) }',
  'function __not(n, x) -> r { switch eq(__MUTANT, n) case 0 { r := x } default { r := iszero(x) } }',
];

/** The changes that belong to a node of assembly itself, not to those below it. */
export function yulChangesOf(node: SyntaxNode, text: string): Change[] {
  switch (node.nodeType) {
    case 'YulFunctionCall':
      return call(node, text);
    case 'YulIf':
      return condition(node, text);
    case 'YulSwitch':
      return negated(node, text);
    case 'YulLiteral':
      return literal(node, text);
    case 'YulExpressionStatement':
    case 'YulAssignment': {
      const label = `${shortened(textOf(node, text))} dropped`;
      return [{ ...whole(node), text: '', label, form: 'yulStatement' }];
    }
    default:
      return [];
  }
}

/** Whether this is the inner one of `iszero(iszero(x))`, of which dropping either one is the same. */
export function isDoubleZero(node: SyntaxNode): boolean {
  const [argument] = childrenOf(node, 'arguments');
  return nameOf(node) === 'iszero' && argument !== undefined && nameOf(argument) === 'iszero';
}

function nameOf(node: SyntaxNode): string {
  return String(childOf(node, 'functionName')?.name ?? '');
}

function call(node: SyntaxNode, text: string): Change[] {
  const name = nameOf(node);
  const source = textOf(node, text);
  const [first] = childrenOf(node, 'arguments');
  const other = SWAPS[name];
  if (other) {
    return [{ ...whole(node), text: other + source.slice(name.length), label: `${name} to ${other}`, form: 'yulCall' }];
  }
  if (name === 'eq') return [{ ...whole(node), text: `iszero(${source})`, label: 'eq negated', form: 'yulCall' }];
  if (name !== 'iszero' || !first) return [];
  return [{ ...whole(node), text: textOf(first, text), label: 'iszero dropped', form: 'yulCall' }];
}

function condition(node: SyntaxNode, text: string): Change[] {
  const asked = childOf(node, 'condition');
  if (!asked) return [];
  const label = shortened(textOf(asked, text));
  return [
    { ...whole(asked), text: '1', label: `${label} to 1`, form: 'yulTrue' },
    { ...whole(asked), text: '0', label: `${label} to 0`, form: 'yulFalse' },
  ];
}

/** Only of a switch that asks for zero or not. */
function negated(node: SyntaxNode, text: string): Change[] {
  const asked = childOf(node, 'expression');
  if (!asked) return [];
  const source = textOf(asked, text);
  return [
    {
      start: startOf(asked),
      end: endOf(asked),
      text: `iszero(${source})`,
      label: `${source} negated`,
      form: 'yulNegated',
    },
  ];
}

function literal(node: SyntaxNode, text: string): Change[] {
  const source = textOf(node, text);
  if (node.kind !== 'number') return [];
  const next = oneMore(source);
  return [{ ...whole(node), text: next, label: `${source} to ${next}`, form: 'yulNumber' }];
}
