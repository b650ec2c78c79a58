import { expect } from 'chai';
import { concat, Interface, toBeHex } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, type Split, STATUS, TAG, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { deployMock } from '../mocks.ts';
import { eventsOf, rejectsEach } from '../observed.ts';
import { MODES, plainAccount, SPLIT, SPLIT_NET, useReceiver } from '../payouts.ts';
import type { SignatureItem } from '../signatureItems.ts';
import { ACCOUNT_TAG, ACTION, actSigned, redirectCredit, rotate } from '../signedActs.ts';

const { seller, buyer, stranger, signers, treasury } = roles;
const COIN = 77n;
const DELAY = 172_801;
const GARBAGE = `0x${'11'.repeat(65)}`;
/** What the escrow sends to tokens and wallets; none of it may pass as a command of a vault. */
const outgoing = new Interface([
  'function balanceOf(address)',
  'function transfer(address,uint256)',
  'function transferFrom(address,address,uint256)',
  'function permit(address,address,uint256,uint256,uint8,bytes32,bytes32)',
  'function receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)',
  'function isValidSignature(bytes32,bytes)',
  'function permitWitnessTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes32,string,bytes)',
]);

describe('attacks by the address of a vault', () => {
  const world = useEscrowWorld();
  let victim: Terms;
  let vault = '';

  // The vault of somebody's payment, deployed, with tokens and native coin in it.
  beforeEach(async () => {
    victim = await world().terms();
    vault = await world().payVault(victim, PRICE + 1n);
    await world().act(stranger, 'recover', [victim, victim.token]);
    await world().chain.send({ from: buyer.address, to: vault, value: COIN });
  });
  const held = async () => [await world().balance(vault), await world().chain.balanceAt(vault)];
  async function untouched(): Promise<void> {
    expect(await held()).to.deep.equal([PRICE, COIN]);
    expect((await world().payment(victim)).status).to.equal(STATUS.none);
  }
  /** Calls that must fail, in whatever way. */
  async function fail(calls: Record<string, () => Promise<unknown>>): Promise<void> {
    for (const [name, call] of Object.entries(calls)) {
      const outcome = await call().then(
        () => 'succeeded',
        () => 'failed',
      );
      expect(outcome, name).to.equal('failed');
    }
    await untouched();
  }

  it('A20: takes money as seller or refundTo, in either mode and asset, deployed or not', async () => {
    const undeployed = await world().vaultOf(await world().terms());
    for (const mode of MODES) {
      for (const token of [world().token.address, ZERO_ADDRESS]) {
        for (const payee of [vault, undeployed]) {
          for (const role of ['seller', 'refundTo'] as const) {
            const terms = await world().terms({ token, [role]: payee });
            await world().pay(terms, mode);
            const before = await world().balance(payee, token);
            const receipt = await world().settle(terms, SPLIT);
            expect(eventsOf(world(), receipt).map(([name]) => name)).to.deep.equal(['Settled']);
            const paid = role === 'seller' ? SPLIT_NET : SPLIT.toBuyer;
            expect((await world().balance(payee, token)) - before, `${role}, ${mode}`).to.equal(paid);
          }
        }
      }
    }
    expect((await world().payment(victim)).status).to.equal(STATUS.none);
    // What came is surplus of the payment whose vault it is, for its refundTo.
    await world().act(stranger, 'recover', [victim, victim.token]);
    await world().act(stranger, 'recover', [victim, ZERO_ADDRESS]);
    expect(await held()).to.deep.equal([PRICE, 0n]);
  });

  it('A20: signs nothing as buyer, seller, account or signer', async () => {
    await rotate(world(), { index: 0, account: vault });
    await world().chain.setNextTime((await world().chain.now()) + DELAY);
    await world().act(stranger, 'executeRotation', [0]);
    const times = { fundBy: victim.fundBy + DELAY, deliverBy: victim.deliverBy + DELAY };
    const terms = await world().terms({ buyer: vault, ...times });
    const selling = await world().terms({ seller: vault, ...times });
    for (const each of [terms, selling]) await world().payVault(each);
    const release = { toSeller: PRICE, toBuyer: 0n };
    const refund = { toSeller: 0n, toBuyer: PRICE };
    const second: SignatureItem = [1, signers[1]];
    for (const bytes of ['0x', GARBAGE, commandOf(ZERO_ADDRESS, stranger.address, COIN)]) {
      const redirect = { account: vault, token: terms.token, to: stranger.address, amount: 1n };
      const signed = (by: Terms, split: Split, items: SignatureItem[]) => () => world().settle(by, split, items);
      const calls: [string, () => Promise<unknown>][] = [
        ['buyer', signed(terms, release, [[TAG.buyer, bytes]])],
        ['seller', signed(selling, refund, [[TAG.seller, bytes]])],
        ['freeze', () => actSigned(world(), terms, ACTION.freeze, [TAG.buyer, bytes])],
        ['mark', () => actSigned(world(), selling, ACTION.markDelivered, [TAG.seller, bytes])],
        ['signer', signed(terms, release, [[0, bytes], second])],
        ['account', () => redirectCredit(world(), redirect, [second, [ACCOUNT_TAG, bytes]])],
      ];
      await rejectsEach(world(), calls, 'BadSignature');
    }
    await untouched();
    // The other seats go on without it.
    await world().settle(terms, release, [second, [2, signers[2]]]);
    await untouched();
  });

  it('A20: fails as token in every call that would move something', async () => {
    const terms = await world().terms({ token: vault });
    const settle = await world().settlement(terms, { toSeller: PRICE, toBuyer: 0n });
    const call =
      (method: string, args: unknown[], from = seller) =>
      () =>
        world().act(from, method, args);
    await fail({
      fund: call('fund', [terms], buyer),
      sweep: call('sweep', [terms]),
      settle: call('settle', [terms, settle, world().sign(settle)]),
      markDelivered: call('markDelivered', [terms]),
      freeze: call('freeze', [terms], buyer),
      recover: call('recover', [terms, vault]),
      'recover from the victim': call('recover', [victim, vault]),
      'recover by its seller': call('recover', [victim, vault], seller),
      recoverForeign: call('recoverForeign', [terms, vault, 56n], signers[0]),
      refundLater: call('refundLater', [terms, 1n]),
      withdrawFees: call('withdrawFees', [vault]),
      withdrawCredit: call('withdrawCredit', [seller.address, vault]),
      payVaultCredit: call('payVaultCredit', [terms]),
    });
  });

  it('A20: takes empty calldata from the escrow as a mere payment', async () => {
    for (const value of [0n, 5n]) {
      const call = { from: world().escrow.address, to: vault, value };
      if (value !== 0n) await world().chain.setBalance(world().escrow.address, value);
      expect(await world().chain.call(call)).to.equal('0x');
    }
    await world().chain.setBalance(world().escrow.address, 0n);
    // As a payout of the pool sends it.
    const terms = await world().terms({ token: ZERO_ADDRESS, seller: vault, feeBps: 0 });
    await world().fund(terms);
    await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
    expect(await held()).to.deep.equal([PRICE, COIN + PRICE]);
  });

  it('A20: obeys no call that the escrow makes of tokens and wallets, nor one of its own functions', async () => {
    const fragments = [...outgoing.fragments, ...world().escrow.abi.fragments].filter(
      (fragment) => fragment.type === 'function',
    );
    expect(fragments.length > 40).to.equal(true);
    for (const fragment of fragments) {
      const selector = 'selector' in fragment ? String(fragment.selector) : '';
      for (const word of [ZERO_ADDRESS, vault, stranger.address]) {
        const data = concat([selector, ...Array.from({ length: 16 }, () => toBeHex(word, 32))]);
        const outcome = await world()
          .chain.call({ from: world().escrow.address, to: vault, data })
          .catch((reason: { data?: string }) => `reverted with ${reason.data}`);
        expect(outcome, fragment.format()).to.equal('reverted with 0x');
        expect(await world().chain.call({ from: stranger.address, to: vault, data })).to.equal('0x');
      }
    }
    await untouched();
  });

  it('A20: ignores commands of strangers, contracts and other vaults', async () => {
    const caller = await useReceiver(world());
    const wallet = await deployMock(world(), 'Erc1271Wallet', [buyer.address]);
    const transfer = world().token.abi.encodeFunctionData('transfer', [stranger.address, PRICE]);
    const commands = [
      commandOf(victim.token, victim.token, 0n, transfer),
      commandOf(ZERO_ADDRESS, stranger.address, COIN),
    ];
    for (const data of commands) {
      for (const from of [stranger, buyer, seller, treasury, ...signers]) {
        await world().chain.send({ from: from.address, to: vault, data });
      }
      await world().send(caller, stranger, 'callAs', [vault, data]);
      await world().send(wallet, stranger, 'execute', [vault, 0n, data]);
      await untouched();
      expect(
        await world().chain.call({ from: await world().vaultOf(await world().terms()), to: vault, data }),
      ).to.equal('0x');
    }
  });

  it('A20: pays native coin to a deployed vault from pool and vault without a credit, and gets it back as surplus', async () => {
    for (const mode of MODES) {
      const terms = await world().terms({ token: ZERO_ADDRESS, refundTo: vault, seller: plainAccount(20) });
      await world().pay(terms, mode);
      const receipt = await world().settle(terms, { toSeller: 0n, toBuyer: PRICE });
      expect(eventsOf(world(), receipt)).to.deep.equal([['Settled', world().idOf(terms), 0n, 0n, PRICE, 0n]]);
      expect(await held()).to.deep.equal([PRICE, COIN + PRICE]);
      await world().act(stranger, 'recover', [victim, ZERO_ADDRESS]);
      await world().chain.send({ from: buyer.address, to: vault, value: COIN });
    }
  });

  /** A command as the escrow would give it: value above the target, then the call. */
  function commandOf(token: string, target: string, value: bigint, data = '0x'): string {
    const to = token === ZERO_ADDRESS ? target : token;
    return concat([toBeHex((value << 160n) | BigInt(to), 32), data]);
  }
});
