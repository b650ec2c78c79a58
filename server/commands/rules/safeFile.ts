import type { EscrowGateway, Network, ReadyTransaction, SafeFile } from '../../ports/outside.ts';
import type { Clock } from '../../ports.ts';

interface Contents {
  readonly name: string;
  readonly description: string;
  /** The signed transaction, once there is one. */
  readonly ready: ReadyTransaction | null;
  /** The same call without signatures. */
  readonly unsigned: () => ReadyTransaction;
}

/** The file for Safe. What a lone signer with a threshold of 1 sends himself needs no signature: a Safe in that seat executes it as it is. */
export function fileFor(
  { gateway, clock }: { readonly gateway: Pick<EscrowGateway, 'safeFile'>; readonly clock: Clock },
  { threshold }: Network,
  { name, description, ready, unsigned }: Contents,
): SafeFile | null {
  const transaction = ready ?? (threshold === 1 ? unsigned() : null);
  if (transaction === null) return null;
  return gateway.safeFile(transaction, {
    name,
    description: ready === null ? `${description}; to be executed by the signer itself` : description,
    createdAtMs: clock.now(),
  });
}
