/**
 * SHKeeper's coin names by our network and token (shkeeper.md §3.1). Bare `USDT` and `USDC` mean Tron there, so a pair
 * that is missing here is refused and never guessed. There is no Arbitrum USDT.
 */
const coinNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  bsc: { USDT: 'BNB-USDT', USDC: 'BNB-USDC' },
  ethereum: { USDT: 'ETH-USDT', USDC: 'ETH-USDC', PYUSD: 'ETH-PYUSD', DAI: 'ETH-DAI' },
  polygon: { USDT: 'POLYGON-USDT', USDC: 'POLYGON-USDC' },
  avalanche: { USDT: 'AVALANCHE-USDT', USDC: 'AVALANCHE-USDC' },
  arbitrum: { USDC: 'ARB-USDC' },
  optimism: { USDT: 'OP-USDT', USDC: 'OP-USDC' },
};

/** SHKeeper's name of a token of ours, or null when it has none. */
export function coinNameFor(network: string, token: string): string | null {
  const tokens = Object.hasOwn(coinNames, network) ? coinNames[network] : undefined;
  const symbol = token.toUpperCase();
  return tokens && Object.hasOwn(tokens, symbol) ? (tokens[symbol] ?? null) : null;
}
