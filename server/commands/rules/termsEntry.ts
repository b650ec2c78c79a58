import type { PaymentState } from '../../domain/state.ts';
import type { Network, TermsEntry } from '../../ports/outside.ts';

/** What the archive keeps of a payment. */
export const termsEntry = (
  { name, chainId, escrow }: Pick<Network, 'name' | 'chainId' | 'escrow'>,
  { id, termsId, vault, terms }: Pick<PaymentState, 'id' | 'termsId' | 'vault' | 'terms'>,
): TermsEntry => ({ paymentId: id, network: name, chainId, escrow, termsId, vault, terms });
