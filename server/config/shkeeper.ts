import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { list, production, secret, setting, text, url, whole } from './setting.ts';

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

/** Where SHKeeper is, from where it may call, and how the two know each other. */
export const shkeeperSettings = {
  SHKEEPER_URL: setting(
    'shkeeper',
    'address of the SHKeeper server',
    url(/^https?$/).default('http://127.0.0.1:5000'),
    production,
  ),
  SHKEEPER_API_KEY: setting('shkeeper', 'its API key; also a key of its webhook signatures', text.default(''), secret),
  SHKEEPER_WEBHOOK_SECRET: setting('shkeeper', 'further signature keys, comma-separated, tried first', list, {
    secret: true,
  }),
  SHKEEPER_WEBHOOK_SOURCES: setting(
    'shkeeper',
    'addresses and CIDRs, comma-separated, that webhooks may come from; every address when empty (behind proxies TRUST_PROXY must be right)',
    sources,
  ),
  SHKEEPER_PAYOUT_USER: setting(
    'shkeeper',
    'Basic user of payouts; only processes that pay out need it',
    text.default(''),
  ),
  SHKEEPER_PAYOUT_PASSWORD: setting('shkeeper', 'Basic password of payouts', text.default(''), { secret: true }),
  SHKEEPER_WEBHOOK_ACK_STATUS: setting(
    'shkeeper',
    'answer to an accepted webhook; SHKeeper repeats everything but 202',
    whole(200, 299, 202),
  ),
  SHKEEPER_LEGACY_SIGNATURE: setting(
    'shkeeper',
    'accept old signature forms',
    z.enum(['off', 'header', 'body']).default('off'),
  ),
  SHKEEPER_POLL_SECONDS: setting('shkeeper', 'pause between two looks at an open invoice', whole(1, 3_600, 60)),
} as const;

interface Read {
  readonly SHKEEPER_PAYOUT_USER?: string;
  readonly SHKEEPER_PAYOUT_PASSWORD?: string;
}

/** What must not be, in any environment. */
export function unsafeShkeeper({ SHKEEPER_PAYOUT_USER: user, SHKEEPER_PAYOUT_PASSWORD: password }: Read): string[] {
  if (user === undefined || password === undefined || (user === '') === (password === '')) return [];
  return ['SHKEEPER_PAYOUT_USER and SHKEEPER_PAYOUT_PASSWORD belong together: give both or none'];
}
