import { expect } from 'chai';
import { Interface, id } from 'ethers';
import { decodeAnswer, decodeError, decodeLog, encodeCall } from '../../../server/providers/chain/escrowCodec.ts';
import { marketplaceEscrowAbi } from '../../../server/providers/chain/marketplaceEscrowAbi.ts';
import type { EscrowTerms, Uint } from '../../../server/providers/chain/marketplaceEscrowTypes.ts';

const face = new Interface(marketplaceEscrowAbi);
const account = (digit: string) => `0x${digit.repeat(40)}`;
const paymentId = `0x${'ab'.repeat(32)}`;
const terms: EscrowTerms<Uint> = {
  buyer: account('1'),
  seller: account('2'),
  token: account('3'),
  amount: 10n ** 20n,
  fundBy: 1_800_000_000,
  deliverBy: 1_800_100_000,
  inspection: 3_600,
  feeBps: 100,
  disputeSellerBps: 5_000,
  milestonesHash: `0x${'0'.repeat(64)}`,
  refundTo: account('1'),
  ref: paymentId,
};

describe('escrowCodec', () => {
  it('encodes a call by names, in the order of the ABI', () => {
    const settlement = { validUntil: 9, seq: 1, toBuyer: 0n, toSeller: 5n };
    const [asTerms, asSettlement, signatures] = face.decodeFunctionData(
      'settle',
      encodeCall('settle', [terms, settlement, '0x1234']),
    );
    expect(asTerms.toObject()).to.deep.equal({
      ...terms,
      fundBy: 1_800_000_000n,
      deliverBy: 1_800_100_000n,
      inspection: 3_600n,
      feeBps: 100n,
      disputeSellerBps: 5_000n,
    });
    expect(asSettlement.toObject()).to.deep.equal({ seq: 1n, toSeller: 5n, toBuyer: 0n, validUntil: 9n });
    expect(signatures).to.equal('0x1234');
  });

  it('answers one value as it is, a struct as an object, several values by their names', () => {
    const answer = (name: string, values: unknown[]) => face.encodeFunctionResult(name, values);
    expect(decodeAnswer('feeCap', answer('feeCap', [1_000]))).to.equal(1_000n);
    expect(decodeAnswer('bumpSeq', '0x')).to.equal(undefined);
    expect(decodeAnswer('config', answer('config', [2, 7, 0, 99, 3]))).to.deep.equal({
      threshold: 2n,
      active: 7n,
      overrides: 0n,
      pausedUntil: 99n,
      nonce: 3n,
    });
    const record = { remaining: 5n, released: 0n, clock: 0n, seq: 4n, status: 1n, inVault: true, vaultDeployed: false };
    const payment = { ...record, bumps: 2n };
    expect(decodeAnswer('payment', answer('payment', [Object.values(payment)]))).to.deep.equal(payment);
  });

  it('reads an event with its structs, and nothing out of a foreign log', () => {
    const values = [paymentId, terms.buyer, terms.seller, terms.amount, 2, Object.values(terms)];
    const log = decodeLog(face.encodeEventLog('Funded', values));
    if (log?.name !== 'Funded') throw new Error(`it was read as ${log?.name}`);
    expect(log.fields.id).to.equal(paymentId);
    expect(log.fields.source).to.equal(2n);
    expect(log.fields.terms.amount).to.equal(terms.amount);
    expect(log.fields.terms.fundBy).to.equal(1_800_000_000n);
    expect(decodeLog({ topics: [id('Transfer(address,address,uint256)')], data: '0x' })).to.equal(null);
  });

  it('names the contract’s own errors only', () => {
    expect(decodeError(id('WrongSeq()').slice(0, 10))).to.equal('WrongSeq');
    expect(decodeError(id('SomebodyElses()').slice(0, 10))).to.equal(null);
    expect(decodeError('0x')).to.equal(null);
    expect(decodeError(`${id('Error(string)').slice(0, 10)}${'0'.repeat(64)}`)).to.equal(null);
  });
});
