import { expect } from 'chai';
import { hotWalletsOf, signalOfTransfer } from '../../server/domain/sighting.ts';
import type { Custody } from '../../server/domain/state.ts';
import * as f from './factories.ts';

const [frozen, pinned, stranger] = [f.addresses.hotWallet, `0x${'7'.repeat(40)}`, f.addresses.payer];
const head = { confirmed: 1_008, finalized: 1_005 };
const [final, confirmed, mined] = [1_005, 1_008, 1_009];
const unlisted = `bsc:${f.addresses.otherToken}`;

type Row = readonly [
  custody: Custody,
  sender: string,
  finalWord: string | null,
  confirmedWord: string | null,
  minedWord: string | null,
];
const table: readonly Row[] = [
  ['contract', frozen, 'forwardConfirmed', null, null],
  ['contract', pinned, 'forwardConfirmed', null, null],
  ['contract', stranger, 'transferConfirmed', 'transferConfirmed', 'transferSeen'],
  ['provider', frozen, 'transferConfirmed', 'transferConfirmed', 'transferSeen'],
  ['provider', pinned, 'transferConfirmed', 'transferConfirmed', 'transferSeen'],
  ['provider', stranger, 'transferConfirmed', 'transferConfirmed', 'transferSeen'],
];
const nameOf = { [frozen]: 'the frozen wallet', [pinned]: 'the pinned wallet', [stranger]: 'a stranger' };

describe('signalOfTransfer', () => {
  const wordOn = (custody: Custody, overrides: Parameters<typeof f.transfer>[1]) => {
    const transfer = f.transfer(100n, overrides);
    const signal = signalOfTransfer(transfer, { custody, hotWallets: hotWalletsOf(frozen, pinned) }, head);
    if (signal !== null) expect(signal.transfer).to.equal(transfer);
    return signal?.kind ?? null;
  };

  for (const [custody, sender, ...words] of table) {
    it(`says what ${nameOf[sender]} sent to the ${custody}: ${words.join(', ')}`, () => {
      const told = [final, confirmed, mined].map((blockNumber) => wordOn(custody, { senders: [sender], blockNumber }));
      expect(told).to.deep.equal(words);
    });
  }

  it('takes a hot wallet among several senders for the forward', () => {
    expect(wordOn('contract', { senders: [stranger, frozen], blockNumber: confirmed })).to.equal(null);
  });

  it('does not believe an unlisted token about its sender', () => {
    const worthless = { asset: unlisted, tokenAddress: f.addresses.otherToken, senders: [frozen], blockNumber: final };
    expect(wordOn('contract', worthless)).to.equal('transferConfirmed');
  });
});

describe('hotWalletsOf', () => {
  it('names the wallet a payment froze and the one the network is pinned to, in lower case', () => {
    const spelled = `0x${'Ab'.repeat(20)}`;
    expect(hotWalletsOf(frozen, spelled)).to.deep.equal([frozen, spelled.toLowerCase()]);
    expect(hotWalletsOf(frozen, frozen)).to.deep.equal([frozen]);
    expect(hotWalletsOf(null, pinned)).to.deep.equal([pinned]);
    expect(hotWalletsOf(undefined, undefined)).to.deep.equal([]);
  });
});
