import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { concat, Interface, keccak256, Wallet } from 'ethers';
import { readArtifact } from '../../../scripts/deploy/escrowBuild.ts';
import { writeNetworksFile } from '../../../scripts/deployLocal.ts';
import { eventually } from '../../support/eventually.ts';
import { books, transitions } from '../support/audit.ts';
import type { FaultStage } from '../support/faultStage.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { people } from '../support/stage.ts';
import { type OpenTrade, openTrade, payment, units, untilPayment } from '../support/trade.ts';

const buyer = `buyer:${people.buyer}`;
/** The shortest that can be set, and two minutes for two busy cores. */
const limitMs = 180_000;
/** Blocks after a payment that nobody may book, twice what a credit takes to be final. */
const patienceBlocks = 10;

/** What every case is given: tokens beside the one that trades are priced in. */
interface Tokens {
  readonly listed: string;
  readonly unlisted: string;
}

type Case = (stage: FaultStage, tokens: Tokens) => Promise<void>;

/** Puts another token on the chain, all of it the buyer's. */
async function deployToken(stage: FaultStage, symbol: string): Promise<string> {
  const { deployment } = stage.sandbox.info;
  const { abi, bytecode } = readArtifact('mocks/MockToken.sol', 'MockToken');
  const face = new Interface(abi);
  const from = new Wallet(deployment.minterKey).address;
  const send = async (transaction: object) => {
    const hash = await stage.chain.rpc('eth_sendTransaction', [{ from, gas: '0x4c4b40', ...transaction }]);
    return stage.chain.provider.waitForTransaction(String(hash), 1, limitMs);
  };
  const receipt = await send({ data: concat([bytecode, face.encodeDeploy([`Test ${symbol}`, symbol, 18])]) });
  const address = receipt?.contractAddress;
  if (!address) throw new Error(`${symbol} was not deployed`);
  await send({ to: address, data: face.encodeFunctionData('mint', [deployment.buyerAddress, units('1000')]) });
  return address;
}

/** All servers know the second token from here on. */
async function listToken(stage: FaultStage, address: string): Promise<void> {
  const { info } = stage.sandbox;
  const file = path.join(stage.directory, 'networks-two-tokens.json');
  for (const server of stage.servers) {
    const chainPort = server.links.chain.port;
    const own = file.replace('.json', `-${server.name}.json`);
    writeNetworksFile(own, info.deployment, `http://127.0.0.1:${chainPort}`);
    const networks = JSON.parse(readFileSync(own, 'utf8')) as { networks: { tokens: object[] }[] };
    networks.networks[0]?.tokens.push({ symbol: 'USDC', address, decimals: 18, shkeeperName: 'BNB-USDC' });
    writeFileSync(own, JSON.stringify(networks));
    // the audit at the end reads the stage's own file
    writeFileSync(info.networksFile, readFileSync(own));
    await server.die();
    await server.revive({ NETWORKS_FILE: own });
  }
}

const expectBooks = (stage: FaultStage, paymentId: string, wanted: Record<string, bigint>) =>
  eventually(
    async () => {
      expect(await books(stage, paymentId)).to.deep.equal(wanted);
      return true;
    },
    { timeoutMs: limitMs, what: `the books of ${paymentId}` },
  );

const cancel = async (stage: FaultStage, { paymentId }: OpenTrade) => {
  const answer = await stage.call('PUT', `/api/payment/${paymentId}`, {
    token: stage.token(people.buyer, 'buyer'),
    body: { status: 'cancelled' },
  });
  expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
};

const untilBlocksPassed = async (stage: FaultStage) => {
  const from = await stage.chain.provider.getBlockNumber();
  await eventually(async () => (await stage.chain.provider.getBlockNumber()) >= from + patienceBlocks, {
    timeoutMs: limitMs,
    what: 'the chain goes on',
  });
};

const cases: Readonly<Record<string, Case>> = {
  partial: async (stage) => {
    const trade = await openTrade(stage);
    await stage.chain.pay(trade.vault, units('95'));
    await untilPayment(stage, trade.paymentId, { status: 'processing', exception: 'underpaid' });
    await expectBooks(stage, trade.paymentId, { [buyer]: -units('95'), 'excess:contract:<p>': units('95') });
  },
  excess: async (stage) => {
    const trade = await openTrade(stage);
    await stage.chain.pay(trade.vault, units('105'));
    await untilPayment(stage, trade.paymentId, { status: 'completed', exception: 'overpaid' });
    await expectBooks(stage, trade.paymentId, {
      [buyer]: -units('105'),
      'held:contract:<p>': units('100'),
      'excess:contract:<p>': units('5'),
    });
  },
  'after a cancellation': async (stage) => {
    const trade = await openTrade(stage);
    await cancel(stage, trade);
    await stage.chain.pay(trade.vault, units('100'));
    await untilPayment(stage, trade.paymentId, { status: 'cancelled', exception: 'paid_late' });
    await expectBooks(stage, trade.paymentId, { [buyer]: -units('100'), 'excess:contract:<p>': units('100') });
  },
  late: async (stage) => {
    const trade = await openTrade(stage);
    const isOver = async () => {
      const found = await payment(stage, trade.paymentId);
      const block = await stage.chain.provider.getBlock('latest');
      return found.status === 'failed' && (block?.timestamp ?? 0) * 1000 > Date.parse(String(found.expiresAt));
    };
    await eventually(isOver, { timeoutMs: limitMs, what: 'the payment expires' });
    await stage.chain.pay(trade.vault, units('100'));
    await untilPayment(stage, trade.paymentId, { status: 'failed', exception: 'paid_late' });
    await expectBooks(stage, trade.paymentId, { [buyer]: -units('100'), 'excess:contract:<p>': units('100') });
    const steps = await transitions(stage, trade.paymentId);
    expect(steps.filter((step) => step.to === 'failed' && step.from !== 'failed')).to.have.length(1);
  },
  'another listed token': async (stage, { listed }) => {
    const trade = await openTrade(stage);
    await stage.chain.pay(trade.vault, units('100'), { token: listed });
    await expectBooks(stage, trade.paymentId, { [buyer]: -units('100'), 'excess:contract:<p>': units('100') });
    const [booked] = (await transitions(stage, trade.paymentId)).flatMap((step) => step.legs);
    expect(booked?.asset, 'booked in its own asset').to.equal('bsc:USDC');
    expect((await payment(stage, trade.paymentId)).status, 'and not as the price').not.to.equal('completed');
  },
  'a token that nobody listed': async (stage, { unlisted }) => {
    const trade = await openTrade(stage);
    const txHash = await stage.chain.pay(trade.vault, units('100'), { token: unlisted });
    await offer(stage, trade, txHash);
    await untilBlocksPassed(stage);
    expect(await books(stage, trade.paymentId), 'any contract can say that money came').to.deep.equal({});
    expect((await payment(stage, trade.paymentId)).status).not.to.equal('completed');
  },
  'another network': async (stage) => {
    const trade = await openTrade(stage);
    const { buyerKey, token } = stage.sandbox.info.deployment;
    const face = new Interface(['function transfer(address,uint256)']);
    const data = face.encodeFunctionData('transfer', [trade.vault, units('100')]);
    const chainId = 56;
    const fees = { gasLimit: 200_000, maxFeePerGas: 1_000_000_000n, maxPriorityFeePerGas: 1n };
    const raw = await new Wallet(buyerKey).signTransaction({ chainId, nonce: 0, to: token, data, type: 2, ...fees });
    const refusal = await stage.chain.rpc('eth_sendRawTransaction', [raw]).then(
      () => null,
      (error: unknown) => String(error),
    );
    expect(refusal, 'it is no transaction of this chain').to.be.a('string');
    await offer(stage, trade, keccak256(raw));
    await untilBlocksPassed(stage);
    expect(await books(stage, trade.paymentId)).to.deep.equal({});
    expect((await payment(stage, trade.paymentId)).status).not.to.equal('completed');
  },
  'to nobody': async (stage) => {
    await stage.chain.pay(stage.sandbox.info.deployment.escrow, units('7'));
    await expectBooks(stage, 'suspense-bsc-usdt', { 'buyer:unknown': -units('7'), suspense: units('7') });
  },
};

async function offer(stage: FaultStage, trade: OpenTrade, transactionHash: string): Promise<void> {
  const answer = await stage.call('POST', '/api/payment/shkeeper/confirm-transaction', {
    token: stage.token(people.buyer, 'buyer'),
    body: { paymentId: trade.paymentId, transactionHash },
  });
  expect(answer.status, JSON.stringify(answer.body)).to.be.oneOf([200, 409, 422, 503]);
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  const tokens = { listed: await deployToken(stage, 'USDC'), unlisted: await deployToken(stage, 'FAKE') };
  await listToken(stage, tokens.listed);
  const chosen = Object.entries(cases).slice(0, run.number('cases'));
  const failures: Error[] = [];
  const perform = async ([name, walk]: (typeof chosen)[number]) => {
    run.say(name);
    await walk(stage, tokens).catch((cause: unknown) => failures.push(new Error(name, { cause })));
  };
  const isLate = ([name]: (typeof chosen)[number]) => name === 'late';
  // the late one mostly waits; the others have the servers to themselves, so that each pays in time
  const waiting = Promise.all(chosen.filter(isLate).map(perform));
  for (const one of chosen) if (!isLate(one)) await perform(one);
  await waiting;
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} payments went wrong`);
  run.figure('payments', chosen.length);
}

/** Money that is late, too little, too much, of another token or network, or for nobody. */
export const wrongPayments: Scenario = {
  id: 'F13',
  title: 'late, partial, excess, wrong-token, wrong-network and stray payments: recorded, never taken for the price',
  stage: { servers: [{}, {}], environment: { INTENT_TTL_MINUTES: '1' } },
  numbers: { cases: { full: Object.keys(cases).length, short: 2 } },
  run,
};
