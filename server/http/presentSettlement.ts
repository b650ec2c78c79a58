import type { EscrowGateway } from '../ports.ts';
import type { PreparedSettlement } from './appDeps.ts';

/** JSON has no bigint; typed data carries whole numbers as decimal strings, which signers of EIP-712 accept. */
function jsonSafe(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(jsonSafe);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, jsonSafe(entry)]));
}

/** What admins sign, who signed, and the ready transaction once there are enough; or the payout that was opened instead. */
export function presentPrepared(prepared: PreparedSettlement, gateway: Pick<EscrowGateway, 'checksum'>): object {
  if (prepared.kind === 'payout') return prepared;
  const { typedData, toSeller, toBuyer, signers, signedBy, ...rest } = prepared;
  return {
    ...rest,
    typedData: jsonSafe(typedData),
    toSeller: String(toSeller),
    toBuyer: String(toBuyer),
    signers: signers.map((signer) => gateway.checksum(signer)),
    signedBy: signedBy.map((signer) => gateway.checksum(signer)),
  };
}
