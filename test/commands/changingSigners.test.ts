import { expect } from 'chai';
import { concat, Signature, type TypedDataField, toBeHex, Wallet } from 'ethers';
import { createOpenIntent } from '../../server/commands/openIntent.ts';
import type { PreparedSettlement, PrepareSettlementInput } from '../../server/commands/prepareSettlement.ts';
import { createPrepareSettlement } from '../../server/commands/prepareSettlement.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { AppError } from '../../server/errors.ts';
import { escrowDomain } from '../../server/providers/chain/escrowContract.ts';
import { type ContractSeat, seatContract } from '../providers/chain/contractSeat.ts';
import { admin, type CommandsWorld, intentFor, openCommandsWorld, refused } from './commandsWorld.ts';

type Ready = Extract<PreparedSettlement, { kind: 'settlement' }>;

describe('signers that change between signing and sending', function () {
  this.timeout(60_000);
  let world: CommandsWorld;
  let seat: ContractSeat;
  before(async () => {
    world = await openCommandsWorld();
    seat = await seatContract(world.chain, 0);
  });
  beforeEach(() => seat.answer('OwnersKey'));
  after(() => world.close());

  const key = (index: number) => new Wallet(world.chain.deployment.signerKeys[index] ?? '');
  const addressOf = (index: number) => key(index).address.toLowerCase();
  const signed = (digest: string, seats: readonly number[]) =>
    seats.map((index) => key(index).signingKey.sign(digest).serialized);
  const send = (transaction: { to: string; data: string } | null | undefined) => {
    if (!transaction) throw new Error('not ready');
    return world.chain.send(world.chain.deployment.sellerKey, transaction);
  };
  async function release(
    { id: paymentId }: PaymentState,
    signatures: PrepareSettlementInput['signatures'] = [],
    run = world.useCases.prepareSettlement,
  ): Promise<Ready> {
    const prepared = await run({ actor: admin, paymentId, kind: 'release', signatures });
    if (prepared.kind !== 'settlement') throw new Error('a payout was opened');
    return prepared;
  }
  const batch = ({ id: paymentId }: PaymentState, signatures: PrepareSettlementInput['signatures'] = []) =>
    world.useCases.prepareBatch({ actor: admin, items: [{ paymentId }], signatures });
  /** A payment whose release its contract signer signed by bytes that it does not take any more. */
  async function withStaleSignature() {
    const state = await world.funded();
    const { digest } = await release(state);
    await seat.answer('Always');
    await release(state, [{ signer: seat.signer, data: '0xbeef' }]);
    await seat.answer('OwnersKey');
    return { state, digest };
  }
  /** A change of the contract's seats that seats 1 and 2 sign. */
  async function control(name: 'SignerOff' | 'Rotate', fields: TypedDataField[], values: readonly unknown[]) {
    const { escrow, chainId } = world.chain.deployment;
    const { timestamp } = (await world.chain.rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: string };
    const validUntil = Number(timestamp) + 3_600;
    const types = { [name]: [...fields, { name: 'nonce', type: 'uint256' }, { name: 'validUntil', type: 'uint40' }] };
    const own = Object.fromEntries(fields.map((field, at) => [field.name, values[at]]));
    const nonce = await world.chain.rpc('eth_call', [{ to: escrow, data: world.chain.encode('config', []) }, 'latest']);
    const message = { ...own, nonce: BigInt(`0x${String(nonce).slice(-64)}`), validUntil };
    const sign = async (index: number) => {
      const text = await key(index).signTypedData(escrowDomain(chainId, escrow), types, message);
      return concat([toBeHex(index, 1), Signature.from(text).compactSerialized]);
    };
    const set = concat([await sign(1), await sign(2)]);
    const call = name === 'Rotate' ? 'rotate' : 'signerOff';
    expect((await send({ to: escrow, data: world.chain.encode(call, [...values, validUntil, set]) })).status).to.equal(
      1,
    );
  }

  it('a newer signature of the same seat takes the place of one that its contract takes no more', async () => {
    const { state, digest } = await withStaleSignature();
    const own = seat.sign(digest);
    const { transaction, signedBy } = await release(state, [
      { signer: seat.signer, data: own },
      ...signed(digest, [1]),
    ]);
    expect(signedBy).to.deep.equal([seat.signer, addressOf(1)]);
    expect((await world.state(state.id)).settlement?.signatures[0]?.signature).to.equal(own);
    expect((await send(transaction)).status).to.equal(1);
  });

  it('a stored signature that makes the transaction fail is left out by name, and the next seat counts instead', async () => {
    const { state, digest } = await withStaleSignature();
    const second = await release(state, signed(digest, [2]));
    expect([second.missing, second.dropped, second.transaction]).to.deep.equal([1, [seat.signer], null]);
    // Two keys are enough without the contract, which is not asked again.
    const third = await release(state, signed(digest, [1]));
    expect([third.missing, third.dropped]).to.deep.equal([0, []]);
    expect((await send(third.transaction)).status).to.equal(1);
  });

  it('a node that fails is no verdict: the transaction is handed out as it is', async () => {
    const { state, digest } = await withStaleSignature();
    const gateway = { ...world.ports.gateway, tryTransaction: async () => ({ outcome: 'unknown' }) as const };
    const untried = createPrepareSettlement({ ...world.ports, ...world.useCases, gateway });
    const { missing, dropped, transaction, reverts } = await release(state, signed(digest, [1]), untried);
    expect([missing, dropped, transaction === null, reverts]).to.deep.equal([0, [], false, null]);
    const checkContractSignature = async () => {
      throw new AppError('chain_unavailable', 'No node answers.');
    };
    const unasked = createPrepareSettlement({
      ...world.ports,
      ...world.useCases,
      gateway: { ...world.ports.gateway, checkContractSignature },
    });
    const doubtful = await release(state, [], unasked);
    expect([doubtful.missing, doubtful.dropped, doubtful.reverts]).to.deep.equal([0, [], 'BadSignature']);
  });

  it('a contract that says yes when it is asked and no when it counts is left out once another seat stands in for it', async () => {
    const { state, digest } = await withStaleSignature();
    const other = await seatContract(world.chain, 2);
    await release(state, [{ signer: other.signer, data: other.sign(digest) }]);
    const checkContractSignature = async () => ({ outcome: 'valid', index: 0, signer: seat.signer }) as const;
    const askedWith = (more: Partial<typeof world.ports.gateway>) => {
      const gateway = { ...world.ports.gateway, checkContractSignature, ...more };
      return createPrepareSettlement({ ...world.ports, ...world.useCases, gateway });
    };
    let tried = 0;
    const tryTransaction: typeof world.ports.gateway.tryTransaction = async (...given) => {
      tried += 1;
      return tried === 1 ? world.ports.gateway.tryTransaction(...given) : { outcome: 'unknown' };
    };
    const unsure = await release(state, signed(digest, [1]), askedWith({ tryTransaction }));
    expect([unsure.dropped, unsure.reverts, tried], 'a node that fails blames nobody').to.deep.equal([
      ...[[], 'BadSignature', 3],
    ]);
    const { missing, dropped, reverts, transaction } = await release(state, [], askedWith({}));
    expect([missing, dropped, reverts]).to.deep.equal([0, [seat.signer], null]);
    expect((await send(transaction)).status).to.equal(1);
  });

  it('a transaction that fails for another reason costs no signature and is handed out with the reason', async () => {
    const state = await world.funded();
    const { digest } = await release(state);
    const { escrow } = world.chain.deployment;
    await world.chain.send(world.chain.deployment.signerKeys[1] ?? '', {
      to: escrow,
      data: world.chain.encode('bumpSeq', [state.termsId]),
    });
    const { digest: ofBatch } = await batch(state);
    const { missing, dropped, reverts, transaction } = await release(state, signed(digest, [1, 2]));
    expect([missing, dropped, reverts]).to.deep.equal([0, [], 'WrongSeq']);
    expect((await send(transaction)).status).to.equal(0);
    const together = await batch(state, signed(ofBatch, [1, 2]));
    expect([together.dropped, together.reverts, together.transactions === null]).to.deep.equal([[], 'WrongSeq', false]);
  });

  it('a new payment names the treasury that has the seat now, not the one of the start: that one may have been given up', async () => {
    const treasury = `0x${'7a'.repeat(20)}`;
    const { gateway } = world.ports;
    let age: number | undefined;
    const rotated: typeof gateway = {
      ...gateway,
      networkNow: async (name, maxAgeMs) => {
        age = maxAgeMs;
        return { ...(await gateway.networkNow(name, maxAgeMs)), treasury };
      },
    };
    const openIntent = createOpenIntent({ ...world.ports, ...world.useCases, gateway: rotated });
    const { request, offer } = await world.post({ payoutAddress: null });
    const { state } = await openIntent(intentFor({ request, offer }));
    expect([state.terms.seller, state.sellerIsPlatform]).to.deep.equal([treasury, true]);
    expect(age).to.be.within(0, 60_000);
  });

  // The last test: it changes the seats for good.
  it('a key whose seat is switched off counts no more, and one that is rotated in does, without a restart', async () => {
    const state = await world.funded();
    const { digest } = await release(state);
    await release(state, signed(digest, [2]));
    const { digest: ofBatch } = await batch(state);
    expect((await batch(state, signed(ofBatch, [1, 2]))).missing).to.equal(0);
    await control('SignerOff', [{ name: 'index', type: 'uint8' }], [0]);
    await refused(release(state, [{ signer: seat.signer, data: seat.sign(digest) }]), 'unknown_signer');

    const stranger = new Wallet(`0x${'d4'.repeat(32)}`);
    const asStranger = (over: string) => stranger.signingKey.sign(over).serialized;
    await refused(release(state, [asStranger(digest)]), 'unknown_signer');
    const fields = [
      { name: 'index', type: 'uint8' },
      { name: 'account', type: 'address' },
    ];
    await control('Rotate', fields, [2, stranger.address]);
    await world.chain.rpc('evm_increaseTime', [49 * 3_600]);
    const data = world.chain.encode('executeRotation', [2]);
    expect((await send({ to: world.chain.deployment.escrow, data })).status).to.equal(1);

    const after = await release(state);
    expect([after.signedBy, after.dropped, after.missing]).to.deep.equal([[], [addressOf(2)], 2]);
    expect(after.signers.slice(1)).to.deep.equal([addressOf(1), stranger.address.toLowerCase()]);
    await refused(release(state, signed(digest, [2])), 'unknown_signer');
    await refused(batch(state, signed(ofBatch, [1, 2])), 'unknown_signer');
    const both = await release(state, [asStranger(digest), ...signed(digest, [1])]);
    expect([both.missing, both.dropped]).to.deep.equal([0, []]);
    expect((await batch(state, [asStranger(ofBatch), ...signed(ofBatch, [1])])).missing).to.equal(0);
  });
});
