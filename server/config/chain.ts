import { production, setting, text, whole } from './setting.ts';

/** Which chains are looked at, and how often. */
export const chainSettings = {
  NETWORKS_FILE: setting(
    'chain',
    'JSON file of networks, tokens, RPC nodes, finality and escrow addresses',
    text.default('.holdfast/networks.json'),
    production,
  ),
  MONITOR_INTERVAL_MS: setting('chain', 'pause between two looks at a chain', whole(100, 600_000, 1_000)),
} as const;
