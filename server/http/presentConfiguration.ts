import type { EscrowGateway } from '../ports/outside.ts';
import type { HttpSettings } from './appDeps.ts';
import { splitOperation } from './endpoint.ts';
import { invoiceWebhook } from './endpoints/webhooks.ts';

/** What somebody may pay with, as far as it is known where and how much. */
interface Narrowed {
  readonly network: string;
  readonly token: string;
  readonly receiver: string | null;
  readonly amount: string;
}

/** Turns what the networks file offers into the configuration of a widget. */
export function createConfigurationPresenter(
  gateway: Pick<EscrowGateway, 'networks' | 'checksum'>,
  { publicUrl }: Pick<HttpSettings, 'publicUrl'>,
) {
  const base = publicUrl.replace(/\/+$/, '');
  const webhook = base + splitOperation(invoiceWebhook.operation).path;

  function accepted(fits: (network: string, token: string) => boolean) {
    return gateway.networks().flatMap(({ name, chainId, tokens }) =>
      tokens
        .filter(({ token }) => fits(name, token))
        .map(({ token: symbol, tokenAddress, decimals }) => ({
          ...{ blockchain: name, chainId, token: gateway.checksum(tokenAddress), symbol, decimals },
        })),
    );
  }

  return {
    /** Everything that is taken, of one currency if one is named. */
    offered(currency?: string) {
      const fits = (_network: string, token: string) => (currency ?? token).toLowerCase() === token.toLowerCase();
      const accept = accepted(fits).map((entry) => ({ ...entry, receiver: null }));
      return { accept, redirect: { success: `${base}/`, cancel: `${base}/` }, webhook };
    },
    /** The one token that a trade is paid in. */
    narrowed({ network, token, receiver, amount }: Narrowed, payment: { id: string; url: string } | null) {
      const fits = (name: string, symbol: string) => name === network && symbol === token;
      const accept = accepted(fits).map((entry) => ({ ...entry, receiver, amount }));
      const url = payment?.url ?? `${base}/`;
      const named = payment === null ? {} : { paymentId: payment.id };
      return { accept, redirect: { success: url, cancel: url }, webhook, ...named };
    },
  };
}
