import type { ProviderSide } from './state.ts';

/** What an intent asks its provider for. */
export type InvoiceWanted = Pick<ProviderSide, 'externalId' | 'coin' | 'amount' | 'callbackUrl' | 'hotWallet'>;

/** The provider's side of an intent that nobody asked for an address yet; prices are in US dollars, one for each token. */
export const blankInvoice = (wanted: InvoiceWanted): ProviderSide => ({
  ...wanted,
  fiat: 'USD',
  address: null,
  providerAmount: null,
  exchangeRate: null,
  reportedStatus: null,
  transactions: [],
});
