import { expect } from 'chai';
import { Wallet } from 'ethers';
import type { PrepareSettlementInput } from '../../server/commands/prepareSettlement.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { type ContractSeat, seatContract } from '../providers/chain/contractSeat.ts';
import { admin, type CommandsWorld, openCommandsWorld, refused, tokens } from './commandsWorld.ts';

type Wish = Omit<PrepareSettlementInput, 'actor' | 'paymentId'>;

describe('signatures of contracts', () => {
  let world: CommandsWorld;
  let seat: ContractSeat;
  before(async () => {
    world = await openCommandsWorld();
    seat = await seatContract(world.chain, 2);
  });
  after(() => world.close());

  const key = (index: number) => new Wallet(world.chain.deployment.signerKeys[index] ?? '');
  const signed = (digest: string, index: number) => key(index).signingKey.sign(digest).serialized;
  const send = (transaction: { to: string; data: string }) =>
    world.chain.send(world.chain.deployment.sellerKey, transaction);
  const open = async ({ id }: PaymentState) => (await world.state(id)).settlement;
  async function prepare({ id: paymentId }: PaymentState, wish: Wish) {
    const prepared = await world.useCases.prepareSettlement({ actor: admin, paymentId, ...wish });
    if (prepared.kind !== 'settlement') throw new Error('a payout was opened');
    return prepared;
  }

  it('are taken for a batch beside a key’s when the contract takes them, and the escrow does, too', async () => {
    const states = [await world.funded(), await world.funded()];
    const items = states.map(({ id: paymentId }) => ({ paymentId }));
    const ask = (signatures: PrepareSettlementInput['signatures']) =>
      world.useCases.prepareBatch({ actor: admin, items, signatures });
    const { digest } = await ask([]);
    const other = { signer: seat.signer, data: seat.sign(`0x${'11'.repeat(32)}`) };
    const error = await refused(ask([other]), 'signature_refused');
    expect(error.details).to.deep.equal({ signer: seat.signer });
    const own = { signer: seat.signer, data: seat.sign(digest) };
    expect((await ask([own, own])).missing).to.equal(1);
    const { signedBy, transactions } = await ask([own, signed(digest, 0)]);
    expect(signedBy).to.deep.equal([seat.signer, key(0).address.toLowerCase()]);
    if (!transactions) throw new Error('not ready');
    expect((await send(transactions.settleBatch)).status).to.equal(1);
  });

  it('are kept for a single settlement until there are enough, and its file for Safe holds the same call', async () => {
    const state = await world.funded();
    const wish = { kind: 'refund', amount: '30', safe: true } as const;
    const first = await prepare(state, wish);
    expect([first.toBuyer, first.safe]).to.deep.equal([tokens(30), null]);
    const data = seat.sign(first.digest);
    const given = (signer: string, bytes: string) => prepare(state, { ...wish, signatures: [{ signer, data: bytes }] });
    await refused(given(seat.signer, '0x00'), 'signature_refused');
    await refused(given('0x12', data), 'validation_failed');
    await refused(given(world.chain.deployment.token, data), 'unknown_signer');
    expect((await open(state))?.signatures).to.deep.equal([]);
    expect((await given(seat.signer, data)).missing).to.equal(1);
    expect((await open(state))?.signatures).to.deep.equal([{ index: 2, signer: seat.signer, signature: data }]);
    const { transaction, safe } = await prepare(state, { ...wish, signatures: [signed(first.digest, 1)] });
    if (!transaction) throw new Error('not ready');
    const { to, value } = transaction;
    expect(safe?.transactions[0]).to.include({ to, value, data: transaction.data });
    expect((await send(transaction)).status).to.equal(1);
    expect(await prepare(state, { kind: 'refund' })).to.not.have.property('safe');
  });

  it('count once, however many different ones the contract takes: a threshold is one of signers', async () => {
    await seat.answer('Always');
    const state = await world.funded();
    const several = ['0x01', '0x02', '0x03'].map((data) => ({ signer: seat.signer, data }));
    const batch = { actor: admin, items: [{ paymentId: state.id }], signatures: [] };
    await world.useCases.prepareBatch(batch);
    const { missing, signedBy } = await world.useCases.prepareBatch({ ...batch, signatures: several });
    expect([missing, signedBy]).to.deep.equal([1, [seat.signer]]);
    expect((await prepare(state, { kind: 'release', signatures: several })).missing).to.equal(1);
    expect((await open(state))?.signatures).to.have.length(1);
    await seat.answer('OwnersKey');
  });
});
