import { expect } from 'chai';
import { getAddress, N, Signature, toBeHex, Wallet } from 'ethers';
import type { EscrowGateway } from '../../../server/ports/outside.ts';
import { escrowInterface, escrowTopics } from '../../../server/providers/chain/escrowContract.ts';
import { type ChainWorld, erc20, one, openChainWorld } from './chainWorld.ts';

const later = () => Math.floor(Date.now() / 1_000) + 3_600;

describe('chain: escrow gateway', () => {
  let world: ChainWorld;
  let gateway: EscrowGateway;
  before(async () => {
    world = await openChainWorld();
    gateway = world.chain.gateway;
  });
  after(() => world.close());

  async function ask(name: string, args: unknown[]): Promise<unknown[]> {
    const to = world.deployment.escrow;
    const data = await world.rpc<string>('eth_call', [{ to, data: world.encode(name, args) }, 'latest']);
    return [...escrowInterface.decodeFunctionResult(name, data)];
  }

  /** A payment with its price in the vault. */
  async function paid() {
    const terms = world.terms();
    const identity = gateway.identify('bsc', terms);
    await world.pay(identity.vault, terms.amount);
    return { terms, ...identity };
  }

  const balance = (holder: string) => world.chain.reader.tokenBalance('bsc', world.deployment.token, holder);

  it('describes the network as the contract and the file say', () => {
    const { deployment } = world;
    expect(gateway.networks()).to.deep.equal(world.chain.networks);
    expect(gateway.network('bsc')).to.deep.equal({
      name: 'bsc',
      chainId: 31337,
      escrow: deployment.escrow.toLowerCase(),
      treasury: deployment.treasury.toLowerCase(),
      refundWallet: deployment.refundWallet.toLowerCase(),
      shkeeperHotWallet: deployment.hotWalletAddress.toLowerCase(),
      signers: deployment.signerKeys.map((key) => new Wallet(key).address.toLowerCase()),
      threshold: 2,
      feeCapBps: 1_000,
      tokens: [
        {
          ...{ network: 'bsc', chainId: 31337, token: 'USDT', tokenAddress: deployment.token.toLowerCase() },
          ...{ decimals: 18, shkeeperName: 'BNB-USDT' },
        },
      ],
    });
    expect(gateway.network('tron')).to.equal(null);
  });

  it('computes the same id and deposit address as the contract', async () => {
    for (const terms of [world.terms(), world.terms({ buyer: `0x${'0'.repeat(40)}`, amount: 2n ** 96n - 1n })]) {
      const { termsId, vault } = gateway.identify('bsc', terms);
      expect(await ask('idOf', [terms])).to.deep.equal([termsId]);
      expect(await ask('depositAddress', [termsId])).to.deep.equal([getAddress(vault)]);
      expect(vault).to.equal(vault.toLowerCase());
    }
    expect(() => gateway.identify('tron', world.terms()))
      .to.throw()
      .with.property('code', 'network_not_supported');
  });

  it('reads addresses strictly', () => {
    const mixed = world.deployment.treasury;
    expect(gateway.parseAddress(mixed)).to.equal(mixed.toLowerCase());
    expect(gateway.parseAddress(mixed.toLowerCase())).to.equal(mixed.toLowerCase());
    const wrong = mixed.replace(/[a-f]/, (letter) => letter.toUpperCase());
    for (const text of [wrong, mixed.slice(2), `${mixed}0`, ` ${mixed}`, '', 'XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS']) {
      expect(gateway.parseAddress(text), text).to.equal(null);
    }
    for (const given of [mixed.toLowerCase(), mixed.toLowerCase(), mixed])
      expect(gateway.checksum(given)).to.equal(mixed);
    for (const bad of ['0x12', '0x12', wrong]) expect(() => gateway.checksum(bad)).to.throw();
  });

  it('A33: derives the ref from the payment id and random bits, so that who knows the id alone cannot compute it', () => {
    const refs = ['00'.repeat(16), '01'.repeat(16)].map((bits) => gateway.ref('a'.repeat(24), bits));
    expect(refs[0]).to.match(/^0x[0-9a-f]{64}$/);
    expect(refs[0]).to.not.equal(refs[1]);
    expect(gateway.ref('b'.repeat(24), '00'.repeat(16))).to.not.equal(refs[0]);
    expect(gateway.ref('a'.repeat(24), `0x${'00'.repeat(16)}`)).to.equal(refs[0]);
  });

  it('gives typed data that survives JSON and that a wallet signs to the same digest', async () => {
    const { termsId } = gateway.identify('bsc', world.terms());
    const settlement = { settleSeq: 3, toSeller: 2n ** 90n, toBuyer: 1n, validUntil: 1_900_000_000 };
    const payload = gateway.settlementPayload('bsc', termsId, settlement);
    const { domain, types, message } = JSON.parse(JSON.stringify(payload.typedData));
    expect(payload.typedData.primaryType).to.equal('Settle');
    expect(message).to.deep.equal({
      ...{ id: termsId, seq: '3', toSeller: String(2n ** 90n), toBuyer: '1', validUntil: '1900000000' },
    });
    const wallet = new Wallet(world.deployment.signerKeys[2] ?? '');
    const signature = await wallet.signTypedData(domain, types, message);
    expect(gateway.recoverSigner('bsc', payload.digest, signature)).to.deep.equal({
      index: 2,
      signer: wallet.address.toLowerCase(),
    });
  });

  it('recognises only well-formed signatures of the network’s signers', () => {
    const digest = `0x${'11'.repeat(32)}`;
    const [own] = world.signatures(digest, [1]);
    if (own === undefined) throw new Error('no signature');
    const { r, s, yParity, compactSerialized } = Signature.from(own.signature);
    expect(gateway.recoverSigner('bsc', digest, own.signature)?.index).to.equal(1);
    const withParity = `${own.signature.slice(0, -2)}0${yParity}`;
    expect(gateway.recoverSigner('bsc', digest, withParity)?.index).to.equal(1);

    const malleable = `${r}${toBeHex(N - BigInt(s), 32).slice(2)}${yParity === 0 ? '1c' : '1b'}`;
    const stranger = Wallet.createRandom().signingKey.sign(digest).serialized;
    const noPoint = `0x${'ff'.repeat(64)}1b`;
    for (const text of [malleable, stranger, noPoint, compactSerialized, '0x', 'signature', `${own.signature}00`]) {
      expect(gateway.recoverSigner('bsc', digest, text), text).to.equal(null);
    }
    expect(gateway.recoverSigner('bsc', `0x${'12'.repeat(32)}`, own.signature)).to.equal(null);
  });

  it('builds a transaction that the contract accepts, whatever the order of the signatures', async () => {
    const { terms, termsId, vault } = await paid();
    const settlement = { settleSeq: 0, toSeller: 60n * one, toBuyer: 40n * one, validUntil: later() };
    const { digest } = gateway.settlementPayload('bsc', termsId, settlement);
    const signatures = world.signatures(digest, [2, 0, 1, 0]);
    const transaction = gateway.settlementTransaction('bsc', terms, settlement, signatures);
    expect(transaction).to.deep.include({ to: getAddress(world.deployment.escrow), value: '0', chainId: 31337 });
    const sellerBefore = await balance(terms.seller);
    const receipt = await world.send(world.deployment.buyerKey, transaction);
    expect(receipt.status).to.equal(1);
    expect(await balance(vault)).to.equal(0n);
    expect((await balance(terms.seller)) - sellerBefore).to.equal((60n * one * 99n) / 100n);
    expect(() => gateway.settlementTransaction('bsc', terms, settlement, signatures.slice(0, 1))).to.throw(RangeError);
    // one seat twice is one signature
    const twice = world.signatures(digest, [1, 1]);
    expect(() => gateway.settlementTransaction('bsc', terms, settlement, twice)).to.throw(RangeError);
  });

  it('reads the record, and the record as it is final', async () => {
    const { terms, termsId } = await paid();
    expect(await gateway.record('bsc', termsId)).to.deep.equal({
      ...{ status: 'none', settleSeq: 0, remaining: 0n, released: 0n },
    });
    await world.settle(terms, { toSeller: 30n * one, toBuyer: 0n });
    expect(await gateway.record('bsc', termsId)).to.deep.equal({
      ...{ status: 'funded', settleSeq: 1, remaining: 70n * one, released: 30n * one },
    });
    expect(await gateway.finalRecord('bsc', termsId)).to.deep.include({ status: 'none', settleSeq: 0 });
    await world.finalize();
    const final = await gateway.finalRecord('bsc', termsId);
    expect(final).to.deep.include({ status: 'funded', settleSeq: 1 });
    const head = await world.chain.reader.head('bsc');
    await world.settle(terms, { toSeller: 0n, toBuyer: 5n * one });
    expect(await gateway.record('bsc', termsId, head.finalized)).to.include({ settleSeq: 1, remaining: 70n * one });
    expect(final.blockTimeMs).to.be.at.most(head.timeMs);
    expect(final.blockTimeMs % 1_000).to.equal(0);
  });

  it('reads a settlement’s outcome from the escrow’s own event alone', async () => {
    const { terms, termsId } = await paid();
    const other = await paid();
    const outcome = (txHash: string, id = termsId) => gateway.readOutcome('bsc', txHash, id);
    const { hash, blockNumber, blockHash } = await world.settle(terms, { toSeller: 100n * one, toBuyer: 0n });
    const fact = {
      ...{ chainId: 31337, termsId, settleSeq: 0, toSeller: 100n * one, toBuyer: 0n, fee: one, credits: [] },
      ...{ txHash: hash, blockNumber, blockHash },
    };
    expect(await outcome(hash)).to.deep.equal({ outcome: 'settled', fact, final: false });
    expect(await outcome(hash, other.termsId)).to.deep.equal({ outcome: 'otherPayment' });
    expect(await outcome(`0x${'cd'.repeat(32)}`)).to.deep.equal({ outcome: 'notMined' });

    const again = await world.settle(terms, { toSeller: 100n * one, toBuyer: 0n });
    expect(again.status).to.equal(0);
    expect(await outcome(again.hash)).to.deep.equal({ outcome: 'reverted' });

    const words = [0n, 100n * one, 0n, one].map((value) => toBeHex(value, 32).slice(2)).join('');
    const lookAlike = await world.emit([escrowTopics.Settled, termsId], `0x${words}`);
    expect(await outcome(lookAlike.hash)).to.deep.equal({ outcome: 'foreignContract' });
    const plain = await world.pay(other.vault, 1n);
    expect(await outcome(plain.hash)).to.deep.equal({ outcome: 'foreignContract' });
    const signer = world.deployment.signerKeys[0] ?? '';
    const escrow = world.deployment.escrow;
    const bump = await world.send(signer, { to: escrow, data: world.encode('bumpSeq', [other.termsId]) });
    expect(await outcome(bump.hash, other.termsId)).to.deep.equal({ outcome: 'otherPayment' });

    await world.finalize();
    expect(await outcome(hash)).to.deep.include({ outcome: 'settled', final: true });
  });

  it('calls a settlement not mined when its block left the chain', async () => {
    const { terms, termsId } = await paid();
    const receipt = await world.settle(terms, { toSeller: 0n, toBuyer: 100n * one });
    const { hash } = receipt;
    await world.reorganise(1);
    await world.mine(1);
    expect(await gateway.readOutcome('bsc', hash, termsId)).to.deep.equal({ outcome: 'notMined' });
    // a node that still shows the receipt of the lost block changes nothing
    const { gateway: misled, close } = world.withStaleReceipt(receipt);
    try {
      expect(await misled.readOutcome('bsc', hash, termsId)).to.deep.equal({ outcome: 'notMined' });
    } finally {
      close();
    }
  });

  it('reads the escrow’s events in the order of the chain and no one else’s', async () => {
    const { terms, termsId } = await paid();
    const pooled = world.terms();
    const pooledId = gateway.identify('bsc', pooled).termsId;
    const { escrow, buyerKey, signerKeys, token } = world.deployment;
    const approve = erc20.encodeFunctionData('approve', [escrow, pooled.amount]);
    const first = await world.send(buyerKey, { to: token, data: approve });
    await world.send(signerKeys[0] ?? '', { to: escrow, data: world.encode('bumpSeq', [termsId]) });
    await world.send(buyerKey, { to: escrow, data: world.encode('fund', [pooled]) });
    await world.send(buyerKey, { to: escrow, data: world.encode('sweep', [terms]) });
    const settled = await world.settle(terms, { toSeller: 0n, toBuyer: 100n * one, settleSeq: 1 });
    await world.emit([escrowTopics.SeqBumped, termsId], toBeHex(9n, 32));
    expect(settled.status).to.equal(1);
    const events = await world.chain.reader.escrowEvents('bsc', first.blockNumber, settled.blockNumber + 1);
    const tokenAddress = token.toLowerCase();
    expect(events.map((entry) => entry.event)).to.deep.equal(['SeqBumped', 'Funded', 'Funded', 'Settled']);
    expect(events[0]).to.deep.include({ settleSeq: 1 });
    expect(events[1]).to.deep.include({ termsId: pooledId, source: 0, amount: 100n * one, tokenAddress });
    expect(events[2]).to.deep.include({ termsId, source: 1 });
    expect(events[3]).to.have.nested.property('fact.settleSeq', 1);
  });
});
