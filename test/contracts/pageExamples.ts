import { keccak256, solidityPacked, Wallet } from 'ethers';
import { idOf, type Terms } from './escrowTerms.ts';
import { type Item, roles, TAG } from './escrowWorld.ts';
import {
  ALL,
  acting,
  inDelivery,
  inPool,
  inVault,
  type PageStage,
  type Played,
  RELEASE,
  stuckInPool,
  stuckInVault,
  unfunded,
} from './pageStage.ts';
import { blacklist, burn } from './payouts.ts';
import * as acts from './signedActs.ts';
import * as funding from './signedFunding.ts';

const { buyer, seller, refundTo, guardian, stranger, signers } = roles;
const newWallet = Wallet.createRandom().address;
const SEAT = { index: 2, account: newWallet };

const moneyIn: Readonly<Record<string, (stage: PageStage) => Promise<Played>>> = {
  fund: async (stage) => {
    const terms = await unfunded(stage, stage.world.escrow.address);
    return acting(terms, () => stage.world.act(buyer, 'fund', [terms]));
  },
  fundWithAuthorization: async (stage) => {
    const terms = await unfunded(stage, stranger.address);
    return acting(terms, () => funding.fundWithAuthorization(stage.world, terms));
  },
  fundWithPermit2: async (stage) => {
    const terms = await unfunded(stage, stage.permit2.address);
    return acting(terms, () => funding.fundWithPermit2(stage.world, terms, 1n));
  },
  fundWithPermit: async (stage) => {
    const terms = await unfunded(stage, stranger.address);
    const consent = funding.consentTo(stage.world, terms, [[TAG.buyer, buyer]]);
    return acting(terms, () => funding.fundWithPermit(stage.world, terms, stranger, consent));
  },
  sweep: async (stage) => {
    const terms = await inVault(stage, ALL + 250n);
    await stage.world.act(signers[0], 'bumpSeq', [stage.world.idOf(terms)]);
    return acting(terms, () => stage.world.act(seller, 'sweep', [terms]));
  },
};

const settlements: typeof moneyIn = {
  settle: async (stage) => {
    const terms = await inPool(stage);
    await stage.world.settle(terms, { toSeller: 4_000n, toBuyer: 0n });
    return acting(terms, () => stage.world.settle(terms, { toSeller: 5_000n, toBuyer: 1_000n }));
  },
  settleMilestone: async (stage) => {
    const { world } = stage;
    const steps = [2_000n, 3_000n, 5_000n];
    const milestonesHash = keccak256(solidityPacked(['uint256', 'uint256', 'uint256'], steps));
    const terms = await inPool(stage, { milestonesHash });
    const step = async (toSeller: bigint) => {
      const settle = await world.settlement(terms, { toSeller, toBuyer: 0n });
      const signatures = world.sign(settle, [[TAG.buyer, buyer]]);
      await world.act(stranger, 'settleMilestone', [terms, settle, signatures, steps]);
    };
    await step(2_000n);
    return acting(terms, () => step(3_000n));
  },
  settleBatch: async (stage) => {
    const [a, b] = [await inPool(stage), await inPool(stage)];
    const act = async () => {
      const release = await stage.world.settlement(a, RELEASE);
      const refund = await stage.world.settlement(b, { toSeller: 0n, toBuyer: 4_000n });
      await acts.settleBatch(stage.world, 'settleBatch', [
        [a, release],
        [b, refund],
      ]);
    };
    return { payments: [a, b], act };
  },
  settleBatchReport: async (stage) => {
    const [a, b] = [await inPool(stage), await inPool(stage)];
    await stage.world.settle(b, RELEASE);
    const act = async () => {
      const release = await stage.world.settlement(a, RELEASE);
      const stale = await stage.world.settlement(b, { ...RELEASE, seq: 0 });
      await acts.settleBatch(stage.world, 'settleBatchReport', [
        [a, release],
        [b, stale],
      ]);
    };
    return { payments: [a, b], act };
  },
  settleItem: async (stage) => {
    const terms = await inVault(stage, ALL);
    const act = async () => {
      const settle = await stage.world.settlement(terms, RELEASE);
      await acts.settleBatch(stage.world, 'settleBatchReport', [[terms, settle]]);
    };
    return acting(terms, act);
  },
  bumpSeq: async (stage) => {
    const terms = await inPool(stage);
    return acting(terms, () => stage.world.act(signers[0], 'bumpSeq', [stage.world.idOf(terms)]));
  },
};

const clocks: typeof moneyIn = {
  markDelivered: async (stage) => {
    const terms = await inVault(stage, ALL + 250n);
    return acting(terms, () => inDelivery(stage, terms));
  },
  freeze: async (stage) => {
    const terms = await inDelivery(stage, await inPool(stage));
    await stage.at(6);
    return acting(terms, () => stage.world.act(buyer, 'freeze', [terms]));
  },
  actSigned: async (stage) => {
    const terms = await inPool(stage);
    await stage.at(5);
    const timing = { validUntil: terms.deliverBy };
    const item = [TAG.seller, seller] as const;
    return acting(terms, () => acts.actSigned(stage.world, terms, acts.ACTION.markDelivered, item, timing));
  },
  reclaim: async (stage) => {
    const terms = await inPool(stage);
    await stage.world.settle(terms, { toSeller: 4_000n, toBuyer: 0n });
    await stage.at(15);
    return acting(terms, () => stage.world.act(stranger, 'reclaim', [terms]));
  },
  claim: async (stage) => {
    const terms = await inDelivery(stage, await inPool(stage));
    await stage.at(9);
    return acting(terms, () => stage.world.act(stranger, 'claim', [terms]));
  },
  forceResolve: async (stage) => {
    const { world } = stage;
    const terms = await inVault(stage, ALL + 1n, { amount: ALL + 1n });
    await stage.at(6);
    await world.act(buyer, 'freeze', [terms]);
    await burn(world, await world.vaultOf(terms), 1_000n);
    await stage.at(52);
    return acting(terms, () => world.act(stranger, 'forceResolve', [terms]));
  },
};

const agreed: Item[] = [
  [2, signers[2]],
  [acts.ACCOUNT_TAG, seller],
];

const afterwards: typeof moneyIn = {
  recover: async (stage) => {
    const terms = await inDelivery(stage, await inVault(stage, ALL + 250n));
    return acting(terms, () => stage.world.act(stranger, 'recover', [terms, terms.token]));
  },
  recoverForeign: async (stage) => {
    const { world } = stage;
    const terms = await stage.sample();
    const id = idOf(terms, world.escrow.address, 1n);
    const [vault] = await world.read(world.escrow, 'depositAddress', [id]);
    await world.mint(vault, ALL);
    return acting(terms, () => world.act(signers[0], 'recoverForeign', [terms, terms.token, 1n]), { vault });
  },
  withdrawCredit: async (stage) => {
    const terms = await stuckInPool(stage);
    await blacklist(stage.world, seller.address, false);
    return acting(terms, () => stage.world.act(stranger, 'withdrawCredit', [seller.address, terms.token]));
  },
  payVaultCredit: async (stage) => {
    const terms = await stuckInVault(stage, [seller.address, refundTo.address]);
    await blacklist(stage.world, seller.address, false);
    return acting(terms, () => stage.world.act(stranger, 'payVaultCredit', [terms]));
  },
  redirectCredit: async (stage) => {
    const terms = await stuckInPool(stage);
    const redirect = { account: seller.address, token: terms.token, to: newWallet, amount: 9_000n };
    const act = () => acts.redirectCredit(stage.world, redirect, agreed);
    return acting(terms, act, { names: { 'new wallet': newWallet } });
  },
  redirectVaultCredit: async (stage) => {
    const terms = await stuckInVault(stage, [seller.address]);
    const move = { sellerShare: true, to: newWallet, amount: 5_940n };
    const act = () => acts.redirectVaultCredit(stage.world, terms, move, agreed);
    return acting(terms, act, { names: { 'new wallet': newWallet } });
  },
  refundLater: async (stage) => {
    const { world } = stage;
    const terms = await inPool(stage);
    await world.settle(terms, RELEASE);
    await world.send(world.token, seller, 'approve', [world.escrow.address, 2_500n]);
    return acting(terms, () => world.act(seller, 'refundLater', [terms, 2_500n]));
  },
  withdrawFees: async (stage) => {
    const terms = await inPool(stage);
    await stage.world.settle(terms, RELEASE);
    return acting(terms, () => stage.world.act(stranger, 'withdrawFees', [terms.token]));
  },
  rescue: async (stage) => {
    const terms = await inPool(stage);
    await stage.world.mint(stage.world.escrow.address, 700n);
    return acting(terms, () => acts.rescue(stage.world, { token: terms.token, amount: 700n }));
  },
};

const named = { 'old key': signers[2].address, 'new key': newWallet, 'new treasury': newWallet };

/** The seat's rotation was proposed on day 0; what comes next is mined at a later day. */
async function proposed(stage: PageStage, seat: typeof SEAT, next: number): Promise<Terms> {
  const terms = await stage.sample();
  await stage.at(0);
  await acts.rotate(stage.world, seat);
  await stage.at(next);
  return terms;
}

const control: typeof moneyIn = {
  pause: async (stage) => {
    const terms = await stage.sample();
    await stage.at(100);
    return acting(terms, () => stage.world.act(guardian, 'pause', []));
  },
  unpause: async (stage) => {
    const terms = await stage.sample();
    await stage.at(100);
    await stage.world.act(guardian, 'pause', []);
    await stage.at(102);
    return acting(terms, () => stage.world.act(guardian, 'unpause', []));
  },
  rotate: async (stage) => {
    const terms = await stage.sample();
    await stage.at(0);
    return acting(terms, () => acts.rotate(stage.world, SEAT), { names: named });
  },
  executeRotation: async (stage) => {
    const terms = await proposed(stage, SEAT, 3);
    return acting(terms, () => stage.world.act(stranger, 'executeRotation', [2]), { names: named });
  },
  cancelRotation: async (stage) => {
    const terms = await proposed(stage, SEAT, 1);
    return acting(terms, () => acts.cancelRotation(stage.world, 2), { names: named });
  },
  signerOff: async (stage) => {
    const terms = await proposed(stage, { index: 9, account: newWallet }, 1);
    const { 'new key': _, ...names } = named;
    return acting(terms, () => acts.signerOff(stage.world, 2), { names });
  },
};

/** The example of every page, by its verb. */
export const EXAMPLES: typeof moneyIn = { ...moneyIn, ...settlements, ...clocks, ...afterwards, ...control };
