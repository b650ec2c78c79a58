import type { SettlementSignature } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { EscrowGateway, Network, ReadyTransaction } from '../../ports/outside.ts';

export type SignatureChecks = Pick<EscrowGateway, 'recoverSigner' | 'checkContractSignature' | 'tryTransaction'>;

/** Signatures that count at this moment, and what they make once there are enough. */
export interface Usable<T> {
  readonly signedBy: readonly string[];
  readonly missing: number;
  /** Signers whose signature does not count any more: the seat is another's or off, or its contract takes the signature no more. */
  readonly dropped: readonly string[];
  readonly ready: T | null;
}

interface Call<T> {
  readonly digest: string;
  readonly build: (signatures: readonly SettlementSignature[]) => T;
  /** The transaction to try of what was built. */
  readonly trial: (ready: T) => ReadyTransaction;
}

/** A node that does not answer says nothing about a signature that was good when it came. */
async function stands(
  gateway: SignatureChecks,
  network: Network,
  digest: string,
  { signer, index, signature }: SettlementSignature,
): Promise<boolean> {
  if (gateway.recoverSigner(network.name, digest, signature)?.index === index) return true;
  try {
    const { outcome } = await gateway.checkContractSignature(network.name, digest, { signer, data: signature });
    return outcome === 'valid';
  } catch (error) {
    if (error instanceof AppError && error.code === 'chain_unavailable') return true;
    throw error;
  }
}

/**
 * Picks the signatures that count by the seats as they are, tries what they make before it is handed out, and leaves out those that make it
 * fail: what a contract said of its signature may be other by now. A call that fails for another reason is handed out as it is.
 */
export async function usableSignatures<T>(
  gateway: SignatureChecks,
  network: Network,
  given: readonly SettlementSignature[],
  { digest, build, trial }: Call<T>,
): Promise<Usable<T>> {
  const answer = (kept: readonly SettlementSignature[], ready: T | null): Usable<T> => ({
    signedBy: kept.map(({ signer }) => signer),
    missing: Math.max(0, network.threshold - kept.length),
    dropped: given.filter((entry) => !kept.includes(entry)).map(({ signer }) => signer),
    ready,
  });
  const readyOf = (kept: readonly SettlementSignature[]) => (kept.length < network.threshold ? null : build(kept));

  const seated = given.filter(({ index, signer }) => network.signers[index] === signer);
  const ready = readyOf(seated);
  if (ready === null || (await gateway.tryTransaction(network.name, trial(ready))) !== 'reverts') {
    return answer(seated, ready);
  }
  const verdicts = await Promise.all(seated.map((entry) => stands(gateway, network, digest, entry)));
  const good = seated.filter((_, at) => verdicts[at]);
  return answer(good, readyOf(good));
}
