import path from 'node:path';
import { expect } from 'chai';
import { writeNetworksFile } from '../../../scripts/deployLocal.ts';
import { eventually } from '../../support/eventually.ts';
import { books } from '../support/audit.ts';
import { type FakeNode, type Manner, startFakeNode } from '../support/fakeNode.ts';
import type { FaultStage } from '../support/faultStage.ts';
import { anotherContract, anotherToken, failed, fakeTransfer, lagging, noAmount, wrongChain } from '../support/lies.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { people } from '../support/stage.ts';
import { type OpenTrade, openTrade, payment, stepLimitMs, units, untilPayment } from '../support/trade.ts';

/** One way of being wrong; made once the addresses that money will go to are known. */
type Illness = (stage: FaultStage, addresses: readonly string[]) => Promise<Manner> | Manner;

const illnesses: readonly (readonly [string, Illness])[] = [
  ['names another receiver', (_, addresses) => ({ kind: 'lying', lie: anotherContract(addresses) })],
  ['invents a transfer', async (stage, addresses) => ({ kind: 'lying', lie: await inventedFor(stage, addresses) })],
  ['answers 429', () => ({ kind: 'throttled' })],
  ['answers for another chain', () => ({ kind: 'lying', lie: wrongChain })],
  ['lags behind', async (stage) => ({ kind: 'lying', lie: lagging(await stage.chain.provider.getBlockNumber()) })],
  ['names another token', (_, addresses) => ({ kind: 'lying', lie: anotherToken(addresses) })],
  ['says that nothing was in it', (_, addresses) => ({ kind: 'lying', lie: noAmount(addresses) })],
  ['says that it failed', (_, addresses) => ({ kind: 'lying', lie: failed(addresses) })],
  ['is silent', () => ({ kind: 'silent' })],
];

/** A real transaction between strangers, whose receipt the node adds to. */
async function inventedFor(stage: FaultStage, addresses: readonly string[]) {
  const txHash = await stage.chain.pay(stage.sandbox.info.deployment.guardian, 1n);
  const receipt = (await stage.chain.rpc('eth_getTransactionReceipt', [txHash])) as {
    logs: Record<string, unknown>[];
  };
  const [log] = receipt.logs;
  if (log === undefined) throw new Error('a transfer has no log');
  return fakeTransfer(addresses, log);
}

/** Blocks after the payment during which a credit would have come, were the node believed; two are enough for confirmation. */
const patienceBlocks = 6;
const strikes = 3;

const hint = async (stage: FaultStage, trade: OpenTrade, txHash: string) => {
  const answer = await stage.call('POST', '/api/payment/shkeeper/confirm-transaction', {
    token: stage.token(people.buyer, 'buyer'),
    body: { paymentId: trade.paymentId, transactionHash: txHash },
  });
  expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([200, 409, 422, 503]);
  return answer;
};

async function expectNoCredit(stage: FaultStage, trade: OpenTrade): Promise<void> {
  expect(await books(stage, trade.paymentId), 'nothing is credited').to.deep.equal({});
  expect((await payment(stage, trade.paymentId)).status).to.be.oneOf(['pending', 'processing']);
}

async function suffer(stage: FaultStage, node: FakeNode, [name, illness]: (typeof illnesses)[number]): Promise<void> {
  const trades = await Promise.all([openTrade(stage), openTrade(stage)]);
  const [viaProvider, intoVault] = trades;
  const manner = await illness(stage, [viaProvider.payTo, viaProvider.vault, intoVault.payTo, intoVault.vault]);
  const isAnotherChain = manner.kind === 'lying' && manner.lie === wrongChain;
  if (isAnotherChain) {
    // which chain a node serves is asked again after a failure, when another node may answer at its address
    node.behave({ kind: 'throttled' });
    await eventually(() => node.struck() > 0, { timeoutMs: stepLimitMs, what: 'the node fails once' });
  }
  node.behave(manner);
  const paidByProvider = await stage.chain.pay(viaProvider.payTo, units('100'));
  const paidIntoVault = await stage.chain.pay(intoVault.vault, units('100'));
  const paidAt = await stage.chain.provider.getBlockNumber();
  await eventually(
    async () => {
      await Promise.all([hint(stage, viaProvider, paidByProvider), hint(stage, intoVault, paidIntoVault)]);
      return node.struck() >= strikes && (await stage.chain.provider.getBlockNumber()) >= paidAt + patienceBlocks;
    },
    { timeoutMs: stepLimitMs, what: `the node ${name} and six blocks passed` },
  );
  expect(node.struck(), `the node ${name}`).to.be.at.least(strikes);
  for (const trade of trades) await expectNoCredit(stage, trade);

  node.behave({ kind: 'truth' });
  // the monitor may have passed the block on the node's word; whoever paid says so again
  await eventually(
    async () => {
      const answer = await hint(stage, intoVault, paidIntoVault);
      return answer.status === 200 && (await payment(stage, intoVault.paymentId)).status === 'completed';
    },
    { timeoutMs: stepLimitMs, what: 'the money in the vault is credited' },
  );
  for (const trade of trades) {
    await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract' });
    expect(await books(stage, trade.paymentId)).to.deep.equal({
      [`buyer:${people.buyer}`]: -units('100'),
      'held:contract:<p>': units('100'),
    });
  }
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  const { info } = stage.sandbox;
  const node = await startFakeNode(info.chainUrl);
  try {
    const networksFile = path.join(stage.directory, 'networks-ill-node.json');
    writeNetworksFile(networksFile, info.deployment, node.url);
    for (const server of stage.servers) {
      await server.die();
      await server.revive({ NETWORKS_FILE: networksFile });
    }
    const chosen = illnesses.slice(0, run.number('illnesses'));
    for (const illness of chosen) {
      run.say(`the node ${illness[0]}`);
      await suffer(stage, node, illness);
    }
    run.figure('ways of being wrong', chosen.length);
    // the rest of the run asks the chain itself
    for (const server of stage.servers) await server.die();
  } finally {
    await node.close();
  }
}

/** The only node that the servers have is silent, behind, of another chain, or lies. */
export const illNode: Scenario = {
  id: 'F9',
  title:
    'a node that is silent, throttles, lags, serves another chain or lies: no credit, and the credit once it is true',
  stage: { servers: [{}, {}] },
  numbers: { illnesses: { full: illnesses.length, short: 1 } },
  run,
};
