import { expect } from 'chai';
import {
  CANCEL_ROTATION_TYPES,
  type MessageTypes,
  RESCUE_TYPES,
  ROTATE_TYPES,
  SETTLE_TYPES,
  SIGNER_OFF_TYPES,
} from '../escrowTerms.ts';
import { DAY, type Item, PRICE, roles, SIGNER_ITEMS, STATUS, useEscrowWorld } from '../escrowWorld.ts';
import { MODES, paid, pause } from '../lifeStages.ts';
import { signItems } from '../signatureItems.ts';

const { buyer, guardian, seller, signers, stranger, treasury } = roles;
const STRAY = 7n;

/** A control message: its function, its type, and its values before the nonce. */
interface Control {
  verb: 'rotate' | 'cancelRotation' | 'signerOff' | 'rescue';
  types: MessageTypes;
  values: Record<string, unknown>;
}
type Sent = readonly unknown[];

describe('MarketplaceEscrow control messages, each once', () => {
  const world = useEscrowWorld();

  /** One of each. Before any of them a rotation of the guardian is pending and the pool holds strays. */
  function messages(): Control[] {
    const token = world().token.address;
    return [
      { verb: 'rotate', types: ROTATE_TYPES, values: { index: 9, account: stranger.address } },
      { verb: 'cancelRotation', types: CANCEL_ROTATION_TYPES, values: { index: 8 } },
      { verb: 'signerOff', types: SIGNER_OFF_TYPES, values: { index: 2 } },
      { verb: 'rescue', types: RESCUE_TYPES, values: { token, amount: STRAY } },
    ];
  }
  async function nonce(): Promise<bigint> {
    return (await world().read(world().escrow, 'config')).nonce;
  }
  /** The arguments of a signed message, as whoever has them can send them again. */
  async function signed(message: Control, at?: bigint, items: readonly Item[] = SIGNER_ITEMS): Promise<Sent> {
    const validUntil = (await world().chain.now()) + DAY;
    const full = { ...message.values, nonce: at ?? (await nonce()), validUntil };
    const signatures = signItems(world().digest(message.types, full), items);
    return [...Object.values(message.values), validUntil, signatures];
  }
  const send = ({ verb }: Control, args: Sent, from = stranger) => world().act(from, verb, [...args]);
  /** Makes every one of the messages possible once more. */
  async function prepare(): Promise<void> {
    await world().mint(world().escrow.address, 10n * STRAY);
    const guardianNext: Control = { verb: 'rotate', types: ROTATE_TYPES, values: { index: 8, account: buyer.address } };
    await send(guardianNext, await signed(guardianNext));
  }

  it('C6: takes each message once, and raises the nonce by one', async () => {
    await prepare();
    for (const message of messages()) {
      const snapshot = await world().chain.snapshot();
      const args = await signed(message);
      const before = await nonce();
      await send(message, args);
      expect(await nonce(), message.verb).to.equal(before + 1n);
      await world().rejects(send(message, args), 'BadSignature');
      // Also when what it does would be possible again.
      if (message.verb === 'cancelRotation') await prepare();
      await world().rejects(send(message, args), 'BadSignature');
      await world().chain.restore(snapshot);
    }
  });

  it('C6: reverts for a nonce behind or ahead, whatever it was spent on', async () => {
    await prepare();
    const all = messages();
    const at = await nonce();
    for (const message of all) {
      await world().rejects(send(message, await signed(message, at - 1n)), 'BadSignature');
      await world().rejects(send(message, await signed(message, at + 1n)), 'BadSignature');
    }
    // The four share one nonce: whichever lands first voids the others that were signed beside it.
    for (const first of all) {
      const snapshot = await world().chain.snapshot();
      const others = await Promise.all(all.map(async (message) => [message, await signed(message)] as const));
      await send(first, await signed(first));
      for (const [message, args] of others) await world().rejects(send(message, args), 'BadSignature');
      await world().chain.restore(snapshot);
    }
  });

  it('C6: wakes a message of a later nonce when its turn comes, so an old set cannot be counted as dead', async () => {
    await prepare();
    const [rotation, , , rescue] = messages();
    if (rotation === undefined || rescue === undefined) throw new Error('four messages');
    const ahead = await signed(rescue, (await nonce()) + 1n);
    await world().rejects(send(rescue, ahead), 'BadSignature');
    await send(rotation, await signed(rotation));
    await send(rescue, ahead);
    expect(await world().balance(treasury.address)).to.equal(STRAY);
  });

  it('C6: reverts with empty signatures at threshold 1, also for an active signer, who could settle so', async () => {
    const usual = world().escrow;
    world().escrow = await world().deployEscrow({ threshold: 1 });
    expect(world().escrow.address).to.not.equal(usual.address);
    for (const mode of MODES) {
      const terms = await paid(world(), mode);
      const settle = await world().settlement(terms, { toSeller: PRICE, toBuyer: 0n });
      await world().act(signers[0], 'settle', [terms, settle, '0x']);
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    }
    const one: Item[] = [[0, signers[0]]];
    const pending: Control = { verb: 'rotate', types: ROTATE_TYPES, values: { index: 8, account: buyer.address } };
    await world().mint(world().escrow.address, STRAY);
    await send(pending, await signed(pending, undefined, one));
    for (const message of messages()) {
      const snapshot = await world().chain.snapshot();
      const args = await signed(message, undefined, one);
      const empty = [...args.slice(0, -1), '0x'];
      for (const from of [...signers, guardian, treasury, stranger]) {
        await world().rejects(send(message, empty, from), 'BadSignature');
      }
      await send(message, args);
      await world().chain.restore(snapshot);
    }
  });

  it('C6: reverts for a message of another escrow or chain, or one that is signed as another kind', async () => {
    await prepare();
    const all = messages();
    const at = await nonce();
    const here = world().escrow;
    world().escrow = await world().deployEscrow();
    const elsewhere = await Promise.all(all.map((message) => signed(message, at)));
    world().escrow = here;
    for (const [index, message] of all.entries()) {
      await world().rejects(send(message, elsewhere[index] ?? []), 'BadSignature');
      const validUntil = (await world().chain.now()) + DAY;
      const full = { ...message.values, nonce: at, validUntil };
      const otherChain = signItems(world().digest(message.types, full, 56n), SIGNER_ITEMS);
      const args = [...Object.values(message.values), validUntil];
      await world().rejects(send(message, [...args, otherChain]), 'BadSignature');
    }
    // The cancellation and the switch-off have the same values, and differ by their type alone.
    const [, , off] = all;
    if (off === undefined) throw new Error('four messages');
    const asCancel = await signed({ ...off, types: CANCEL_ROTATION_TYPES });
    await world().rejects(send(off, asCancel), 'BadSignature');
    expect(await nonce()).to.equal(at);
  });

  it('C6: reverts for signatures of the parties, of too few signers, and for those of a settlement', async () => {
    await prepare();
    const terms = await paid(world(), 'pool');
    const settle = await world().settlement(terms, { toSeller: PRICE, toBuyer: 0n });
    const settleSet = signItems(world().digest(SETTLE_TYPES, settle), SIGNER_ITEMS);
    for (const message of messages()) {
      const args = await signed(message);
      for (const items of [
        [[0, signers[0]]],
        [
          [0x7e, buyer],
          [0x7f, seller],
        ],
        [
          [0, signers[0]],
          [0, signers[0]],
        ],
        [
          [0, signers[0]],
          [1, guardian],
        ],
        [...SIGNER_ITEMS, [0x7e, buyer]],
        [...SIGNER_ITEMS, [0x7d, stranger]],
      ] as Item[][]) {
        await world().rejects(send(message, await signed(message, undefined, items)), 'BadSignature');
      }
      await world().rejects(send(message, [...args.slice(0, -1), settleSet]), 'BadSignature');
    }
  });

  it('C6: spends no nonce on a message that reverts, and none of it is stopped by a pause', async () => {
    await prepare();
    const at = await nonce();
    const tooMuch: Control = {
      verb: 'rescue',
      types: RESCUE_TYPES,
      values: { token: world().token.address, amount: 1_000n * STRAY },
    };
    const args = await signed(tooMuch);
    await world().rejects(send(tooMuch, args), 'NotCovered');
    expect(await nonce()).to.equal(at);
    await pause(world());
    await world().mint(world().escrow.address, 1_000n * STRAY);
    await send(tooMuch, args);
    for (const message of messages()) await send(message, await signed(message));
    expect(await nonce()).to.equal(at + 5n);
  });
});
