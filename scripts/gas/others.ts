import { concat, Interface, keccak256, MaxUint256, solidityPacked } from 'ethers';
import type { Terms } from '../../test/contracts/escrowTerms.ts';
import { DAY, escrowArtifact, roles, ZERO_ADDRESS } from '../../test/contracts/escrowWorld.ts';
import { batchToFiftySellers, type GasRow } from './rows.ts';
import { AMOUNT, fundPool, type GasStage, gasSettlement, gasTerms, openStage } from './stage.ts';

const [signer] = roles.signers;
const STEPS = [20_000_000n, 30_000_000n, 50_000_000n];

async function paidPool(stage: GasStage, changes: Partial<Terms> = {}): Promise<Terms> {
  const terms = gasTerms('other', { token: stage.usdt.address, ...changes });
  await fundPool(stage.one, terms);
  return terms;
}

async function paidVault({ one, usdt }: GasStage, amount = AMOUNT): Promise<Terms> {
  const terms = gasTerms('other vault', { token: usdt.address });
  await one.send(usdt, roles.buyer, 'transfer', [await one.vaultOf(terms), amount]);
  return terms;
}

/** A settlement by one signature, or without any by the signer himself. */
async function settle(
  { one }: GasStage,
  terms: Terms,
  split: readonly [bigint, bigint],
  direct = false,
): Promise<bigint> {
  const settlement = gasSettlement(one, terms, ...split);
  const signatures = direct ? '0x' : one.sign(settlement, [[0, signer]]);
  return (await one.act(direct ? signer : roles.stranger, 'settle', [terms, settlement, signatures])).gasUsed;
}

async function act(
  stage: GasStage,
  by: keyof typeof callers,
  method: string,
  args: unknown[],
  value = 0n,
): Promise<bigint> {
  return (await stage.one.act(callers[by], method, args, value)).gasUsed;
}
const callers = { buyer: roles.buyer, seller: roles.seller, stranger: roles.stranger };

async function milestone(stage: GasStage): Promise<bigint> {
  const milestonesHash = keccak256(solidityPacked(['uint256', 'uint256', 'uint256'], STEPS));
  const terms = await paidPool(stage, { milestonesHash });
  const settlement = gasSettlement(stage.one, terms, STEPS[0] ?? 0n, 0n);
  const signatures = stage.one.sign(settlement, [[0, signer]]);
  return act(stage, 'stranger', 'settleMilestone', [terms, settlement, signatures, STEPS]);
}

async function claim(stage: GasStage): Promise<bigint> {
  const terms = await paidPool(stage);
  await act(stage, 'seller', 'markDelivered', [terms]);
  await stage.chain.setNextTime((await stage.chain.now()) + terms.inspection + DAY);
  return act(stage, 'stranger', 'claim', [terms]);
}

async function refundLater(stage: GasStage): Promise<bigint> {
  const terms = await paidPool(stage);
  await settle(stage, terms, [AMOUNT, 0n]);
  await stage.one.send(stage.usdt, roles.seller, 'approve', [stage.one.escrow.address, MaxUint256]);
  return act(stage, 'seller', 'refundLater', [terms, AMOUNT / 2n]);
}

async function deployment({ chain }: GasStage): Promise<bigint> {
  const signers = roles.signers.map(({ address }) => address);
  const args = [signers, 2, roles.guardian.address, roles.treasury.address, 1_000, 45 * DAY];
  const data = concat([escrowArtifact.bytecode, new Interface(escrowArtifact.abi).encodeDeploy(args)]);
  return (await chain.send({ from: roles.deployer.address, data })).gasUsed;
}

/** Operations without a ceiling, by the names that docs/contract/gas.md gives them. */
const ROWS: Readonly<Record<string, GasRow>> = {
  'release without a fee, direct caller': async (stage) =>
    settle(stage, await paidPool(stage, { feeBps: 0 }), [AMOUNT, 0n], true),
  'release without a fee, 1 signature': async (stage) =>
    settle(stage, await paidPool(stage, { feeBps: 0 }), [AMOUNT, 0n]),
  'split, 1 signature': async (stage) => settle(stage, await paidPool(stage), [AMOUNT / 2n, AMOUNT / 2n]),
  'first of three milestones, 1 signature': milestone,
  'batch of 50 to 50 sellers, per item': batchToFiftySellers,
  'delivery mark': async (stage) => act(stage, 'seller', 'markDelivered', [await paidPool(stage)]),
  'delivery mark of an unopened vault': async (stage) =>
    act(stage, 'seller', 'markDelivered', [await paidVault(stage)]),
  freeze: async (stage) => act(stage, 'buyer', 'freeze', [await paidPool(stage)]),
  'claim after the inspection': claim,
  'refund straight from the vault, 1 signature': async (stage) => settle(stage, await paidVault(stage), [0n, AMOUNT]),
  'recovery of surplus that deploys the vault': async (stage) =>
    act(stage, 'stranger', 'recover', [await paidVault(stage, AMOUNT + 1n), stage.usdt.address]),
  'refund after release': refundLater,
  'withdrawal of fees': (stage) => act(stage, 'stranger', 'withdrawFees', [stage.usdt.address]),
  'fund, native coin': (stage) => act(stage, 'buyer', 'fund', [gasTerms('other', { token: ZERO_ADDRESS })], AMOUNT),
  deployment,
};

/** Measures them by the method of the table with ceilings. */
export async function measureOthers(): Promise<Record<string, number>> {
  const stage = await openStage();
  try {
    const measured: Record<string, number> = {};
    for (const [operation, row] of Object.entries(ROWS)) {
      const snapshot = await stage.chain.snapshot();
      measured[operation] = Number(await row(stage));
      await stage.chain.restore(snapshot);
    }
    return measured;
  } finally {
    await stage.chain.close();
  }
}
