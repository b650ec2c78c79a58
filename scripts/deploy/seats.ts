import { decodeAnswer, encodeCall } from '../../server/providers/chain/escrowCodec.ts';
import type { EscrowAnswers, EscrowCalls } from '../../server/providers/chain/marketplaceEscrowTypes.ts';
import { type ChainNode, codeAt } from './chainNode.ts';
import type { EscrowParameters } from './parameters.ts';
import { Refusal } from './refusal.ts';

/** Who holds the seats of an escrow, and its fixed limits, as words to compare and to print. */
export type Seats = Readonly<Record<string, string>>;

/** A network whose escrow is the one to be like. */
export interface Reference {
  readonly name: string;
  readonly node: ChainNode;
  readonly escrow: string;
}

// Indexes 0 to 7 are signers (contracts/SignerSet.sol).
const SIGNER_SEATS = 8;
const isAddress = (word: string) => word.startsWith('0x');

async function read<Name extends keyof EscrowAnswers>(
  node: ChainNode,
  to: string,
  name: Name,
  ...args: EscrowCalls[Name]
): Promise<EscrowAnswers[Name]> {
  const data = await node.ask('eth_call', [{ to, data: encodeCall(name, args) }, 'latest']);
  return decodeAnswer(name, String(data));
}

/** Reads the seats as they are now, after every rotation; a signer that was switched off is not among them. */
export async function readSeats(node: ChainNode, address: string): Promise<Seats> {
  const indexes = Array.from({ length: SIGNER_SEATS }, (_, index) => index);
  const [{ threshold, active }, guardian, treasury, feeCap, disputeTimeout, signers] = await Promise.all([
    read(node, address, 'config'),
    read(node, address, 'guardian'),
    read(node, address, 'treasury'),
    read(node, address, 'feeCap'),
    read(node, address, 'disputeTimeout'),
    Promise.all(indexes.map((index) => read(node, address, 'seat', index))),
  ]);
  const on = indexes.filter((index) => (Number(active) >> index) & 1);
  return {
    ...Object.fromEntries(on.map((index) => [`signer ${index}`, String(signers[index]).toLowerCase()])),
    threshold: String(threshold),
    guardian: guardian.toLowerCase(),
    treasury: treasury.toLowerCase(),
    feeCap: `${feeCap} bps`,
    disputeTimeout: `${disputeTimeout} s`,
  };
}

/** The seats an escrow starts with. */
export function seatsOf(parameters: EscrowParameters): Seats {
  const { signers, threshold, guardian, treasury, feeCapBps, disputeTimeoutSeconds } = parameters;
  return {
    ...Object.fromEntries(signers.map((signer, index) => [`signer ${index}`, signer.toLowerCase()])),
    threshold: String(threshold),
    guardian: guardian.toLowerCase(),
    treasury: treasury.toLowerCase(),
    feeCap: `${feeCapBps} bps`,
    disputeTimeout: `${disputeTimeoutSeconds} s`,
  };
}

/** What differs, one line a seat. */
export function differences(here: Seats, there: Seats, whereThere: string): string[] {
  return [...new Set([...Object.keys(here), ...Object.keys(there)])]
    .filter((name) => here[name] !== there[name])
    .map((name) => `${name}: ${here[name] ?? 'nobody'} here, ${there[name] ?? 'nobody'} ${whereThere}`);
}

/** Code of a contract; an account that merely delegates to one (EIP-7702) can sign on any chain. */
const isContract = (code: string) => code !== '0x' && !code.toLowerCase().startsWith('0xef0100');

/** Refuses when a seat that is a contract on the reference chain is none here: its signature could never be checked, its money never moved. */
export async function requireSameContracts(node: ChainNode, reference: Reference, seats: Seats): Promise<void> {
  const problems = await Promise.all(
    Object.entries(seats)
      .filter(([, word]) => isAddress(word))
      .map(async ([name, address]) => {
        const [here, there] = await Promise.all([codeAt(node, address), codeAt(reference.node, address)]);
        return isContract(there) && !isContract(here)
          ? `${name} ${address} has code on ${reference.name}, none here`
          : [];
      }),
  );
  if (problems.flat().length > 0)
    throw new Refusal('a contract that holds a seat is missing on this chain', problems.flat());
}
