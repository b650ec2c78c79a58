import type { PurchaseRequest, SellerOffer } from '../../domain/trade.ts';
import { AppError } from '../../errors.ts';
import type { EscrowGateway } from '../../ports/outside.ts';

/** What a caller says about a trade beside its price; whatever he leaves out is as the offer has it. */
export interface RecordWords {
  readonly buyerId?: string | undefined;
  readonly sellerId?: string | undefined;
  readonly amount: string;
  readonly currency?: string | undefined;
  readonly network?: string | undefined;
  /** Its symbol or its address. */
  readonly token?: string | undefined;
  /** The wallet he pays from. */
  readonly walletAddress?: string | undefined;
}

const plain = (decimal: string) => (decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal);
const sameText = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** Whether a symbol or an address names the offer's token. */
function sameToken(gateway: Pick<EscrowGateway, 'network'>, offer: SellerOffer, text: string): boolean {
  if (sameText(text, offer.token)) return true;
  const listed = gateway.network(offer.network)?.tokens.find(({ token }) => token === offer.token);
  return listed !== undefined && sameText(text, listed.tokenAddress);
}

type Field = keyof RecordWords;

/** Fields in which the words contradict an offer, each with what the offer says. */
function contradictions(gateway: Pick<EscrowGateway, 'network'>, offer: SellerOffer, words: RecordWords) {
  const { sellerId, amount, currency, network, token } = words;
  const found: [Field, string][] = [];
  if (sellerId !== undefined && sellerId !== offer.sellerId) found.push(['sellerId', offer.sellerId]);
  if (network !== undefined && !sameText(network, offer.network)) found.push(['network', offer.network]);
  if (currency !== undefined && !sameText(currency, offer.token)) found.push(['currency', offer.token]);
  if (token !== undefined && !sameToken(gateway, offer, token)) found.push(['token', offer.token]);
  if (plain(amount) !== plain(offer.amount)) found.push(['amount', plain(offer.amount)]);
  return found;
}

/** Whether an offer may be the one that is meant. */
export function fits(gateway: Pick<EscrowGateway, 'network'>, offer: SellerOffer, words: RecordWords): boolean {
  return contradictions(gateway, offer, words).length === 0;
}

/** Refuses the first word that contradicts the stored request or offer; thrown only to those who may see both. */
export function demandOffered(
  gateway: Pick<EscrowGateway, 'network' | 'parseAddress'>,
  { request, offer }: { readonly request: PurchaseRequest; readonly offer: SellerOffer },
  words: RecordWords,
): void {
  const { buyerId, walletAddress } = words;
  const refuse = (field: Field, offered: string) => {
    const sent = String(words[field]);
    const said = `${field} differs from the request and its offer, which say ${offered}; ${sent} was sent.`;
    throw new AppError('offer_mismatch', said, { details: { field, offered, sent } });
  };
  if (buyerId !== undefined && buyerId !== request.buyerId) refuse('buyerId', request.buyerId);
  const [first] = contradictions(gateway, offer, words);
  if (first !== undefined) refuse(...first);
  if (walletAddress === undefined) return;
  const wallet = gateway.parseAddress(walletAddress);
  if (wallet === null) {
    throw new AppError('validation_failed', 'walletAddress is not a valid address.', {
      details: { field: 'walletAddress' },
    });
  }
  if (request.buyerWallet !== null && !sameText(wallet, request.buyerWallet))
    refuse('walletAddress', request.buyerWallet);
}
