import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { makeWary, STEP, scanGas } from '../gasScan.ts';
import { useToken } from '../mocks.ts';
import { answer, MODES, PICKY, plainAccount, ripen, SPLIT, TIMERS, usePicky, useReceiver } from '../payouts.ts';
import { signBatch } from '../signedActs.ts';

const { stranger, treasury } = roles;
/** Gas that a receiver of native coin wants to see: nearly all of the 50,000 it is given, with the 2,300 that come with value. */
const NEED = 52_000;
/** The same of the 400,000 of a token, of which vault and token keep 1/64 each back. */
const TOKEN_NEED = 300_000;
/** What a report must have left before an item, and so above what it uses. */
const REPORT = 1_300_000n;
/** More than a push of tokens is given. */
const TOO_MUCH = 500_000;
/** More than any call here is given, in the three bytes that a wary account can want. */
const NEVER = 0xff_ff_ff;
/** What a vault credit must have left before its last push, above what it uses: twice the least of a push of tokens. */
const CREDIT = 950_000n;
const SELLER = plainAccount(181);
const REFUND_TO = plainAccount(182);

for (const mode of MODES) {
  const inVault = mode === 'vault';

  describe(`attacks by the gas limit, ${mode} mode`, () => {
    const world = useEscrowWorld();

    async function tokenTerms(): Promise<Terms> {
      await usePicky(world());
      const terms = await world().terms({ seller: SELLER, refundTo: REFUND_TO });
      await world().pay(terms, mode);
      return terms;
    }
    /** A payment in a token that tells these receivers, who want most of the gas of a push. */
    async function waryTerms(...wary: string[]): Promise<Terms> {
      await useToken(world(), 'HookToken');
      const terms = await world().terms({ seller: SELLER, refundTo: REFUND_TO });
      await world().pay(terms, mode);
      for (const account of wary) await told(account, TOKEN_NEED);
      return terms;
    }
    async function told(account: string, need: number): Promise<void> {
      await makeWary(world(), account, need);
      await world().send(world().token, stranger, 'setHooked', [account, true]);
    }
    async function coinTerms(seller = SELLER, refundTo = REFUND_TO): Promise<Terms> {
      const terms = await world().terms({ token: ZERO_ADDRESS, seller, refundTo });
      await world().pay(terms, mode);
      return terms;
    }
    async function scanSettlement(name: string, terms: Terms): Promise<void> {
      const settle = await world().settlement(terms, SPLIT);
      const args = [terms, settle, world().sign(settle)];
      const step = terms.token === ZERO_ADDRESS ? STEP.coin : STEP.token;
      await scanGas(world(), { name, terms, method: 'settle', args, step });
    }
    const need = (account: string) => makeWary(world(), account, NEED);

    it('A18: ends a token payout in a revert or as with plenty of gas, whatever its receivers do', async () => {
      for (const [name, seller, refundTo] of [
        ['honest receivers', PICKY.honest, PICKY.honest],
        ['a seller who eats his gas', PICKY.eatsGas, PICKY.honest],
        ['a refusing seller', PICKY.refuses, PICKY.honest],
        ['a seller to whom the token says no', PICKY.falseUnmoved, PICKY.eatsGas],
      ] as const) {
        const terms = await tokenTerms();
        await answer(world(), SELLER, seller);
        await answer(world(), REFUND_TO, refundTo);
        await scanSettlement(name, terms);
      }
      for (const wary of [[SELLER], [REFUND_TO], [SELLER, REFUND_TO]]) {
        await scanSettlement(`${wary} wary`, await waryTerms(...wary));
      }
    });

    it('A18: ends a payout in native coin in a revert or as with plenty of gas, whatever its receivers do', async () => {
      await scanSettlement('honest receivers', await coinTerms());
      for (const wary of [SELLER, REFUND_TO]) {
        const terms = await coinTerms();
        await need(wary);
        await scanSettlement(`${wary} is wary`, terms);
      }
      for (const fault of ['setEatsGas', 'setRefuses']) {
        const receiver = await useReceiver(world());
        await world().send(receiver, stranger, fault, [true]);
        await scanSettlement(`${fault} by the seller`, await coinTerms(receiver.address));
        await scanSettlement(`${fault} by refundTo`, await coinTerms(SELLER, receiver.address));
      }
    });

    it('A18: ends each timer in a revert or as with plenty of gas', async () => {
      for (const timer of TIMERS) {
        const snapshot = await world().chain.snapshot();
        const terms = await coinTerms(roles.seller.address);
        // A record, which a vault has only after its first settlement.
        await world().settle(terms, { toSeller: 100n, toBuyer: 0n });
        await ripen(world(), terms, timer);
        // The block of the second in which it opens.
        await world().chain.send({ from: stranger.address, to: stranger.address });
        for (const account of [terms.seller, REFUND_TO]) await need(account);
        await scanGas(world(), { name: timer, terms, method: timer, args: [terms] });
        await world().chain.restore(snapshot);
      }
    });

    it('A18: ends a report batch in a revert or as with plenty of gas, and never fails an item for want of it', async () => {
      const terms = await waryTerms(SELLER);
      const settlements = [await world().settlement(terms, SPLIT)];
      const args = [[terms], settlements, signBatch(world(), settlements)];
      await scanGas(world(), {
        name: 'report',
        terms,
        method: 'settleBatchReport',
        args,
        step: STEP.token,
        reserve: REPORT,
      });
    });

    it('A18: ends the way of a fee in a revert or as with plenty of gas', async () => {
      // Of a vault it is pushed by the settlement: to the treasury, else into the pool, else to the seller.
      if (inVault) {
        for (const [name, toTreasury, toPool] of [
          ['a treasury that eats gas', PICKY.eatsGas, PICKY.honest],
          ['no treasury and no pool', PICKY.eatsGas, PICKY.refuses],
        ] as const) {
          const terms = await tokenTerms();
          await answer(world(), treasury.address, toTreasury);
          await answer(world(), world().escrow.address, toPool);
          await scanSettlement(name, terms);
        }
        await scanSettlement('a wary treasury', await waryTerms(treasury.address));
      }
      const terms = await coinTerms();
      await need(treasury.address);
      if (inVault) await scanSettlement('coin to a wary treasury', terms);
      else {
        await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
        await scanGas(world(), { name: 'withdrawFees', terms, method: 'withdrawFees', args: [ZERO_ADDRESS] });
      }
    });

    it('A18: ends the payment of a credit in a revert or as with plenty of gas', async () => {
      const terms = await waryTerms();
      // They want too much at first, and so get credits.
      for (const account of [SELLER, REFUND_TO]) await told(account, TOO_MUCH);
      await world().settle(terms, SPLIT);
      await told(SELLER, TOKEN_NEED);
      // What is enough for both from a settlement must do from here too; one who wants more may be paid or stay (see there).
      await told(REFUND_TO, NEVER);
      const pay = inVault
        ? { name: 'payVaultCredit', method: 'payVaultCredit', args: [terms], step: STEP.token, reserve: CREDIT }
        : { name: 'withdrawCredit', method: 'withdrawCredit', args: [SELLER, terms.token], step: STEP.token };
      await scanGas(world(), { ...pay, terms });
      await told(REFUND_TO, TOKEN_NEED);
      await scanGas(world(), { ...pay, name: `${pay.name}, both can receive`, terms });
    });

    it('A18: ends a recovery and a refund after release in a revert or as with plenty of gas', async () => {
      const terms = await coinTerms();
      await world().settle(terms, { toSeller: PRICE / 2n, toBuyer: 0n });
      await world().payVault(terms, 7n);
      await need(REFUND_TO);
      await scanGas(world(), { name: 'recover', terms, method: 'recover', args: [terms, ZERO_ADDRESS] });
      await scanGas(world(), { name: 'refundLater', terms, method: 'refundLater', args: [terms, 5n], value: 5n });
    });
  });
}
