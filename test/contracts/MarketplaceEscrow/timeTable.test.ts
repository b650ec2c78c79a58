import type { Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { delivered, frozen, funded, MODES, PART, paid } from '../lifeStages.ts';
import { useToken } from '../mocks.ts';
import { prepareFundings, recordMakers } from '../recordMakers.ts';
import { openAfter, openAt, openUntil } from '../timeBounds.ts';

const YEAR = 366 * DAY;

describe('MarketplaceEscrow time table: money in', () => {
  const world = useEscrowWorld();

  /** One of the calls that make a record, ready to be sent. The signed ones carry deadlines behind fundBy. */
  async function maker(terms: Terms, method: string): Promise<() => Promise<unknown>> {
    const found = (await recordMakers(world(), terms)).find((call) => call.method === method);
    if (found === undefined) throw new Error(`no call ${method}`);
    return () => world().chain.send({ from: found.from, to: world().escrow.address, data: found.data });
  }
  async function fundingClosesAfterFundBy(method: string): Promise<void> {
    await prepareFundings(world());
    const now = await world().chain.now();
    // Before the deadline of the signatures, so that it is not they that refuse.
    const terms = await world().terms({ fundBy: now + DAY / 2 });
    await openUntil(world(), { at: terms.fundBy, error: 'TooLate', call: await maker(terms, method) });
  }

  it('T1: fund takes money until fundBy', () => fundingClosesAfterFundBy('fund'));

  it('T1: fundWithAuthorization takes money until fundBy', () => fundingClosesAfterFundBy('fundWithAuthorization'));

  it('T1: fundWithPermit2 takes money until fundBy', () => fundingClosesAfterFundBy('fundWithPermit2'));

  it('T1: fundWithPermit takes money until fundBy', () => fundingClosesAfterFundBy('fundWithPermit'));

  it('T1: sweep moves a vault into the pool until deliverBy', async () => {
    const terms = await paid(world(), 'vault');
    const call = () => world().act(roles.seller, 'sweep', [terms]);
    await openUntil(world(), { at: terms.deliverBy, error: 'TooLate', call });
  });

  it('T1: a settlement opens a vault at any time', async () => {
    const terms = await paid(world(), 'vault');
    const all = { toSeller: PRICE, toBuyer: 0n, seq: 0 };
    for (const second of [terms.fundBy + 1, terms.deliverBy, terms.deliverBy + 1, terms.deliverBy + 10 * YEAR]) {
      const settle = await world().settlement(terms, { ...all, validUntil: second });
      const args = [terms, settle, world().sign(settle)];
      await openAt(world(), [second], () => world().act(roles.stranger, 'settle', args));
    }
  });

  it('T1: terms are valid until fundBy lies 366 days ahead', async () => {
    const now = await world().chain.now();
    const fundBy = now + 100 + YEAR;
    const terms = await world().terms({ token: ZERO_ADDRESS, fundBy, deliverBy: fundBy });
    // Too far ahead in the second before, so time alone makes them valid.
    const call = () => world().act(roles.buyer, 'fund', [terms], terms.amount);
    await openAfter(world(), { at: fundBy - YEAR - 1, error: 'InvalidTerms', call });
  });

  it('T1: terms are valid until deliverBy lies 366 days behind fundBy, and not before it', async () => {
    await validAndInvalid((base) => [
      [{ deliverBy: base.fundBy + YEAR }, { deliverBy: base.fundBy + YEAR + 1 }],
      [{ deliverBy: base.fundBy }, { deliverBy: base.fundBy - 1 }],
    ]);
  });

  it('T1: terms are valid with an inspection of one hour to 90 days', async () => {
    await validAndInvalid(() => [
      [{ inspection: 3_600 }, { inspection: 3_599 }],
      [{ inspection: 7_776_000 }, { inspection: 7_776_001 }],
    ]);
  });

  async function validAndInvalid(pairs: (base: Terms) => [good: Partial<Terms>, bad: Partial<Terms>][]): Promise<void> {
    const base = await world().terms({ token: ZERO_ADDRESS });
    for (const [good, bad] of pairs(base)) {
      const call = (changes: Partial<Terms>) => world().act(roles.buyer, 'fund', [{ ...base, ...changes }], PRICE);
      await world().rejects(call(bad), 'InvalidTerms');
      await call(good);
    }
  }
});

for (const mode of MODES) {
  describe(`MarketplaceEscrow time table: dispute and exits, ${mode} mode`, () => {
    const world = useEscrowWorld();

    it('T1: the seller marks a payment without a record or funded until deliverBy', async () => {
      for (const terms of [await paid(world(), mode), await funded(world(), mode)]) {
        const call = () => world().act(roles.seller, 'markDelivered', [terms]);
        await openUntil(world(), { at: terms.deliverBy, error: 'TooLate', call });
      }
    });

    it('T1: the buyer freezes a payment without a record or funded until deliverBy', async () => {
      for (const terms of [await paid(world(), mode), await funded(world(), mode)]) {
        const call = () => world().act(roles.buyer, 'freeze', [terms]);
        await openUntil(world(), { at: terms.deliverBy, error: 'TooLate', call });
      }
    });

    it('T1: anyone reclaims a funded payment after deliverBy', async () => {
      const terms = await funded(world(), mode);
      const call = () => world().act(roles.stranger, 'reclaim', [terms]);
      await openAfter(world(), { at: terms.deliverBy, error: 'TooEarly', call });
    });

    it('T1: both parties freeze a delivered payment until the inspection ends', async () => {
      const { terms, clock } = await delivered(world(), mode);
      for (const party of [roles.buyer, roles.seller]) {
        const call = () => world().act(party, 'freeze', [terms]);
        await openUntil(world(), { at: clock + terms.inspection, error: 'TooLate', call });
      }
    });

    it('T1: anyone claims a delivered payment after the inspection', async () => {
      const { terms, clock } = await delivered(world(), mode);
      const call = () => world().act(roles.stranger, 'claim', [terms]);
      await openAfter(world(), { at: clock + terms.inspection, error: 'TooEarly', call });
    });

    it('T1: anyone resolves a frozen payment after the dispute timeout of 45 days', async () => {
      const { terms, clock } = await frozen(world(), mode);
      const call = () => world().act(roles.stranger, 'forceResolve', [terms]);
      await openAfter(world(), { at: clock + 3_888_000, error: 'TooEarly', call });
    });

    it('T1: anyone recovers a surplus, another asset or what invalid terms hold at any time', async () => {
      const terms = await funded(world(), mode);
      const vault = await world().payVault(terms, 5n);
      const stray = await useToken(world(), 'UsdtLikeToken');
      await world().mint(vault, 7n);
      const invalid = await world().terms({ inspection: 1 });
      await world().payVault(invalid);
      const seconds = [terms.fundBy, terms.deliverBy, terms.deliverBy + 1, terms.deliverBy + 10 * YEAR];
      for (const [owner, asset] of [
        [terms, terms.token],
        [terms, stray.address],
        [invalid, invalid.token],
      ] as const) {
        await openAt(world(), seconds, () => world().act(roles.stranger, 'recover', [owner, asset]));
      }
    });
  });
}

describe('MarketplaceEscrow time table: recovery of everything from an unused id', () => {
  const world = useEscrowWorld();

  it('T1: the seller recovers at any time', async () => {
    const terms = await paid(world(), 'vault');
    const call = () => world().act(roles.seller, 'recover', [terms, terms.token]);
    await openAt(world(), [terms.fundBy, terms.deliverBy, terms.deliverBy + 1], call);
  });

  it('T1: a signer recovers a short vault after fundBy', async () => {
    const terms = await world().terms();
    await world().payVault(terms, PART);
    const call = () => world().act(roles.signers[0], 'recover', [terms, terms.token]);
    await openAfter(world(), { at: terms.fundBy, error: 'Nothing', call });
  });

  it('T1: anyone recovers after deliverBy', async () => {
    const terms = await paid(world(), 'vault');
    const call = () => world().act(roles.stranger, 'recover', [terms, terms.token]);
    await openAfter(world(), { at: terms.deliverBy, error: 'Nothing', call });
  });
});
