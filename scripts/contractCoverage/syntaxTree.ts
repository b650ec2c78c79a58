import solc from 'solc';

/** A node of the compiler's syntax tree; what else it has depends on its type. */
export interface SyntaxNode {
  readonly nodeType: string;
  /** Start, length and file number. */
  readonly src: string;
  readonly [key: string]: unknown;
}

/** Parses Solidity without its imports; positions count characters of the text, which must be ASCII. */
export function parseSolidity(file: string, text: string): SyntaxNode {
  // Positions of the tree count bytes.
  for (const character of text) if (character > '\u007f') throw new Error(`${file} has the character ${character}`);
  const input = {
    language: 'Solidity',
    sources: { [file]: { content: text } },
    settings: { stopAfter: 'parsing', outputSelection: { '*': { '': ['ast'] } } },
  };
  const output: { errors?: { formattedMessage: string }[]; sources?: Record<string, { ast: SyntaxNode }> } = JSON.parse(
    solc.compile(JSON.stringify(input)),
  );
  const tree = output.sources?.[file]?.ast;
  if (!tree) throw new Error(`${file}: ${output.errors?.map((error) => error.formattedMessage).join('\n')}`);
  return tree;
}

/** The position of a node's first character. */
export function startOf(node: SyntaxNode): number {
  return Number(node.src.split(':')[0]);
}

/** The position after a node's last character. */
export function endOf(node: SyntaxNode): number {
  const [start, length] = node.src.split(':');
  return Number(start) + Number(length);
}

/** The node under a key, if there is one. */
export function childOf(node: SyntaxNode, key: string): SyntaxNode | undefined {
  const child = node[key];
  return isNode(child) ? child : undefined;
}

/** The nodes of a list under a key. */
export function childrenOf(node: SyntaxNode, key: string): SyntaxNode[] {
  const children = node[key];
  return Array.isArray(children) ? children.filter(isNode) : [];
}

/** All nodes directly below a node, in whatever key. */
export function below(node: SyntaxNode): SyntaxNode[] {
  return Object.values(node).flatMap((value) =>
    isNode(value) ? [value] : Array.isArray(value) ? value.filter(isNode) : [],
  );
}

/** Whether a node or one below it is of one of these types. */
export function contains(node: SyntaxNode, types: readonly string[]): boolean {
  return types.includes(node.nodeType) || below(node).some((child) => contains(child, types));
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'nodeType' in value && 'src' in value;
}
