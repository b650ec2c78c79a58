import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { list, setting, whole } from './setting.ts';

/** Adds an address or a CIDR; throws at what is neither. */
function add(sources: BlockList, entry: string): void {
  const [, address = '', bits] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const version = isIP(address);
  if (version === 0) throw new Error('is no address');
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (bits === undefined) sources.addAddress(address, family);
  else sources.addSubnet(address, Number(bits), family);
}

const sources = list.transform((entries, context) => {
  const listed = new BlockList();
  try {
    for (const entry of entries) add(listed, entry);
    return entries.length === 0 ? null : listed;
  } catch {
    context.addIssue({ code: 'custom', message: 'must be addresses or CIDRs, e.g. 203.0.113.7,2001:db8::/48' });
    return z.NEVER;
  }
});

/** How many connections there may be. */
export const connectionSettings = {
  MAX_CONNECTIONS: setting(
    'server',
    'open connections of this process, sockets counted in; what comes beyond is closed at once',
    whole(10, 1_000_000, 10_000),
  ),
} as const;

/** From where the provider may call. */
export const webhookSettings = {
  SHKEEPER_WEBHOOK_SOURCES: setting(
    'shkeeper',
    'addresses and CIDRs, comma-separated, that webhooks may come from; every address when empty (behind proxies TRUST_PROXY must be right)',
    sources,
  ),
} as const;
