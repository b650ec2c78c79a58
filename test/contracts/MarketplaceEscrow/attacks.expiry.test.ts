import { keccak256, toBeHex } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, TAG, useEscrowWorld } from '../escrowWorld.ts';
import { MODES, paid } from '../lifeStages.ts';
import { useToken } from '../mocks.ts';
import { rejectsEach } from '../observed.ts';
import { blacklist } from '../payouts.ts';
import type { SignatureItem } from '../signatureItems.ts';
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

const MONTH = 2_592_000;
const { buyer, seller, signers, stranger } = roles;
const ALL = { toSeller: PRICE, toBuyer: 0n };

/** The seconds of a row, before or after the block's own, and whether a message that names them counts. */
const ROW = [
  [-1, false],
  [0, true],
  [MONTH, true],
  [MONTH + 1, false],
] as const;

describe('attacks by messages out of time', () => {
  const world = useEscrowWorld();

  /** Sends a message that names each of the five times, in the block of one and the same second. */
  async function onlyInTime(name: string, call: (validUntil: number) => Promise<unknown>): Promise<void> {
    const now = (await world().chain.now()) + 50;
    const at = async (validUntil: number) => {
      await world().chain.setNextTime(now);
      return call(validUntil);
    };
    for (const validUntil of [0, ...ROW.filter(([, counts]) => !counts).map(([offset]) => now + offset)]) {
      const snapshot = await world().chain.snapshot();
      await rejectsEach(world(), [[`${name}, ${validUntil} at ${now}`, () => at(validUntil)]], 'Expired');
      await world().chain.restore(snapshot);
    }
    for (const [offset] of ROW.filter(([, counts]) => counts)) {
      const snapshot = await world().chain.snapshot();
      await at(now + offset);
      await world().chain.restore(snapshot);
    }
  }

  for (const mode of MODES) {
    describe(`${mode} mode`, () => {
      it('A31: settles only by a settlement in its time, of the admins, of the parties, or without signatures', async () => {
        const terms = await paid(world(), mode);
        const sets: Record<string, readonly SignatureItem[]> = {
          admins: [
            [0, signers[0]],
            [1, signers[1]],
          ],
          both: [
            [TAG.buyer, buyer],
            [TAG.seller, seller],
          ],
          buyer: [[TAG.buyer, buyer]],
        };
        for (const [name, items] of Object.entries(sets)) {
          await onlyInTime(name, (validUntil) => world().settle(terms, { ...ALL, seq: 0, validUntil }, items));
        }
        world().escrow = await world().deployEscrow({ threshold: 1 });
        const direct = await paid(world(), mode);
        await onlyInTime('direct caller', async (validUntil) => {
          const settle = await world().settlement(direct, { ...ALL, validUntil });
          return world().act(signers[0], 'settle', [direct, settle, '0x']);
        });
      });

      it('A31: settles only by a milestone in its time', async () => {
        const terms = await paid(world(), mode, { milestonesHash: keccak256(toBeHex(PRICE, 32)) });
        await onlyInTime('milestone', async (validUntil) => {
          const settle = await world().settlement(terms, { ...ALL, validUntil });
          return world().act(stranger, 'settleMilestone', [terms, settle, world().sign(settle), [PRICE]]);
        });
      });

      it('A31: settles only by a batch whose every item is in its time', async () => {
        const [terms, other] = [await paid(world(), mode), await paid(world(), mode)];
        const longLived = (await world().chain.now()) + 10_000;
        await onlyInTime('batch', async (validUntil) =>
          settleBatch(world(), 'settleBatch', [
            [other, await world().settlement(other, { ...ALL, validUntil: longLived })],
            [terms, await world().settlement(terms, { ...ALL, validUntil })],
          ]),
        );
        await onlyInTime('report', async (validUntil) => {
          const batch = [[terms, await world().settlement(terms, { ...ALL, validUntil })]] as const;
          return failedItem(await settleBatch(world(), 'settleBatchReport', batch));
        });
      });

      it('A31: acts only by a signed mark or freeze in its time', async () => {
        const terms = await paid(world(), mode);
        await onlyInTime('mark', (validUntil) =>
          actSigned(world(), terms, ACTION.markDelivered, [TAG.seller, seller], { validUntil }),
        );
        await onlyInTime('freeze', (validUntil) =>
          actSigned(world(), terms, ACTION.freeze, [TAG.buyer, buyer], { validUntil }),
        );
      });

      it('A31: redirects a credit only by a message in its time', async () => {
        const terms = await creditedIn(mode);
        const items: readonly SignatureItem[] = [
          [0, signers[0]],
          [ACCOUNT_TAG, seller],
        ];
        const { seller: account, token } = terms;
        const end = { to: stranger.address, amount: 1n };
        await onlyInTime('redirect', (validUntil) =>
          mode === 'pool'
            ? redirectCredit(world(), { account, token, ...end }, items, { validUntil })
            : redirectVaultCredit(world(), terms, { sellerShare: true, ...end }, items, { validUntil }),
        );
      });
    });
  }

  it('A31: controls only by a rotation, a cancellation, a switch-off or a rescue in its time', async () => {
    const seat = { index: 8, account: stranger.address };
    await world().mint(world().escrow.address, 5n);
    await rotate(world(), seat);
    const stray = { token: world().token.address, amount: 5n };
    await onlyInTime('rotate', (validUntil) => rotate(world(), seat, undefined, { validUntil }));
    await onlyInTime('cancelRotation', (validUntil) => cancelRotation(world(), 8, undefined, { validUntil }));
    await onlyInTime('signerOff', (validUntil) => signerOff(world(), 2, undefined, { validUntil }));
    await onlyInTime('rescue', (validUntil) => rescue(world(), stray, undefined, { validUntil }));
  });

  async function creditedIn(mode: (typeof MODES)[number]): Promise<Terms> {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await paid(world(), mode);
    await blacklist(world(), seller.address);
    await world().settle(terms, ALL);
    return terms;
  }

  /** A report does not revert: its failed item says why. */
  async function failedItem(receipt: Awaited<ReturnType<typeof settleBatch>>): Promise<void> {
    const failed = world()
      .events(receipt)
      .find((event) => event.name === 'ItemFailed');
    if (failed === undefined) return;
    // Reverts with what the item said, as a call of its own.
    const error = Object.assign(new Error('the item failed'), { data: failed.args.reason });
    throw error;
  }
});
