import path from 'node:path';
import { expect } from 'chai';
import { writeNetworksFile } from '../../../scripts/deployLocal.ts';
import { eventually } from '../../support/eventually.ts';
import { books } from '../support/audit.ts';
import { type FakeNode, type Manner, startFakeNode } from '../support/fakeNode.ts';
import type { FaultStage } from '../support/faultStage.ts';
import { anotherContract, anotherToken, failed, fakeTransfer, lagging, noAmount, wrongChain } from '../support/lies.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { type Answer, people } from '../support/stage.ts';
import { type OpenTrade, openTrade, payment, stepLimitMs, units, untilPayment } from '../support/trade.ts';

/** What is wrong with the node; `invented` is a transaction that it says paid, while nobody did. */
type Wrong = Manner & { readonly invented?: string };
/** One way of being wrong; made once the addresses that money will go to are known. */
type Illness = (stage: FaultStage, addresses: readonly string[]) => Promise<Wrong> | Wrong;

/** It adds transfers to the receipt of a real transaction between strangers. */
async function inventing(stage: FaultStage, addresses: readonly string[]): Promise<Wrong> {
  const invented = await stage.chain.pay(stage.sandbox.info.deployment.guardian, 1n);
  const receipt = await stage.chain.rpc('eth_getTransactionReceipt', [invented]);
  const [log] = (receipt as { logs: Record<string, unknown>[] }).logs;
  if (log === undefined) throw new Error('a transfer has no log');
  return { kind: 'lying', lie: fakeTransfer(addresses, log), invented };
}

const illnesses: readonly (readonly [string, Illness])[] = [
  ['invents a transfer', inventing],
  ['is silent', () => ({ kind: 'silent' })],
  ['names another receiver', (_, addresses) => ({ kind: 'lying', lie: anotherContract(addresses) })],
  ['answers 429', () => ({ kind: 'throttled' })],
  ['answers for another chain', () => ({ kind: 'lying', lie: wrongChain })],
  ['lags behind', async (stage) => ({ kind: 'lying', lie: lagging(await stage.chain.provider.getBlockNumber()) })],
  ['names another token', (_, addresses) => ({ kind: 'lying', lie: anotherToken(addresses) })],
  ['says that nothing was in it', (_, addresses) => ({ kind: 'lying', lie: noAmount(addresses) })],
  ['says that it failed', (_, addresses) => ({ kind: 'lying', lie: failed(addresses) })],
];

/** Blocks after the payment during which a credit would have come, were the node believed; two are enough for confirmation. */
const patienceBlocks = 6;
const strikes = 3;

/** Names the transaction; null when the answer takes longer than a caller waits, as beside a silent node. */
async function hint(stage: FaultStage, trade: OpenTrade, txHash: string): Promise<Answer | null> {
  const call = stage.call('POST', '/api/payment/shkeeper/confirm-transaction', {
    token: stage.token(people.buyer, 'buyer'),
    body: { paymentId: trade.paymentId, transactionHash: txHash },
  });
  const answer = await call.catch((error: unknown) => {
    if (error instanceof Error && error.name === 'TimeoutError') return null;
    throw error;
  });
  if (answer) expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([200, 409, 422, 503]);
  return answer;
}

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
    await eventually(() => node.strickenPaths().size === stage.servers.length, {
      timeoutMs: stepLimitMs,
      what: 'the node fails for every server',
    });
  }
  node.behave(manner);
  const pay = async () => [
    await stage.chain.pay(viaProvider.payTo, units('100')),
    await stage.chain.pay(intoVault.vault, units('100')),
  ];
  const [first, second] = manner.invented ? [manner.invented, manner.invented] : await pay();
  const paidAt = await stage.chain.provider.getBlockNumber();
  await eventually(
    async () => {
      await Promise.all([hint(stage, viaProvider, String(first)), hint(stage, intoVault, String(second))]);
      return node.struck() >= strikes && (await stage.chain.provider.getBlockNumber()) >= paidAt + patienceBlocks;
    },
    { timeoutMs: stepLimitMs, what: `the node ${name} and six blocks passed` },
  );
  expect(node.struck(), `the node ${name}`).to.be.at.least(strikes);
  for (const trade of trades) await expectNoCredit(stage, trade);

  node.behave({ kind: 'truth' });
  const paidIntoVault = String((manner.invented ? await pay() : [first, second])[1]);
  // the monitor may have passed the block on the node's word; whoever paid says so again
  await eventually(
    async () => {
      const answer = await hint(stage, intoVault, paidIntoVault);
      return answer?.status === 200 && (await payment(stage, intoVault.paymentId)).status === 'completed';
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
    for (const [n, server] of stage.servers.entries()) {
      const networksFile = path.join(stage.directory, `networks-ill-node-${n}.json`);
      writeNetworksFile(networksFile, info.deployment, `${node.url}/${n}`);
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
