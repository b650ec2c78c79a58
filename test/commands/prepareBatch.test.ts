import { expect } from 'chai';
import { Wallet } from 'ethers';
import { createPrepareBatch, type PrepareBatchInput } from '../../server/commands/prepareBatch.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { AppError } from '../../server/errors.ts';
import type { ReadyTransaction } from '../../server/ports/outside.ts';
import { admin, buyer, type CommandsWorld, openCommandsWorld, refused, seller, tokens } from './commandsWorld.ts';

type Options = Omit<PrepareBatchInput, 'actor' | 'items'>;

describe('prepareBatch', () => {
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());

  async function funded(count: number): Promise<PaymentState[]> {
    const states: PaymentState[] = [];
    for (let n = 0; n < count; n += 1) states.push(await world.funded());
    return states;
  }
  const of = (states: readonly PaymentState[]) => states.map(({ id: paymentId }) => ({ paymentId }));
  const ask = (items: PrepareBatchInput['items'], options: Options = {}) =>
    world.useCases.prepareBatch({ actor: admin, items, ...options });
  const signed = (digest: string, seats: readonly number[] = [0, 1]) =>
    seats.map((seat) => new Wallet(world.chain.deployment.signerKeys[seat] ?? '').signingKey.sign(digest).serialized);
  const broadcast = async (transaction: ReadyTransaction | undefined) => {
    if (!transaction) throw new Error('no transaction');
    return world.chain.send(world.chain.deployment.sellerKey, transaction);
  };
  const confirm = (states: readonly PaymentState[], txHash: string) =>
    world.useCases.confirmBatch({ actor: admin, paymentIds: states.map(({ id }) => id), txHash });
  const open = async ({ id }: PaymentState) => (await world.state(id)).settlement;
  const status = async ({ id }: PaymentState) => (await world.state(id)).status;
  async function named(work: Promise<unknown>): Promise<Record<string, string>> {
    const { details } = await refused(work, 'batch_refused');
    const items = details.items as { paymentId: string; code: string }[];
    return Object.fromEntries(items.map(({ paymentId, code }) => [paymentId, code]));
  }
  async function completed(states: readonly PaymentState[], options: Options = {}) {
    const { digest } = await ask(of(states));
    return ask(of(states), { signatures: signed(digest), ...options });
  }

  it('prepares each payment, gives the transactions for two signatures, and each payment follows its own event', async () => {
    const states = await funded(3);
    const bare = await ask(of(states));
    expect([bare.missing, bare.transactions, bare.signedBy]).to.deep.equal([2, null, []]);
    expect(bare.items.map(({ settlement }) => settlement.toSeller)).to.deep.equal([
      tokens(100),
      tokens(100),
      tokens(100),
    ]);
    for (const { state, settlement } of bare.items) expect(await open(state)).to.deep.equal(settlement);
    const one = await ask(of(states), { signatures: signed(bare.digest, [2, 2]) });
    expect([one.missing, one.transactions, one.digest]).to.deep.equal([1, null, bare.digest]);
    const two = await ask(of(states), { signatures: signed(bare.digest, [2, 0]) });
    expect([two.missing, two.signedBy.length]).to.deep.equal([0, 2]);
    const { hash } = await broadcast(two.transactions?.settleBatch);
    const seen = await confirm(states, hash);
    expect(seen.map((item) => item.outcome === 'settled' && item.settlement.state)).to.deep.equal([
      'seen',
      'seen',
      'seen',
    ]);
    expect(await named(ask(of(states)))).to.deep.equal(
      Object.fromEntries(states.map(({ id }) => [id, 'settlement_open'])),
    );
    await world.chain.finalize();
    for (const _ of ['once', 'and again']) {
      const final = await confirm(states, hash);
      expect(final.map((item) => item.outcome === 'settled' && item.settlement.state)).to.deep.equal([
        ...['final', 'final', 'final'],
      ]);
    }
    expect(await Promise.all(states.map(status))).to.deep.equal(['released', 'released', 'released']);
    expect(Object.values(await named(ask(of(states))))).to.deep.equal([
      'already_final',
      'already_final',
      'already_final',
    ]);
  });

  it('names every payment that cannot be released, and prepares none of the others', async () => {
    const [good, riskOne, splitOne, greedy] = await funded(4);
    if (!good || !riskOne || !splitOne || !greedy) throw new Error('too few');
    const unpaid = await world.open();
    const risk = { kind: 'riskAssessed', hold: true } as const;
    await world.ports.coordinator.observe(riskOne.id, risk, { actor: 'test' });
    const refund = { actor: admin, paymentId: splitOne.id, kind: 'refund', amount: '1' } as const;
    await world.useCases.prepareSettlement(refund);
    const unknown = 'f'.repeat(24);
    const items = [
      ...of([good, riskOne, splitOne, unpaid]),
      { paymentId: greedy.id, amount: '100.5' },
      { paymentId: unknown },
    ];
    expect(await named(ask(items))).to.deep.equal({
      [riskOne.id]: 'risk_hold',
      [splitOne.id]: 'settlement_open',
      [unpaid.id]: 'not_funded',
      [greedy.id]: 'amount_exceeds_balance',
      [unknown]: 'not_found',
    });
    expect([await open(good), await open(greedy)]).to.deep.equal([null, null]);
    const word = { paymentId: good.id, amount: `1.${'0'.repeat(18)}1` };
    expect(await named(ask([word, ...of([greedy])]))).to.deep.equal({ [good.id]: 'validation_failed' });
    expect((await ask(of([good, greedy]))).items).to.have.length(2);
  });

  it('makes the same batch of the same payments, however often, in whatever order and at once', async () => {
    const states = await funded(2);
    const [first, second] = await Promise.all([ask(of(states)), ask(of(states.toReversed()))]);
    const again = await ask(of(states));
    expect(second.digest).to.equal(first.digest);
    expect(again.digest).to.equal(first.digest);
    expect(again.items.map(({ state }) => state.id)).to.deep.equal(states.map(({ id }) => id).sort());
    const prepared = (await world.ports.store.after(states[0]?.id ?? '', 0, 100)).map(({ kind }) => kind);
    expect(prepared.filter((kind) => kind === 'settlementPrepared')).to.have.length(1);
    // Taken up as they are by a single release.
    const single = await world.useCases.prepareSettlement({
      actor: admin,
      paymentId: states[0]?.id ?? '',
      kind: 'release',
    });
    expect(single).to.have.property('digest', (await open(states[0] as PaymentState))?.digest);
  });

  it('releases a part of one and all of another, and again what is left', async () => {
    const [part, whole] = await funded(2);
    if (!part || !whole) throw new Error('too few');
    const items = [{ paymentId: part.id, amount: '40' }, { paymentId: whole.id }];
    const { digest } = await ask(items);
    expect(await named(ask([{ paymentId: part.id, amount: '41' }]))).to.deep.equal({ [part.id]: 'settlement_open' });
    const { transactions } = await ask(items, { signatures: signed(digest) });
    const { hash } = await broadcast(transactions?.settleBatch);
    await world.chain.finalize();
    await confirm([part, whole], hash);
    expect([(await world.state(part.id)).released, await status(whole)]).to.deep.equal([tokens(40), 'released']);
    const rest = await ask(of([part]));
    expect(rest.items.map(({ settlement: { settleSeq, toSeller } }) => [settleSeq, toSeller])).to.deep.equal([
      [1, tokens(60)],
    ]);
  });

  it('takes signatures only over what is prepared, and of signers only', async () => {
    const [first, second, third] = await funded(3);
    if (!first || !second || !third) throw new Error('too few');
    const { digest, items } = await ask(of([first, second]));
    const more = ask(of([first, second, third]), { signatures: signed(digest) });
    expect(await named(more)).to.deep.equal({ [third.id]: 'no_open_settlement' });
    expect(await open(third)).to.equal(null);
    await refused(ask(of([first]), { signatures: signed(digest) }), 'unknown_signer');
    const single = signed(items[0]?.settlement.digest ?? '');
    await refused(ask(of([first, second]), { signatures: single }), 'unknown_signer');
    const stranger = new Wallet(world.chain.deployment.buyerKey).signingKey.sign(digest).serialized;
    await refused(ask(of([first, second]), { signatures: [...signed(digest), stranger] }), 'unknown_signer');
  });

  it('is for admins, and for 1 to 50 payments that are named once', async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, n) => n.toString(16).padStart(24, '0'));
    const txHash = `0x${'12'.repeat(32)}`;
    for (const paymentIds of [[], ids(51), [...ids(2), ...ids(1)]]) {
      await refused(ask(paymentIds.map((paymentId) => ({ paymentId }))), 'validation_failed');
      await refused(world.useCases.confirmBatch({ actor: admin, paymentIds, txHash }), 'validation_failed');
    }
    expect(Object.keys(await named(ask(ids(50).map((paymentId) => ({ paymentId })))))).to.have.length(50);
    for (const actor of [buyer, seller]) {
      await refused(world.useCases.prepareBatch({ actor, items: [{ paymentId: ids(1)[0] ?? '' }] }), 'forbidden');
      await refused(world.useCases.confirmBatch({ actor, paymentIds: ids(1), txHash }), 'forbidden');
    }
  });

  it('settles what can be settled by the reporting call, and says why one payment stayed', async () => {
    const states = await funded(3);
    const [, stale] = states;
    if (!stale) throw new Error('too few');
    const { transactions } = await completed(states);
    const { escrow, signerKeys } = world.chain.deployment;
    const bump = world.chain.encode('bumpSeq', [stale.termsId]);
    await world.chain.send(signerKeys[0] ?? '', { to: escrow, data: bump });
    const whole = await broadcast(transactions?.settleBatch);
    expect(whole.status).to.equal(0);
    await refused(confirm(states, whole.hash), 'transaction_reverted');
    const { hash } = await broadcast(transactions?.settleBatchReport);
    await world.chain.finalize();
    const items = await confirm(states, hash);
    expect(items.map((item) => [item.paymentId, item.outcome])).to.deep.equal(
      states.map(({ id }) => [id, id === stale.id ? 'failed' : 'settled']),
    );
    expect(items[1]).to.have.property('reason', 'WrongSeq');
    expect(await Promise.all(states.map(status))).to.deep.equal(['released', 'completed', 'released']);
    expect((await open(stale))?.settleSeq).to.equal(0);
  });

  it('refuses a transaction that is none, and names payments that it does not settle', async () => {
    const [first, other] = await funded(2);
    if (!first || !other) throw new Error('too few');
    await refused(confirm([first], `0x${'cd'.repeat(32)}`), 'transaction_not_mined');
    await refused(confirm([first], 'none'), 'validation_failed');
    const plain = await world.chain.pay(other.vault, 1n);
    await refused(confirm([first], plain.hash), 'transaction_foreign_contract');
    const { transactions } = await completed([first]);
    const { hash } = await broadcast(transactions?.settleBatch);
    const unknown = { ...first, id: 'e'.repeat(24) };
    const items = await confirm([first, other, unknown], hash);
    expect(items.map((item) => (item.outcome === 'refused' ? item.code : item.outcome))).to.deep.equal([
      ...['settled', 'transaction_other_payment', 'not_found'],
    ]);
  });

  it('fails as a whole, and may be repeated, when a chain is away or a payment changes in that moment', async () => {
    const states = await funded(2);
    const [first, second] = states;
    if (!first || !second) throw new Error('too few');
    const away = new AppError('chain_unavailable', 'No node answers.');
    const record = async (name: string, termsId: string) => {
      if (termsId === second.termsId) throw away;
      return world.ports.gateway.record(name, termsId);
    };
    const withoutNode = createPrepareBatch({ ...world.ports, gateway: { ...world.ports.gateway, record } });
    await refused(withoutNode({ actor: admin, items: of(states) }), 'chain_unavailable');
    expect(await open(first)).to.equal(null);
    const observe: typeof world.ports.coordinator.observe = async (id, signal, context) =>
      id === second.id
        ? { outcome: 'refused', code: 'risk_hold', detail: 'held just now', state: second }
        : world.ports.coordinator.observe(id, signal, context);
    const late = createPrepareBatch({ ...world.ports, coordinator: { observe } });
    expect(await named(late({ actor: admin, items: of(states) }))).to.deep.equal({ [second.id]: 'risk_hold' });
    const kept = await open(first);
    const repeated = await ask(of(states));
    expect(repeated.items.find(({ state }) => state.id === first.id)?.settlement).to.deep.equal(kept);
  });

  it('is of one network: one contract checks the signatures', async () => {
    const states = await funded(2);
    await ask(of(states));
    const tail: typeof world.ports.store.tail = async (id) => {
      const found = await world.ports.store.tail(id);
      if (found?.state.direction !== 'in' || id !== states[1]?.id) return found;
      return { ...found, state: { ...found.state, asset: { ...found.state.asset, network: 'tron' } } };
    };
    const mixed = createPrepareBatch({ ...world.ports, store: { ...world.ports.store, tail } });
    await refused(mixed({ actor: admin, items: of(states) }), 'validation_failed');
  });

  it('leaves out what is over: its payload ends with the first of its items', async () => {
    const [old, young] = await funded(2);
    if (!old || !young) throw new Error('too few');
    const before = await ask(of([old]));
    world.advance(3_600_000);
    const both = await ask(of([old, young]));
    expect(both.validUntil).to.equal(before.validUntil);
    world.advance(23 * 3_600_000);
    expect(await named(ask(of([old, young])))).to.deep.equal({ [old.id]: 'settlement_open' });
  });

  it('gives each call as a file for Safe once it is ready, stamped by the clock, and its transaction executes', async () => {
    const states = await funded(2);
    const bare = await ask(of(states), { safe: 'settleBatch' });
    expect(bare.safe).to.equal(null);
    for (const call of ['settleBatch', 'settleBatchReport'] as const) {
      const { safe, transactions } = await completed(states, { safe: call });
      const { to, data, value } = transactions?.[call] ?? {};
      expect(safe?.transactions[0]).to.include({ to, data, value });
      expect(safe?.createdAt).to.be.within(world.ports.clock.now() - 60_000, world.ports.clock.now());
    }
    const { safe } = await completed(states, { safe: 'settleBatch' });
    const step = JSON.parse(JSON.stringify(safe)).transactions[0] as ReadyTransaction;
    expect((await broadcast(step)).status).to.equal(1);
    expect(await completed(states)).to.not.have.property('safe');
  });
});
