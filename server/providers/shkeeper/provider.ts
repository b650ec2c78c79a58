import { AppError } from '../../errors.ts';
import type { PayInProvider } from '../../ports/outside.ts';
import type { ProviderWallets } from '../../ports/reconciliation.ts';
import type { ShkeeperClient } from './client.ts';
import { ShkeeperError } from './shkeeperError.ts';
import { translateInvoice } from './translate.ts';

/** Says a provider's failure in the words of the API; the typed code goes along, since it decides what an operator does. */
async function inOurWords<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ShkeeperError)) throw error;
    throw new AppError('provider_failed', error.message, { details: { providerCode: error.code }, cause: error });
  }
}

/** Fits the client to the port: answers and errors in our words and nothing else. */
export function createShkeeperProvider(client: ShkeeperClient): PayInProvider {
  return {
    requestPayment: (request) => inOurWords(client.requestPayment(request)),
    async getInvoice(externalId) {
      const translations = (await inOurWords(client.getInvoices(externalId))).map(translateInvoice);
      return translations.flatMap((translation) => (translation.ok ? [translation.report] : []));
    },
    createPayout: client.createPayout,
    getPayoutStatus: (externalId) => inOurWords(client.getPayoutStatus(externalId)),
    getTask: (coin, taskId) => inOurWords(client.getTask(coin, taskId)),
    getHotWallet: (coin) => inOurWords(client.getFeeDepositAddress(coin)),
  };
}

/** What the provider says of its wallets, in the words of the port. */
export function createShkeeperWallets(client: Pick<ShkeeperClient, 'getBalance'>): ProviderWallets {
  return {
    async walletBalance(coin) {
      const { amount, serverStatus } = await inOurWords(client.getBalance(coin));
      return { amount, synced: serverStatus === 'Synced' };
    },
  };
}
