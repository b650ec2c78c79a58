import { expect } from 'chai';
import { createConfirmTransfer } from '../../server/commands/confirmTransfer.ts';
import { createExpirePayments } from '../../server/commands/expirePayments.ts';
import { custodyOf, excessAt, heldBy } from '../../server/domain/facts.ts';
import { AppError } from '../../server/errors.ts';
import { memoryLogger } from '../providers/chain/chainWorld.ts';
import {
  addressOf,
  buyer,
  type CommandsWorld,
  intentFor,
  openCommandsWorld,
  refused,
  seller,
  tokens,
  wallets,
} from './commandsWorld.ts';

describe('verifyPayment and confirmTransfer', () => {
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());

  const look = (paymentId: string) => world.useCases.verifyPayment(paymentId, { askProvider: false });
  const seqOf = async (paymentId: string) => (await world.ports.store.tail(paymentId))?.seq;

  it('completes a payment by its own reading of the chain, first seen, then confirmed, then nothing new', async () => {
    const { id, provider, price } = await world.open();
    await world.chain.pay(provider?.address ?? '', price);
    await look(id);
    expect((await world.state(id)).status).to.equal('processing');
    await world.chain.mine(2);
    await look(id);
    const paid = await world.state(id);
    expect([paid.status, custodyOf(paid)]).to.deep.equal(['completed', 'provider']);
    const seq = await seqOf(id);
    await world.chain.finalize();
    await Promise.all([look(id), look(id), look(id)]);
    expect(await seqOf(id)).to.equal(seq);
  });

  it('adds up what comes to the address and to the vault', async () => {
    const state = await world.open();
    await world.pay(state.vault, tokens(60));
    await look(state.id);
    expect((await world.state(state.id)).flags).to.include('underpaid');
    await world.pay(addressOf(state), tokens(40));
    await look(state.id);
    const paid = await world.state(state.id);
    expect([paid.status, heldBy(paid, 'contract'), heldBy(paid, 'provider')]).to.deep.equal([
      ...['completed', tokens(60), tokens(40)],
    ]);
  });

  it('never takes the hot wallet for a buyer', async () => {
    const state = await world.open();
    const { hotWalletAddress, hotWalletKey } = world.chain.deployment;
    await world.chain.pay(hotWalletAddress, tokens(100));
    await world.chain.pay(state.vault, tokens(100), hotWalletKey);
    await world.chain.mine(2);
    await look(state.id);
    expect((await world.state(state.id)).arrivals).to.deep.equal([]);
    await world.chain.finalize();
    await look(state.id);
    const after = await world.state(state.id);
    expect([after.status, after.flags.includes('manual')]).to.deep.equal(['pending', true]);
    expect(excessAt(after, 'contract')).to.equal(tokens(100));
  });

  it('takes a credited transfer back when its block has left the chain', async () => {
    const state = await world.open();
    await world.chain.mine(3);
    const raw = await world.chain.signPayment(addressOf(state), state.price);
    await world.chain.broadcast(raw);
    await world.chain.mine(2);
    await look(state.id);
    expect((await world.state(state.id)).status).to.equal('completed');
    await world.chain.reorganise(3);
    await look(state.id);
    const undone = await world.state(state.id);
    expect([undone.status, heldBy(undone, 'provider')]).to.deep.equal(['pending', 0n]);
    await world.chain.broadcast(raw);
    await world.chain.finalize();
    await look(state.id);
    expect((await world.state(state.id)).status).to.equal('completed');
  });

  it('forgets a sighting that never confirms, so that the payment can expire', async () => {
    const state = await world.open();
    await world.chain.mine(3);
    await world.chain.pay(addressOf(state), state.price);
    await look(state.id);
    expect((await world.state(state.id)).seen).to.have.length(1);
    await world.chain.reorganise(2);
    await look(state.id);
    const after = await world.state(state.id);
    expect([after.seen, after.status]).to.deep.equal([[], 'pending']);
  });

  it('takes a hint only from the parties, and believes the chain alone', async () => {
    const state = await world.open();
    const elsewhere = await world.pay(wallets.payout, tokens(100));
    const confirm = (transactionHash: string, actor = buyer) =>
      world.useCases.confirmTransfer({ actor, paymentId: state.id, transactionHash });
    expect((await confirm(elsewhere)).status).to.equal('pending');
    await refused(confirm(elsewhere, { userId: 'a-stranger', role: 'buyer' }), 'not_found');
    await refused(confirm('0x12'), 'validation_failed');
    const hash = await world.pay(addressOf(state), tokens(100));
    const paid = await confirm(hash.toUpperCase().replace('0X', '0x'), seller);
    expect(paid.status).to.equal('completed');
    expect(paid.hints).to.include(hash);
  });

  it('logs one security event when the money of another payment is offered, however often', async () => {
    const [paid, other] = [await world.open(), await world.open()];
    const logger = memoryLogger();
    const { verifyPayment } = world.useCases;
    const confirmTransfer = createConfirmTransfer({ ...world.ports, verifyPayment, logger });
    const offer = (paymentId: string, transactionHash: string) =>
      confirmTransfer({ actor: buyer, paymentId, transactionHash });
    const hash = await world.pay(paid.vault, tokens(100));
    await offer(paid.id, hash);
    await Promise.all([offer(other.id, hash), offer(other.id, hash), offer(other.id, hash)]);
    await offer(paid.id, hash);
    const events = logger.lines.filter(({ fields }) => 'category' in fields && fields.category === 'security');
    expect(events.map(({ fields }) => fields)).to.have.length(1);
    expect(events[0]?.fields).to.include({ paymentId: other.id, holder: paid.id, actor: `user:${buyer.userId}` });
    expect((await world.state(other.id)).status).to.equal('pending');
  });

  it('stores at most five hints', async () => {
    const { id: paymentId } = await world.open();
    const hint = (n: number) =>
      world.useCases.confirmTransfer({ actor: buyer, paymentId, transactionHash: `0x${String(n).repeat(64)}` });
    for (const n of [1, 2, 3, 4, 5]) await hint(n);
    await hint(1);
    await refused(hint(6), 'rate_limited');
  });

  it('goes on without a provider, and passes on what it reports', async () => {
    const state = await world.open();
    const away = world.process({
      provider: { getInvoice: () => Promise.reject(new AppError('provider_failed', 'away')) },
    });
    await world.pay(addressOf(state), state.price);
    await world.control('tick', { count: 2 });
    await away.useCases.verifyPayment(state.id, { askProvider: true });
    const unasked = await world.state(state.id);
    expect([unasked.status, unasked.provider?.transactions]).to.deep.equal(['completed', []]);
    await world.useCases.verifyPayment(state.id, { askProvider: true });
    expect((await world.state(state.id)).provider?.transactions).to.have.length(1);
  });

  it('expires nothing that was paid in time, however late anybody looks, and fails what was not', async () => {
    const [paid, short, silent] = [await world.open(), await world.open(), await world.open()];
    await world.pay(addressOf(paid), paid.price);
    await world.pay(addressOf(short), tokens(95));
    await world.work();
    world.advance(16 * 60_000);
    expect(await world.useCases.expirePayments(100)).to.be.at.least(2);
    expect((await world.state(paid.id)).status).to.equal('completed');
    const failed = await world.state(short.id);
    expect([failed.status, failed.failureReason, failed.flags.includes('underpaid')]).to.deep.equal([
      ...['failed', 'expired', true],
    ]);
    expect((await world.state(silent.id)).status).to.equal('failed');
    const blind = world.process();
    expect(await blind.useCases.expirePayments(100)).to.equal(0);
  });

  it('does not expire what it could not look at', async () => {
    const { id } = await world.open();
    await world.work();
    world.advance(16 * 60_000);
    const blind = world.process();
    const expire = createExpirePayments({
      ...blind.ports,
      verifyPayment: () => Promise.reject(new AppError('chain_unavailable', 'no node')),
    });
    expect(await expire(100)).to.equal(0);
    expect((await world.state(id)).status).to.equal('pending');
  });

  it('answers the trade’s own payment when it is paid already', async () => {
    const trade = await world.post();
    const { state } = await world.useCases.openIntent(intentFor(trade));
    await world.pay(state.vault, state.price);
    await look(state.id);
    await refused(world.useCases.openIntent({ ...intentFor(trade), amount: '1' }), 'offer_mismatch');
    expect((await world.useCases.openIntent(intentFor(trade))).state.id).to.equal(state.id);
  });
});
