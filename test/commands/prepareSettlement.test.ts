import { expect } from 'chai';
import { Wallet } from 'ethers';
import {
  addressOf,
  admin,
  buyer,
  type CommandsWorld,
  openCommandsWorld,
  refused,
  tokens,
  wallets,
} from './commandsWorld.ts';
import { settlementDesk } from './settlementDesk.ts';

describe('prepareSettlement', () => {
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());
  const { ask, prepare, signed, broadcast, confirm, look } = settlementDesk(() => world);

  it('gives the payload, gathers signatures, and gives the transaction that releases', async () => {
    const state = await world.funded();
    const bare = await prepare('release', state);
    expect([bare.toSeller, bare.toBuyer, bare.missing, bare.transaction]).to.deep.equal([tokens(100), 0n, 2, null]);
    expect(bare.typedData.primaryType).to.equal('Settle');
    expect((await world.state(state.id)).settlement?.digest).to.equal(bare.digest);
    const [first = '', second = ''] = signed(bare.digest, [2, 0]);
    const one = await prepare('release', state, { signatures: [first, first] });
    expect([one.missing, one.digest]).to.deep.equal([1, bare.digest]);
    const two = await prepare('release', state, { signatures: [second] });
    expect(two.missing).to.equal(0);
    expect(two.signedBy).to.have.length(2);
    const txHash = await broadcast(two);
    const seen = await confirm('release', state, txHash);
    expect([seen.settlement.state, seen.state.status]).to.deep.equal(['seen', 'completed']);
    await world.chain.finalize();
    const final = await confirm('release', state, txHash);
    expect([final.settlement.state, final.state.status]).to.deep.equal(['final', 'released']);
    const again = await confirm('release', state, txHash);
    expect([again.settlement.state, again.state.status]).to.deep.equal(['final', 'released']);
    await refused(ask('release', state), 'already_final');
  });

  it('splits, and refuses amounts that do not fit', async () => {
    const state = await world.funded();
    await refused(ask('release', state, { amount: '100.5' }), 'amount_exceeds_balance');
    await refused(ask('release', state, { toSeller: '0', toBuyer: '5' }), 'validation_failed');
    await refused(ask('release', state, { amount: '1', toSeller: '1' }), 'validation_failed');
    for (const amount of ['-1', '0', '1e30', 'NaN', '1,5', `1.${'0'.repeat(18)}1`]) {
      await refused(ask('release', state, { amount }), 'validation_failed');
    }
    const split = await prepare('release', state, { toSeller: '60', toBuyer: '40' });
    expect([split.toSeller, split.toBuyer]).to.deep.equal([tokens(60), tokens(40)]);
    expect((await prepare('refund', state)).digest).to.equal(split.digest);
    expect((await prepare('refund', state, { toSeller: '60', toBuyer: '40' })).digest).to.equal(split.digest);
    // One part alone says that the other gets nothing, which is another settlement than the open one.
    await refused(ask('release', state, { toSeller: '60' }), 'settlement_open');
    await refused(ask('refund', state, { amount: '40' }), 'settlement_open');
  });

  it('takes nothing of a list with a wrong signature', async () => {
    const state = await world.funded();
    const { digest } = await prepare('release', state);
    const stranger = new Wallet(world.chain.deployment.buyerKey).signingKey.sign(digest).serialized;
    await refused(ask('release', state, { signatures: [...signed(digest, [0]), stranger] }), 'unknown_signer');
    await refused(ask('release', state, { signatures: ['0x12'] }), 'unknown_signer');
    expect((await world.state(state.id)).settlement?.signatures).to.deep.equal([]);
    const contract = { signer: wallets.payout, data: '0x' };
    const input = { actor: admin, paymentId: state.id, kind: 'release', signatures: [contract] } as const;
    await refused(world.useCases.prepareSettlement(input), 'unknown_signer');
  });

  it('refuses what is not funded, not final, or not asked by an admin', async () => {
    const state = await world.open();
    await refused(ask('release', state), 'not_funded');
    await refused(ask('refund', state), 'not_funded');
    await world.chain.pay(state.vault, state.price);
    await world.chain.mine(2);
    await look(state.id);
    expect((await world.state(state.id)).status).to.equal('completed');
    await refused(ask('release', state), 'escrow_not_final');
    await refused(
      world.useCases.prepareSettlement({ actor: buyer, paymentId: state.id, kind: 'release' }),
      'forbidden',
    );
    await world.chain.finalize();
    // Dust that is not final yet does not hold up the price.
    await world.chain.pay(state.vault, 1n);
    await world.chain.mine(2);
    await look(state.id);
    expect((await prepare('release', state)).toSeller).to.equal(tokens(100));
  });

  it('answers escrow_forwarding while the provider holds the price', async () => {
    const state = await world.open();
    await world.pay(addressOf(state), state.price);
    await look(state.id);
    await refused(ask('release', state), 'escrow_forwarding');
    await refused(ask('refund', state), 'escrow_forwarding');
  });

  it('returns provider money of a cancelled payment by one payout, also when the key is repeated', async () => {
    const state = await world.open();
    await world.useCases.cancelPayment({ actor: buyer, paymentId: state.id });
    await world.pay(addressOf(state), tokens(30));
    await look(state.id);
    await refused(ask('release', state), 'not_funded');
    await refused(ask('refund', state, { amount: '31' }), 'amount_exceeds_balance');
    const key = { idempotencyClaim: `idem:an-admin:refund:${state.id}` };
    const payout = await ask('refund', state, key);
    if (payout.kind !== 'payout') throw new Error('no payout');
    await world.work();
    // Nothing is left that could be refunded; a caller who heard no answer is told what his key did.
    const again = await ask('refund', state, key);
    expect(again).to.deep.equal({ ...payout, status: again.kind === 'payout' ? again.status : null });
    await refused(ask('refund', state, { ...key, amount: '29' }), 'idempotency_key_reused');
    await refused(ask('refund', state), 'not_funded');
    const ordered = await world.useCases.openPayout({
      ...{ actor: admin, paymentId: state.id, from: 'excess:provider', amount: tokens(30) },
      destination: wallets.refund,
      ...key,
    });
    expect([ordered.payoutId, ordered.externalId]).to.deep.equal([payout.payoutId, payout.externalId]);
    const { payouts } = await world.state(state.id);
    expect(payouts.map(({ destination, amount }) => [destination, amount])).to.deep.equal([
      [wallets.refund, tokens(30)],
    ]);
    expect(await world.ports.queries.paymentByExternalId(payout.externalId)).to.equal(payout.payoutId);
  });

  it('needs an address for a payout', async () => {
    const state = await world.open({ refundTo: null });
    await world.useCases.cancelPayment({ actor: buyer, paymentId: state.id });
    await world.pay(addressOf(state), tokens(30));
    await look(state.id);
    await refused(ask('refund', state), 'refund_address_missing');
  });

  it('settles a full vault of a cancelled payment and lets a short one wait', async () => {
    const [full, short] = [await world.open(), await world.open()];
    for (const { id } of [full, short]) await world.useCases.cancelPayment({ actor: buyer, paymentId: id });
    await world.pay(full.vault, tokens(100));
    await world.pay(short.vault, tokens(99));
    for (const { id } of [full, short]) await look(id);
    const wait = await refused(ask('refund', short), 'refund_waits');
    expect(wait.details.availableAt).to.equal(new Date(short.terms.fundBy * 1000 + 1000).toISOString());
    const prepared = await prepare('refund', full);
    expect([prepared.toBuyer, prepared.toSeller]).to.deep.equal([tokens(100), 0n]);
    const ready = await prepare('refund', full, { signatures: signed(prepared.digest, [0, 1]) });
    const txHash = await broadcast(ready);
    await world.chain.finalize();
    const { state } = await confirm('refund', full, txHash);
    expect([state.status, state.refunded]).to.deep.equal(['cancelled', tokens(100)]);
  });

  it('settles no money that the chain may still take back, nor money it has taken back unnoticed', async () => {
    const [cancelled, funded] = [await world.open(), await world.open()];
    await world.useCases.cancelPayment({ actor: buyer, paymentId: cancelled.id });
    await world.chain.pay(cancelled.vault, tokens(100));
    await world.chain.mine(2);
    await look(cancelled.id);
    await refused(ask('refund', cancelled), 'escrow_not_final');
    await world.chain.finalize();
    expect((await prepare('refund', cancelled)).toBuyer).to.equal(tokens(100));

    await world.chain.mine(3);
    await world.chain.pay(funded.vault, tokens(100));
    await world.chain.mine(2);
    await look(funded.id);
    await world.chain.reorganise(3);
    await world.chain.finalize();
    expect((await world.state(funded.id)).status, 'nobody has looked again').to.equal('completed');
    await refused(ask('release', funded), 'escrow_not_final');
  });

  it('takes a final settlement in the direction it went only: a release is no answer to a refund', async () => {
    const state = await world.funded();
    const { hash } = await world.chain.settle(state.terms, { toSeller: tokens(100), toBuyer: 0n });
    // Prepared now it could only revert, since the contract has given everything away.
    await refused(ask('release', state), 'already_final');
    await world.chain.finalize();
    await refused(confirm('refund', state, hash), 'transaction_mismatch');
    expect((await confirm('release', state, hash)).state.status).to.equal('released');
  });

  it('refuses transactions that are not this settlement and changes nothing', async () => {
    const [state, other] = [await world.funded(), await world.funded()];
    const digest = (await prepare('release', state, { amount: '40' })).digest;
    await prepare('release', state, { signatures: signed(digest, [0, 1]) });
    const theirs = await prepare('release', other);
    const theirTx = await broadcast(await prepare('release', other, { signatures: signed(theirs.digest, [0, 1]) }));
    const transfer = (await world.chain.pay(wallets.payout, 1n)).hash;
    const foreign = await world.chain.settle(state.terms, { toSeller: tokens(10), toBuyer: 0n });
    const seq = (await world.ports.store.tail(state.id))?.seq;
    await refused(confirm('release', state, theirTx), 'transaction_other_payment');
    await refused(confirm('release', state, transfer), 'transaction_foreign_contract');
    await refused(confirm('release', state, `0x${'0f'.repeat(32)}`), 'transaction_not_mined');
    await refused(confirm('release', state, 'nonsense'), 'validation_failed');
    await refused(confirm('refund', state, foreign.hash), 'transaction_mismatch');
    await refused(confirm('release', state, foreign.hash), 'transaction_mismatch');
    expect((await world.ports.store.tail(state.id))?.seq).to.equal(seq);
    await world.chain.finalize();
    const final = await confirm('release', state, foreign.hash);
    expect([final.settlement.state, final.state.released, final.state.settlement]).to.deep.equal([
      'final',
      tokens(10),
      null,
    ]);
  });
});
