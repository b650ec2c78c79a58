import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Wallet } from 'ethers';
import { createShkeeperClient } from '../../../server/providers/shkeeper/client.ts';
import { ShkeeperError } from '../../../server/providers/shkeeper/shkeeperError.ts';
import { translateInvoice, translatePayoutCallback } from '../../../server/providers/shkeeper/translate.ts';
import { eventually } from '../../support/eventually.ts';
import { coin, type LocalChain, openLocalChain, openStage, verdictOf } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
const ten = 10n * 10n ** 18n;
const main = 'server/providers/shkeeper/simulator/main.ts';

describe('the SHKeeper simulator, payouts', () => {
  let chain: LocalChain;
  let stage: Stage;
  let count = 0;
  const nextId = () => {
    count += 1;
    return `po-${count}`;
  };
  const somebody = () => Wallet.createRandom().address;
  const submit = async (id: string, destination: string, amount = '10') => {
    const answer = await stage.payout(id, destination, amount);
    if (answer.outcome !== 'submitted') throw new Error(`${answer.outcome}: ${answer.message}`);
    return answer.taskId;
  };
  const taskEnds = (taskId: string) =>
    eventually(
      async () => {
        const task = await stage.client.getTask(coin, taskId);
        return task.status === 'PENDING' ? null : task;
      },
      { timeoutMs: 10_000, what: `the end of task ${taskId}` },
    );

  before(async () => {
    chain = await openLocalChain();
    stage = await openStage(chain);
    await stage.control('pay', { address: chain.hotWallet, amount: '10000' });
    await chain.mine(1);
  });
  after(async () => {
    await stage.stop();
    chain.close();
  });

  it('really transfers, and says IN_PROGRESS, then SUCCESS, then calls back once', async () => {
    const [id, destination] = [nextId(), somebody()];
    const { txHashes, status } = await taskEnds(await submit(id, destination, '10.000000000000000001'));
    expect(status).to.equal('SUCCESS');
    expect(await stage.client.getPayoutStatus(id)).to.deep.equal({ status: 'IN_PROGRESS', txHash: null });
    await stage.settle(1);
    expect(await stage.client.getPayoutStatus(id)).to.deep.equal({ status: 'IN_PROGRESS', txHash: txHashes[0] });
    await stage.settle(1);
    expect(await stage.client.getPayoutStatus(id)).to.deep.equal({ status: 'SUCCESS', txHash: txHashes[0] });
    expect(await chain.balanceOf(destination)).to.equal(ten + 1n);
    await stage.settle(3);
    const [seen, ...more] = stage.got(id);
    expect(more).to.have.length(0);
    expect(seen?.url).to.equal('/payout');
    expect(verdictOf(seen)).to.deep.equal({ ok: true, scheme: 'timestamped' });
    expect(seen?.headers).not.to.have.property('x-shkeeper-api-key');
    const translation = translatePayoutCallback(seen?.rawBody ?? Buffer.alloc(0));
    expect(translation.ok && translation.report).to.deep.include({ externalId: id, txHash: txHashes[0] });
  });

  it('sends a queue of payouts one after the other from one wallet', async () => {
    const destinations = Array.from({ length: 8 }, somebody);
    const tasks = await Promise.all(destinations.map((destination) => submit(nextId(), destination)));
    for (const task of tasks) expect((await taskEnds(task)).status).to.equal('SUCCESS');
    await chain.mine(1);
    for (const destination of destinations) expect(await chain.balanceOf(destination)).to.equal(ten);
  });

  it('says "already exists" to a repeated external id and sends nothing', async () => {
    const [id, destination] = [nextId(), somebody()];
    await taskEnds(await submit(id, destination));
    expect((await stage.payout(id, destination)).outcome).to.equal('duplicate');
    await stage.settle(1);
    expect(await chain.balanceOf(destination)).to.equal(ten);
  });

  it('sends parallel payouts of one external id more than once, as the original: S37', async () => {
    const [id, destination] = [nextId(), somebody()];
    await stage.control('switches', { externalId: id, walletMs: 1_000 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => stage.payout(id, destination)));
    const submitted = answers.filter((answer) => answer.outcome === 'submitted').length;
    expect(submitted).to.be.greaterThan(1);
    await stage.settle(2);
    expect(await chain.balanceOf(destination)).to.equal(ten * BigInt(submitted));
  });

  it('gives a payout callback up after seven tries, and sends none when S47 is off', async () => {
    const [id, quiet] = [nextId(), nextId()];
    await stage.control('switches', { externalId: quiet, payoutCallback: false });
    stage.answerWith(200);
    for (const one of [id, quiet]) await taskEnds(await submit(one, somebody()));
    await stage.settle(12);
    stage.answerWith(202);
    expect(stage.got(id)).to.have.length(7);
    expect(stage.got(quiet)).to.have.length(0);
  });

  it('asks for Basic: 302 without, errors as HTTP 200 with a wrong password or with the API key', async () => {
    const post = (headers: Record<string, string>) =>
      fetch(`${stage.url}/api/v1/${coin}/payout`, { method: 'POST', redirect: 'manual', headers, body: '{}' });
    const messageOf = async (response: Response) => ((await response.json()) as { message: string }).message;
    expect((await post({})).status).to.equal(302);
    const withKey = await post({ 'x-shkeeper-api-key': 'test-api-key' });
    expect([withKey.status, await messageOf(withKey)]).to.deep.equal([
      200,
      "This endpoint doesn't accept X-Shkeeper-Api-Key auth",
    ]);
    const fee = await post({ authorization: `Basic ${btoa('admin:admin-password')}` });
    expect([fee.status, await messageOf(fee)]).to.deep.equal([500, "'amount'"]);
    const stranger = createShkeeperClient({ url: stage.url, apiKey: 'x', payoutUser: 'admin', payoutPassword: 'no' });
    const order = { externalId: nextId(), coin, amount: '1', destination: somebody(), callbackUrl: stage.payoutUrl };
    const answer = await stranger.createPayout(order);
    expect(answer).to.deep.equal({ outcome: 'refused', message: 'provider_auth: Bad HTTP Basic Auth credentials' });
    expect((await stage.client.createPayout({ ...order, coin: 'BNB-USDC' })).outcome).to.equal('refused');
  });

  it('makes each error shape on any route for the next calls: S33', async () => {
    const codes = { E1: 'provider_unavailable', E2: 'provider_refused', E3: 'provider_request' } as const;
    const more = { E4: 'provider_unavailable', E5: 'provider_protocol', E6: 'provider_auth' } as const;
    for (const [shape, code] of Object.entries({ ...codes, ...more })) {
      await stage.control('switches', { errorStyle: { shape, route: 'fee-deposit-address', times: 3 } });
      const error: unknown = await stage.client.getFeeDepositAddress(coin).catch((one: unknown) => one);
      expect(error instanceof ShkeeperError && error.code, shape).to.equal(code);
      await stage.control('switches', { errorStyle: null });
    }
    await stage.control('switches', { errorStyle: { shape: 'E5', route: 'invoices', times: 2 } });
    expect(await stage.client.getInvoices('nobody')).to.deep.equal([]);
  });

  it('fails without a row but pays all the same when the backend is slow: S35', async () => {
    const [id, destination] = [nextId(), somebody()];
    await stage.control('switches', { externalId: id, slowBackend: true });
    expect((await stage.payout(id, destination)).outcome).to.equal('unknown');
    expect(await stage.client.getPayoutStatus(id)).to.equal(null);
    await stage.settle(2);
    expect(await chain.balanceOf(destination)).to.equal(ten);
  });

  it('refuses and burns the id: S36', async () => {
    const [id, destination] = [nextId(), somebody()];
    await stage.control('switches', { externalId: id, refuseBurnsId: 'inProgress' });
    expect((await stage.payout(id, destination)).outcome).to.equal('refused');
    await stage.settle(3);
    expect(await stage.client.getPayoutStatus(id)).to.deep.equal({ status: 'IN_PROGRESS', txHash: null });
    expect((await stage.payout(id, destination)).outcome).to.equal('duplicate');
    expect(await chain.balanceOf(destination)).to.equal(0n);
  });

  it('says FAILURE although the transfer is mined: S42', async () => {
    const [id, destination] = [nextId(), somebody()];
    await stage.control('switches', { externalId: id, failAfterBroadcast: true });
    expect((await taskEnds(await submit(id, destination))).status).to.equal('FAILURE');
    await stage.settle(1);
    expect(await stage.client.getPayoutStatus(id)).to.deep.equal({ status: 'FAIL', txHash: null });
    expect(await chain.balanceOf(destination)).to.equal(ten);
  });

  it('fails with the known text when the wallet is short: S41', async () => {
    const id = nextId();
    const { status, message } = await taskEnds(await submit(id, somebody(), '9999999'));
    expect([status, message?.slice(0, 51)]).to.deep.equal([
      'FAILURE',
      'Have not enough tokens on fee account, need 9999999',
    ]);
  });

  it('keeps a transaction from the chain until it is let go, and others after it wait: S45', async () => {
    const [stuck, later] = [nextId(), nextId()];
    const [first, second] = [somebody(), somebody()];
    await stage.control('switches', { externalId: stuck, stuckTx: true });
    expect((await taskEnds(await submit(stuck, first))).status).to.equal('SUCCESS');
    await taskEnds(await submit(later, second));
    await stage.settle(3);
    expect([await chain.balanceOf(first), await chain.balanceOf(second)]).to.deep.equal([0n, 0n]);
    expect((await stage.client.getPayoutStatus(stuck))?.status).to.equal('IN_PROGRESS');
    await stage.control('switches', { externalId: stuck, stuckTx: null });
    await stage.settle(2);
    expect([await chain.balanceOf(first), await chain.balanceOf(second)]).to.deep.equal([ten, ten]);
    await stage.settle(2);
    expect((await stage.client.getPayoutStatus(stuck))?.status).to.equal('SUCCESS');
  });

  it('sends one payout twice, or not before it is let go', async () => {
    const [twice, single, held] = [nextId(), nextId(), nextId()];
    const [first, second, third] = [somebody(), somebody(), somebody()];
    await stage.control('switches', { doublePayout: 1 });
    await taskEnds(await submit(twice, first));
    await taskEnds(await submit(single, third));
    await stage.control('switches', { holdPayouts: true });
    const taskId = await submit(held, second);
    await stage.settle(2);
    expect([await chain.balanceOf(first), await chain.balanceOf(second)]).to.deep.equal([2n * ten, 0n]);
    expect(await chain.balanceOf(third)).to.equal(ten);
    expect((await stage.client.getTask(coin, taskId)).status).to.equal('PENDING');
    await stage.control('switches', { holdPayouts: null });
    await stage.settle(2);
    expect(await chain.balanceOf(second)).to.equal(ten);
  });

  it('loses nothing and sends nothing twice over a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    const stateFile = join(folder, 'state.json');
    const [id, destination] = [nextId(), somebody()];
    const before = await openStage(chain, { stateFile });
    const { address } = await before.request('AMN_kept');
    await before.control('switches', { holdPayouts: true });
    expect((await before.payout(id, destination)).outcome).to.equal('submitted');
    await before.stop();
    await stage.control('pay', { address, amount: '100' });
    const after = await openStage(chain, { stateFile });
    try {
      await after.settle(3);
      const [invoice] = (await after.client.getInvoices('AMN_kept')).map(translateInvoice);
      expect(invoice?.ok && invoice.report).to.deep.include({ reportedStatus: 'PAID', address });
      // To the URL of the invoice, where nobody listens any more.
      const { deliveries } = await after.control('deliveries?externalId=AMN_kept');
      expect(deliveries?.[0]).to.deep.include({ url: before.callbackUrl, status: null });
      expect(await chain.balanceOf(destination)).to.equal(ten);
      await after.settle(2);
      expect(await after.client.getPayoutStatus(id)).to.deep.include({ status: 'SUCCESS' });
      expect((await after.payout(id, destination)).outcome).to.equal('duplicate');
      expect(await chain.balanceOf(destination)).to.equal(ten);
      expect(JSON.parse(readFileSync(stateFile, 'utf8')).payouts).to.have.length(1);
    } finally {
      await after.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it('runs as its own process: prints where it listens, ticks by itself, ends on SIGTERM, refuses bad settings', async () => {
    const start = (settings: object) =>
      spawn(process.execPath, [main, JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'pipe'] });
    const child = start({ ...chain.options, tickMs: 20 });
    const exited = once(child, 'exit');
    const [line] = await once(child.stdout, 'data');
    const url = /^listening (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(String(line))?.[1];
    const ticks = async () => {
      const health = (await (await fetch(`${url}/control/health`)).json()) as { tick: number };
      return health.tick > 2;
    };
    await eventually(ticks, {
      timeoutMs: 10_000,
      what: 'ticks of the own process',
    });
    child.kill('SIGTERM');
    expect(await exited).to.deep.equal([0, null]);
    const bad = start({ ...chain.options, hotWalletKey: 'x' });
    const [[text], [code]] = await Promise.all([once(bad.stderr, 'data'), once(bad, 'exit')]);
    expect([code, String(text)]).to.satisfy(
      ([status, said]: [number, string]) => status === 78 && /hotWalletKey/.test(said),
    );
  });
});
