import type { SettlementSignature } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { EscrowGateway, Network, ReadyTransaction } from '../../ports/outside.ts';

export type SignatureChecks = Pick<EscrowGateway, 'recoverSigner' | 'checkContractSignature' | 'tryTransaction'>;

/** Signatures that count at this moment, and what they make once there are enough. */
export interface Usable<T> {
  readonly signedBy: readonly string[];
  readonly missing: number;
  /** Signers whose signature does not count: the seat is another's or off, or the transaction fails with what its contract gave. */
  readonly dropped: readonly string[];
  readonly ready: T | null;
  /** Why the transaction would fail if it were sent now: the contract's error, or `unknown`; null when it would not, or could not be tried. */
  readonly reverts: string | null;
}

interface Call<T> {
  readonly digest: string;
  readonly build: (signatures: readonly SettlementSignature[]) => T;
  /** The transaction to try of what was built. */
  readonly trial: (ready: T) => ReadyTransaction;
}

/** Some of the signatures, and what became of the transaction that they make. */
interface Attempt<T> {
  readonly kept: readonly SettlementSignature[];
  readonly ready: T | null;
  readonly reverts: string | null;
  /** It was tried and would go. */
  readonly goes: boolean;
}

/** A node that does not answer says nothing about a signature that was good when it came. */
async function stands(
  gateway: SignatureChecks,
  network: Network,
  digest: string,
  { signer, signature }: SettlementSignature,
): Promise<boolean> {
  try {
    const { outcome } = await gateway.checkContractSignature(network.name, digest, { signer, data: signature });
    return outcome === 'valid';
  } catch (error) {
    if (error instanceof AppError && error.code === 'chain_unavailable') return true;
    throw error;
  }
}

/**
 * Picks the signatures that count by the seats as they are, tries what they make before it is handed out, and leaves out those of contracts that
 * make it fail: first what a contract takes no more, then one after the other what others can stand in for, since a contract may say yes when it is
 * asked and no when it counts. A transaction that fails whatever is left out is handed out with its reason.
 */
export async function usableSignatures<T>(
  gateway: SignatureChecks,
  network: Network,
  given: readonly SettlementSignature[],
  { digest, build, trial }: Call<T>,
): Promise<Usable<T>> {
  const { name, signers, threshold } = network;

  async function attempt(kept: readonly SettlementSignature[]): Promise<Attempt<T>> {
    if (kept.length < threshold) return { kept, ready: null, reverts: null, goes: false };
    const ready = build(kept);
    const verdict = await gateway.tryTransaction(name, trial(ready));
    const reverts = verdict.outcome === 'reverts' ? (verdict.reason ?? 'unknown') : null;
    return { kept, ready, reverts, goes: verdict.outcome === 'goes' };
  }
  const isKeys = ({ index, signature }: SettlementSignature) =>
    gateway.recoverSigner(name, digest, signature)?.index === index;

  async function withoutOne(failed: Attempt<T>): Promise<Attempt<T>> {
    if (failed.kept.length <= threshold) return failed;
    for (const suspect of failed.kept.filter((entry) => !isKeys(entry))) {
      const other = await attempt(failed.kept.filter((entry) => entry !== suspect));
      if (other.goes) return other;
    }
    return failed;
  }

  async function best(): Promise<Attempt<T>> {
    const first = await attempt(given.filter(({ index, signer }) => signers[index] === signer));
    if (first.reverts === null) return first;
    const verdicts = await Promise.all(
      first.kept.map((entry) => isKeys(entry) || stands(gateway, network, digest, entry)),
    );
    const good = first.kept.filter((_, at) => verdicts[at]);
    const second = good.length === first.kept.length ? first : await attempt(good);
    return second.reverts === null ? second : withoutOne(second);
  }

  const { kept, ready, reverts } = await best();
  return {
    signedBy: kept.map(({ signer }) => signer),
    missing: Math.max(0, threshold - kept.length),
    dropped: given.filter((entry) => !kept.includes(entry)).map(({ signer }) => signer),
    ready,
    reverts,
  };
}
