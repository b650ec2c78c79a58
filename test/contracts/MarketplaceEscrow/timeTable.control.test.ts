import type { Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, TAG, useEscrowWorld } from '../escrowWorld.ts';
import { MODES, paid, pause } from '../lifeStages.ts';
import { useToken } from '../mocks.ts';
import {
  ACCOUNT_TAG,
  ACTION,
  actSigned,
  cancelRotation,
  redirectCredit,
  redirectVaultCredit,
  rescue,
  rotate,
  settleBatch,
  signerOff,
} from '../signedActs.ts';
import { openAfter, openAt, openUntil } from '../timeBounds.ts';

const MONTH = 2_592_000;
const WEEK = 604_800;
const GUARDIAN_SEAT = 8;
const ACCOUNT_ITEMS = [
  [0, roles.signers[0]],
  [ACCOUNT_TAG, roles.seller],
] as const;

describe('MarketplaceEscrow time table: messages', () => {
  const world = useEscrowWorld();

  /** A message counts in the second it names, not in the next one; and from 30 days before it, not earlier. */
  async function boundsOf(call: (validUntil: number) => Promise<unknown>): Promise<void> {
    const until = (await world().chain.now()) + MONTH + 100;
    await openUntil(world(), { at: until, error: 'Expired', call: () => call(until) });
    await openAfter(world(), { at: until - MONTH - 1, error: 'Expired', call: () => call(until) });
    await world().rejects(call(0), 'Expired');
  }
  /** A payment that neither side's time ends while a message is tried. */
  async function lasting(mode: 'pool' | 'vault'): Promise<Terms> {
    const now = await world().chain.now();
    return paid(world(), mode, { deliverBy: now + 3 * MONTH });
  }

  for (const mode of MODES) {
    describe(`${mode} mode`, () => {
      it('T1: a settlement counts until validUntil, at most 30 days ahead', async () => {
        const terms = await lasting(mode);
        await boundsOf((validUntil) => world().settle(terms, { toSeller: PRICE, toBuyer: 0n, validUntil }));
      });

      it('T1: a batch counts until validUntil, at most 30 days ahead', async () => {
        const terms = await lasting(mode);
        await boundsOf(async (validUntil) => {
          const settle = await world().settlement(terms, { toSeller: PRICE, toBuyer: 0n, validUntil });
          return settleBatch(world(), 'settleBatch', [[terms, settle]]);
        });
      });

      it('T1: a signed act counts until validUntil, at most 30 days ahead', async () => {
        const terms = await lasting(mode);
        for (const [action, item] of [
          [ACTION.markDelivered, [TAG.seller, roles.seller]],
          [ACTION.freeze, [TAG.buyer, roles.buyer]],
        ] as const) {
          await boundsOf((validUntil) => actSigned(world(), terms, action, item, { validUntil }));
        }
      });

      it('T1: a redirect counts until validUntil, at most 30 days ahead', async () => {
        const usdc = await useToken(world(), 'UsdcLikeToken');
        await world().send(usdc, roles.deployer, 'setBlacklisted', [roles.seller.address, true]);
        const terms = await paid(world(), mode, { feeBps: 0 });
        await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
        const move = { to: roles.stranger.address, amount: PRICE };
        const account = { account: terms.seller, token: terms.token };
        await boundsOf((validUntil) =>
          mode === 'pool'
            ? redirectCredit(world(), { ...account, ...move }, ACCOUNT_ITEMS, { validUntil })
            : redirectVaultCredit(world(), terms, { sellerShare: true, ...move }, ACCOUNT_ITEMS, { validUntil }),
        );
      });
    });
  }

  it('T1: a control message counts until validUntil, at most 30 days ahead', async () => {
    const seat = { index: GUARDIAN_SEAT, account: roles.stranger.address };
    await rotate(world(), seat);
    await world().mint(world().escrow.address, 5n);
    const stray = { token: world().token.address, amount: 5n };
    await boundsOf((validUntil) => rotate(world(), seat, undefined, { validUntil }));
    await boundsOf((validUntil) => cancelRotation(world(), GUARDIAN_SEAT, undefined, { validUntil }));
    await boundsOf((validUntil) => signerOff(world(), 2, undefined, { validUntil }));
    await boundsOf((validUntil) => rescue(world(), stray, undefined, { validUntil }));
  });
});

describe('MarketplaceEscrow time table: pause and seats', () => {
  const world = useEscrowWorld();
  const { guardian, stranger } = roles;

  async function pausedUntil(): Promise<number> {
    return Number((await world().read(world().escrow, 'config')).pausedUntil);
  }

  it('T1: a pause holds until pausedUntil', async () => {
    const terms = await paid(world(), 'vault');
    const until = await pause(world());
    const call = () => world().act(roles.seller, 'sweep', [terms]);
    await openAfter(world(), { at: until, error: 'Paused', call });
  });

  it('T1: a pause holds for the admins until pausedUntil', async () => {
    const terms = await paid(world(), 'vault');
    const until = await pause(world());
    const call = () => world().settle(terms, { toSeller: PRICE, toBuyer: 0n, validUntil: until + 1 });
    await openAfter(world(), { at: until, error: 'Paused', call });
  });

  it('T1: the guardian pauses for 7 days, again only after 7 days without', async () => {
    const first = (await world().chain.now()) + 100;
    await openAt(world(), [first], async () => {
      await world().act(guardian, 'pause', []);
      if ((await pausedUntil()) !== first + WEEK) throw new Error('the pause is not 7 days long');
      const call = () => world().act(guardian, 'pause', []);
      await openAfter(world(), { at: first + 2 * WEEK, error: 'TooEarly', call });
    });
  });

  it('T1: the guardian ends a pause until pausedUntil, and then it ends now', async () => {
    const until = await pause(world());
    const call = () => world().act(guardian, 'unpause', []);
    await openUntil(world(), { at: until, error: 'NotPaused', call });
    await openAt(world(), [until - DAY], async () => {
      await call();
      if ((await pausedUntil()) !== until - DAY) throw new Error('the pause did not end now');
    });
  });

  it('T1: anyone executes a rotation after 48 hours', async () => {
    await rotate(world(), { index: GUARDIAN_SEAT, account: stranger.address });
    const proposed = await world().chain.now();
    const call = () => world().act(stranger, 'executeRotation', [GUARDIAN_SEAT]);
    await openAfter(world(), { at: proposed + 172_800, error: 'TooEarly', call });
  });
});
