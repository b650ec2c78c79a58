import type { ParamType, Result } from 'ethers';
import { escrowInterface } from './escrowContract.ts';
import type { EscrowAnswers, EscrowCalls, EscrowErrorName, EscrowEvents } from './marketplaceEscrowTypes.ts';

/** A decoded event of the contract; its name tells which fields it has. */
export type EscrowLog = {
  readonly [Name in keyof EscrowEvents]: { readonly name: Name; readonly fields: EscrowEvents[Name] };
}[keyof EscrowEvents];

// The types and the ABI that decodes are generated from one build, so the casts below say what is so.

/** Calldata of a function. */
export function encodeCall<Name extends keyof EscrowCalls>(name: Name, args: EscrowCalls[Name]): string {
  return escrowInterface.encodeFunctionData(name, [...args]);
}

/** What a function answered. */
export function decodeAnswer<Name extends keyof EscrowAnswers>(name: Name, data: string): EscrowAnswers[Name] {
  const outputs = escrowInterface.getFunction(name)?.outputs ?? [];
  const result = escrowInterface.decodeFunctionResult(name, data);
  const [first, ...more] = outputs;
  if (first === undefined) return undefined as EscrowAnswers[Name];
  return (more.length === 0 ? plain(first, result[0]) : record(outputs, result)) as EscrowAnswers[Name];
}

/** The event in a log of the contract; null for a log that is none of its events. */
export function decodeLog(log: { readonly topics: readonly string[]; readonly data: string }): EscrowLog | null {
  const described = escrowInterface.parseLog(log);
  if (described === null) return null;
  return { name: described.name, fields: record(described.fragment.inputs, described.args) } as EscrowLog;
}

/** The contract's error in what a revert returned; null for anything else, e.g. an error of a token. */
export function decodeError(data: string): EscrowErrorName | null {
  // Four bytes exactly: the contract's errors carry no arguments.
  return data.length === 10 ? ((escrowInterface.getError(data)?.name ?? null) as EscrowErrorName | null) : null;
}

function record(types: readonly ParamType[], values: Result): Record<string, unknown> {
  return Object.fromEntries(types.map((type, index) => [type.name, plain(type, values[index])]));
}

/** ethers answers tuples and lists as one kind of object; here they are plain objects and arrays. */
function plain(type: ParamType, value: Result): unknown {
  if (type.isArray()) return [...value].map((item) => plain(type.arrayChildren, item));
  return type.isTuple() ? record(type.components, value) : value;
}
