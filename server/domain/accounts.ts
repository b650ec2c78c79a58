/** Where the money of an account lies; `outside` is with people, the platform's own, or nowhere any more. */
export type Place = 'contract' | 'provider' | 'treasury' | 'refunds' | 'outside';

/**
 * The kinds of accounts, each with the place of its money. A kind is an account's name without whom or which payment it
 * belongs to. `suspense` came to the escrow's own address and stays there until it is rescued; `fees` are the platform's income.
 */
export const accountKinds = {
  buyer: 'outside',
  platform: 'outside',
  'excess:contract': 'contract',
  'excess:provider': 'provider',
  'held:contract': 'contract',
  'held:provider': 'provider',
  'pending:contract': 'contract',
  'pending:provider': 'provider',
  'pending:treasury': 'treasury',
  'pending:refunds': 'refunds',
  'owed:seller': 'treasury',
  'owed:buyer': 'refunds',
  credit: 'contract',
  'paid:seller': 'outside',
  'returned:buyer': 'outside',
  fees: 'outside',
  suspense: 'contract',
  loss: 'outside',
} as const satisfies Record<string, Place>;
export type AccountKind = keyof typeof accountKinds;

/** First words that say the kind only together with the second. */
export const firstWordsOfTwo = ['excess', 'held', 'pending', 'owed', 'paid', 'returned'] as const;

/** First words of accounts that name a payment and hold its money. */
export const firstWordsOfPayments = ['excess', 'held', 'pending', 'owed', 'credit'] as const;

const isKind = (name: string): name is AccountKind => Object.hasOwn(accountKinds, name);

/** The kind of an account; null for a name that the books do not have. */
export function kindOf(account: string): AccountKind | null {
  const [first = '', second = ''] = account.split(':');
  const name = firstWordsOfTwo.some((word) => word === first) ? `${first}:${second}` : first;
  return isKind(name) ? name : null;
}

/** The payment an account belongs to; null for accounts of people and of the platform. */
export function paymentOf(account: string): string | null {
  const words = account.split(':');
  return firstWordsOfPayments.some((word) => word === words[0]) ? (words.at(-1) ?? null) : null;
}

/** The accounts of one user: those with these names, and those that begin with these prefixes and end in a payment. */
export function accountsOfParty(userId: string): { readonly names: string[]; readonly prefixes: string[] } {
  return {
    names: [`buyer:${userId}`, `paid:seller:${userId}`, `returned:buyer:${userId}`],
    prefixes: [`owed:seller:${userId}:`, `owed:buyer:${userId}:`],
  };
}

/** The network and the token that an asset of the books is named after. */
export function assetWords(asset: string): { readonly network: string; readonly token: string } {
  const cut = asset.indexOf(':');
  return { network: asset.slice(0, cut), token: asset.slice(cut + 1) };
}
