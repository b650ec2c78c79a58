import { expect } from 'chai';
import { concat, type JsonRpcProvider, Signature, toBeHex, Wallet, ZeroAddress } from 'ethers';
import type { EscrowGateway } from '../../../server/ports/outside.ts';
import { checkContractSignature } from '../../../server/providers/chain/contractSignature.ts';
import { escrowDomain } from '../../../server/providers/chain/escrowContract.ts';
import { createEscrowGateway } from '../../../server/providers/chain/escrowGateway.ts';
import { createRpcPool } from '../../../server/providers/chain/rpcPool.ts';
import { type ChainWorld, one, openChainWorld, systemClock } from './chainWorld.ts';
import { type ContractSeat, seatContract, type WalletAnswer, walletAnswers } from './contractSeat.ts';

const digest = `0x${'5d'.repeat(32)}`;
const later = () => Math.floor(Date.now() / 1_000) + 3_600;

describe('chain: signatures of contracts', () => {
  let world: ChainWorld;
  let gateway: EscrowGateway;
  let seat: ContractSeat;
  before(async () => {
    world = await openChainWorld();
    gateway = world.chain.gateway;
    seat = await seatContract(world, 2);
  });
  afterEach(() => seat.answer('OwnersKey'));
  after(() => world.close());

  const check = async (signer: string, data: string, over = digest) => {
    await gateway.networkNow('bsc');
    return gateway.checkContractSignature('bsc', over, { signer, data });
  };

  /** A settlement of a full vault, and whether the escrow would take it with these bytes of the contract beside a key's signature. */
  async function settling() {
    const terms = world.terms();
    const { termsId, vault } = gateway.identify('bsc', terms);
    await world.pay(vault, terms.amount);
    const settlement = { settleSeq: 0, toSeller: 100n * one, toBuyer: 0n, validUntil: later() };
    const { digest: own } = gateway.settlementPayload('bsc', termsId, settlement);
    const transactionWith = (data: string) =>
      gateway.settlementTransaction('bsc', terms, settlement, [
        { index: seat.index, signer: seat.signer, signature: data },
        ...world.signatures(own, [0]),
      ]);
    const escrowTakes = (data: string) =>
      world.rpc('eth_call', [{ ...transactionWith(data), chainId: undefined }, 'latest']).then(
        () => true,
        () => false,
      );
    return { own, transactionWith, escrowTakes };
  }

  it('takes what the contract in the seat takes, and the escrow takes it, too', async () => {
    const { own, transactionWith } = await settling();
    expect(await check(seat.signer, seat.sign(own), own)).to.deep.equal({
      ...{ outcome: 'valid', index: 2, signer: seat.signer },
    });
    expect(await check(seat.signer, seat.sign(own), digest)).to.deep.equal({ outcome: 'refused' });
    const receipt = await world.send(world.deployment.sellerKey, transactionWith(seat.sign(own)));
    expect(receipt.status).to.equal(1);
  });

  it('writes a contract’s bytes behind its tag and their length, and a key’s signature compactly', async () => {
    const { own, transactionWith } = await settling();
    const [key] = world.signatures(own, [0]);
    for (const data of [seat.sign(own), '0x01', `0x${'ab'.repeat(300)}`]) {
      const bytes = (data.length - 2) / 2;
      const compact = Signature.from(key?.signature).compactSerialized;
      const expected = concat(['0x00', compact, '0x82', toBeHex(bytes, 2), data]).slice(2);
      expect(transactionWith(data).data).to.include(expected);
    }
  });

  for (const way of Object.keys(walletAnswers) as WalletAnswer[]) {
    it(`judges a contract as the escrow does, and never by a failure of the node: ${way}`, async () => {
      const { own, escrowTakes } = await settling();
      await seat.answer(way);
      for (const data of [seat.sign(own), seat.sign(digest), `0x${'01'.repeat(100)}`]) {
        const { outcome } = await check(seat.signer, data, own);
        expect(outcome === 'valid', `${way} ${outcome}`).to.equal(await escrowTakes(data));
      }
      expect(world.logger.lines.filter(({ level }) => level !== 'info')).to.deep.equal([]);
    });
  }

  it('does not take its own question for an answer when nothing, or too little, comes back', async () => {
    // The question begins with the word that says yes; behind it a digest of zeros would complete that word.
    const zeros = `0x${'00'.repeat(32)}`;
    for (const way of ['EmptyReturn', 'ShortReturn', 'EatsGas', 'Reverting'] as const) {
      await seat.answer(way);
      expect(await check(seat.signer, '0x01', zeros), way).to.deep.equal({ outcome: 'refused' });
    }
  });

  it('knows nobody but the holders of seats', async () => {
    const stranger = new Wallet(world.deployment.buyerKey).address.toLowerCase();
    for (const signer of [stranger, world.deployment.token.toLowerCase(), ZeroAddress]) {
      expect(await check(signer, '0x01'), signer).to.deep.equal({ outcome: 'unknownSigner' });
    }
  });

  it('refuses a seat without code, which signs by its key alone', async () => {
    const [own] = world.signatures(digest, [1]);
    if (!own) throw new Error('no signature');
    expect(await check(own.signer, own.signature)).to.deep.equal({ outcome: 'refused' });
  });

  /** A contract that answers the escrow by this word, and everybody else by the other. */
  async function toEscrow(address: string, word: 'yes' | 'no'): Promise<void> {
    const yes = '631626ba7e60e01b5f5260205ff3';
    const no = '5f5ff3';
    const [mine, others] = word === 'yes' ? [yes, no] : [no, yes];
    const target = (0x1a + others.length / 2).toString(16).padStart(2, '0');
    const code = `0x3373${world.deployment.escrow.slice(2).toLowerCase()}1460${target}57${others}5b${mine}`;
    await world.rpc('anvil_setCode', [address, code]);
  }

  it('asks as the escrow: what a contract would say to others is of no interest', async () => {
    const { signerKeys } = world.deployment;
    const holder = new Wallet(signerKeys[1] ?? '').address.toLowerCase();
    await toEscrow(holder, 'no');
    expect(await check(holder, '0x01')).to.deep.equal({ outcome: 'refused' });
    await toEscrow(holder, 'yes');
    expect(await check(holder, '0x')).to.have.property('outcome', 'valid');
    await world.rpc('anvil_setCode', [holder, '0x']);
  });

  it('asks from a made-up address where a node cannot put code in the escrow’s place', async () => {
    const [network] = world.chain.networks;
    if (!network) throw new Error('no network');
    const call = async () => `0x${'00'.repeat(31)}01`;
    const send = async () => {
      throw new Error('too many arguments, want at most 2');
    };
    const node = { call, send } as unknown as JsonRpcProvider;
    const run = <T>(read: (provider: JsonRpcProvider) => Promise<T>) => read(node);
    const pool = { name: 'bsc', chainId: network.chainId, run, status: () => [], close: () => undefined };
    const given = { signer: seat.signer, data: '0x01' };
    const verdict = await checkContractSignature({ network, finality: world.configured.finality, pool }, digest, given);
    expect(verdict.outcome).to.equal('valid');
  });

  it('gives up on a node that never answers', async () => {
    const [network] = world.chain.networks;
    if (!network) throw new Error('no network');
    const silent = { name: 'bsc', chainId: network.chainId, run: () => new Promise<never>(() => {}) };
    const connection = {
      network,
      finality: world.configured.finality,
      pool: { ...silent, status: () => [], close: () => undefined },
    };
    const given = { signer: seat.signer, data: '0x01' };
    const outcome = await checkContractSignature(connection, digest, given, 20).catch((error: unknown) => error);
    expect(outcome).to.have.property('code', 'chain_unavailable');
  });

  it('knows a seat by its present holder: the list that was read at the start may be older than a rotation', async () => {
    const [network] = world.chain.networks;
    if (!network) throw new Error('no network');
    const limits = { timeoutMs: 5_000, logger: world.logger, clock: systemClock };
    const pool = createRpcPool({ name: 'bsc', chainId: network.chainId, urls: [world.url], ...limits });
    const old = { ...network, threshold: 3, signers: network.signers.toReversed(), treasury: `0x${'7e'.repeat(20)}` };
    let nowMs = 1_000;
    const started = createEscrowGateway(
      new Map([['bsc', { network: old, finality: world.configured.finality, pool }]]),
      { now: () => nowMs },
    );
    nowMs += 60_000;
    expect(await started.networkNow('bsc', 60_000), 'read no longer ago').to.equal(old);
    nowMs += 1;
    const first = await started.networkNow('bsc', 60_000);
    expect(first, 'the treasury has a seat, too').to.deep.equal(network);
    nowMs += 60_000;
    expect(await started.networkNow('bsc', 60_000), 'read again a minute ago').to.equal(first);
    // Those who ask at once share one reading.
    const [now, again] = await Promise.all([started.networkNow('bsc'), started.networkNow('bsc')]);
    expect(again).to.equal(now);
    expect(now).to.deep.equal(network);
    expect([started.network('bsc'), started.networks()]).to.deep.equal([network, [network]]);
    const given = { signer: seat.signer, data: seat.sign(digest) };
    expect(await started.checkContractSignature('bsc', digest, given)).to.have.property('index', seat.index);
    expect(started.recoverSigner('bsc', digest, world.signatures(digest, [0])[0]?.signature ?? '')?.index).to.equal(0);
    pool.close();
  });

  // The last test: it takes the seat away.
  it('knows a seat that was switched off after the start no more', async () => {
    expect(await check(seat.signer, seat.sign(digest))).to.have.property('outcome', 'valid');
    const { escrow, chainId, signerKeys, sellerKey } = world.deployment;
    const types = {
      SignerOff: [
        { name: 'index', type: 'uint8' },
        { name: 'nonce', type: 'uint256' },
        { name: 'validUntil', type: 'uint40' },
      ],
    };
    const message = { index: seat.index, nonce: 0, validUntil: later() };
    const sign = async (index: number) => {
      const wallet = new Wallet(signerKeys[index] ?? '');
      const text = await wallet.signTypedData(escrowDomain(chainId, escrow), types, message);
      return concat([toBeHex(index, 1), Signature.from(text).compactSerialized]);
    };
    const set = concat([await sign(0), await sign(1)]);
    const data = world.encode('signerOff', [seat.index, message.validUntil, set]);
    expect((await world.send(sellerKey, { to: escrow, data })).status).to.equal(1);
    expect(await check(seat.signer, seat.sign(digest))).to.deep.equal({ outcome: 'unknownSigner' });
  });
});
