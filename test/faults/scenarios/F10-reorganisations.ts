import { expect } from 'chai';
import { Interface, toBeHex, Wallet } from 'ethers';
import { eventually } from '../../support/eventually.ts';
import { books, transitions } from '../support/audit.ts';
import type { FaultStage } from '../support/faultStage.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { people } from '../support/stage.ts';
import { type OpenTrade, openTrade, payment, stepLimitMs, units } from '../support/trade.ts';

const token = new Interface(['function transfer(address,uint256)']);
const gasLimit = 200_000;
/** Blocks after a reorganisation, enough for the longest to be final again (four behind the head) and to be looked at. */
const blocksAfter = 8;

/** What becomes of a payment whose block is taken back. */
type Fate = 'in a later block' | 'with another log index' | 'never';
const fates: readonly Fate[] = ['never', 'in a later block', 'with another log index'];

/** A payment that will be taken back, and by whom it was paid. */
interface Taken {
  readonly fate: Fate;
  readonly trade: OpenTrade;
  readonly raw: string;
  readonly txHash: string;
}

/** People who pay with wallets of their own: another one's transaction, taken back, must not stand in their way. */
interface Payers {
  readonly ofFate: Readonly<Record<Fate, Wallet>>;
  /** Pays a stranger in the same block, before the others. */
  readonly bystander: Wallet;
}

async function fundPayers(stage: FaultStage, amount: bigint): Promise<Payers> {
  const wallet = async () => {
    const made = new Wallet(Wallet.createRandom().privateKey, stage.chain.provider);
    await stage.chain.rpc('anvil_setBalance', [made.address, toBeHex(units('100'))]);
    await stage.chain.mint(made.address, amount);
    return made;
  };
  const ofFate = {
    never: await wallet(),
    'in a later block': await wallet(),
    'with another log index': await wallet(),
  };
  return { ofFate, bystander: await wallet() };
}

/** A signed transfer; a higher tip puts it before others of its block. */
async function signed(stage: FaultStage, payer: Wallet, to: string, how: { amount: bigint; tip: bigint }) {
  const { deployment } = stage.sandbox.info;
  return payer.signTransaction({
    ...{ type: 2, chainId: deployment.chainId, gasLimit, to: deployment.token },
    nonce: await stage.chain.provider.getTransactionCount(payer.address, 'latest'),
    data: token.encodeFunctionData('transfer', [to, how.amount]),
    maxFeePerGas: 100_000_000_000n,
    maxPriorityFeePerGas: how.tip,
  });
}

const broadcast = async (stage: FaultStage, raw: string) =>
  String(await stage.chain.rpc('eth_sendRawTransaction', [raw]));

async function pay(stage: FaultStage, payers: Payers, trades: readonly OpenTrade[]): Promise<Taken[]> {
  const taken: Taken[] = [];
  for (const [index, fate] of fates.entries()) {
    const trade = trades[index] as OpenTrade;
    // the one that will change its place is the first of its block
    const tip = fate === 'with another log index' ? 3_000_000_000n : 1_000_000_000n;
    const raw = await signed(stage, payers.ofFate[fate], trade.vault, { amount: units('100'), tip });
    taken.push({ fate, trade, raw, txHash: await broadcast(stage, raw) });
  }
  await stage.chain.mine(1);
  return taken;
}

interface Place {
  readonly blockHash: string;
  readonly blockNumber: string;
  readonly logs: readonly { readonly logIndex: string }[];
}

const placeOf = async (stage: FaultStage, txHash: string) =>
  (await stage.chain.rpc('eth_getTransactionReceipt', [txHash])) as Place | null;

/** Takes the last `depth` blocks back, and gives each payment its fate. */
async function takeBack(stage: FaultStage, payers: Payers, depth: number, taken: readonly Taken[]): Promise<void> {
  const before = new Map<Fate, Place | null>();
  for (const { fate, txHash } of taken) before.set(fate, await placeOf(stage, txHash));
  const other = await signed(stage, payers.bystander, stage.sandbox.info.deployment.guardian, {
    amount: 1n,
    tip: 5_000_000_000n,
  });
  const rawOf = (fate: Fate) => taken.find((one) => one.fate === fate)?.raw ?? '';
  await stage.chain.rpc('anvil_reorg', [
    depth,
    [
      [other, 0],
      [rawOf('with another log index'), 0],
    ],
  ]);
  await broadcast(stage, rawOf('in a later block'));
  await stage.chain.mine(1);
  for (const { fate, txHash } of taken) {
    const [old, now] = [before.get(fate), await placeOf(stage, txHash)];
    const name = `depth ${depth}, ${fate}`;
    expect(old, `${name}: it was on the chain`).not.to.equal(null);
    if (fate === 'never') expect(now, name).to.equal(null);
    else expect(now?.blockHash, name).to.be.a('string').and.not.to.equal(old?.blockHash);
    if (fate === 'in a later block') expect(Number(now?.blockNumber)).to.be.greaterThan(Number(old?.blockNumber));
    if (fate !== 'with another log index') continue;
    expect(now?.blockNumber, name).to.equal(old?.blockNumber);
    expect(now?.logs[0]?.logIndex, name).not.to.equal(old?.logs[0]?.logIndex);
  }
}

/** What the server knows of a payment before its block is taken back: a sight at the head, a credit below it. */
function untilKnown(stage: FaultStage, depth: number, { trade }: Taken): Promise<boolean> {
  const wanted = depth === 1 ? 'transferSeen' : 'transferConfirmed';
  return eventually(
    async () => {
      const steps = await transitions(stage, trade.paymentId);
      return steps.some((step) => step.kind === wanted) || null;
    },
    { timeoutMs: stepLimitMs, what: `${trade.paymentId} has ${wanted}` },
  );
}

/** The ledger holds exactly what the vault holds on the chain as it is now. */
async function expectCanonical(stage: FaultStage, taken: Taken, depth: number): Promise<void> {
  const { trade, fate } = taken;
  const stands = fate !== 'never';
  const held = await stage.chain.balance(trade.vault);
  expect(held, `${fate}: the chain`).to.equal(stands ? units('100') : 0n);
  const wanted = stands ? { [`buyer:${people.buyer}`]: -units('100'), 'held:contract:<p>': units('100') } : {};
  await eventually(
    async () => {
      await stage.chain.mine(1);
      expect(await books(stage, trade.paymentId)).to.deep.equal(wanted);
      expect((await payment(stage, trade.paymentId)).status === 'completed').to.equal(stands);
      return true;
    },
    { timeoutMs: stepLimitMs, what: `depth ${depth}, mined again ${fate}: the ledger follows` },
  );
  const steps = await transitions(stage, trade.paymentId);
  const count = (kind: string) => steps.filter((step) => step.kind === kind).length;
  // every credit that was taken back was taken back once, and one stands or none
  expect(count('transferConfirmed') - count('transferOrphaned'), `${fate}: credits`).to.equal(stands ? 1 : 0);
  if (!stands && depth > 1) expect(count('transferOrphaned')).to.equal(1);
}

async function reorganise(stage: FaultStage, payers: Payers, depth: number): Promise<void> {
  const trades = await Promise.all(fates.map(() => openTrade(stage)));
  const taken = await pay(stage, payers, trades);
  await stage.chain.mine(depth - 1);
  await Promise.all(taken.map((one) => untilKnown(stage, depth, one)));
  await takeBack(stage, payers, depth, taken);
  await stage.chain.mine(blocksAfter);
  for (const one of taken) await expectCanonical(stage, one, depth);
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  const deepest = run.number('deepest');
  const payers = await fundPayers(stage, units('100') * BigInt(deepest));
  // no reorganisation reaches what was prepared
  await stage.chain.mine(deepest + blocksAfter);
  await stage.chain.rpc('evm_setIntervalMining', [0]);
  try {
    for (let depth = 1; depth <= deepest; depth += 1) {
      run.say(`the last ${depth} blocks are replaced`);
      await reorganise(stage, payers, depth);
    }
  } finally {
    await stage.chain.rpc('evm_setIntervalMining', [1]);
  }
  run.figure('reorganisations', deepest);
  run.figure('payments taken back', deepest * fates.length);
}

/** The chain replaces its last blocks; four of them are not final yet, the deeper ones are. */
export const reorganisations: Scenario = {
  id: 'F10',
  title:
    'reorganisations of depth 1 to 12, the payment mined again in another block, at another log index or never: the ledger is the canonical chain',
  stage: { servers: [{}, {}] },
  numbers: { deepest: { full: 12, short: 2 } },
  run,
};
