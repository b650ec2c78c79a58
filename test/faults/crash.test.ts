import { expect } from 'chai';
import { liveAndDie, liveAndDieAtEach, type lives } from './support/crashLife.ts';
import { labelsOfSource } from './support/crashPlan.ts';
import { atATime } from './support/crowd.ts';
import { openStage, type Stage } from './support/stage.ts';
import { units } from './support/trade.ts';

/**
 * Where the server of one payment dies, place after place in the order of its life: what died is begun again from the log, so that effects
 * of one step come in any order. `npm run faults -- --only F1` dies at each label for each source of the world, one death a life.
 */
const deaths: Readonly<Record<string, { readonly life: keyof typeof lives; readonly places: readonly string[] }>> = {
  'while it is opened': {
    life: 'trade',
    places: [
      ...['beforeInsert', 'afterInsert'].map((label) => `${label}@user:stage-buyer/intentOpened:1`),
      ...['relayLeased:1', 'beforeEffect:askAddress:1', 'afterEffect:askAddress:1', 'effectMarked:1'],
    ],
  },
  'between its opening and its address': {
    life: 'trade',
    places: [
      ...['intentOpened:1', 'beforeEffect:setRequestStatus:1', 'afterEffect:setRequestStatus:1'],
      ...['beforeEffect:event:1', 'afterEffect:event:1'],
    ],
  },
  'when the provider tells of its money': {
    life: 'trade',
    places: ['tailRead', 'beforeInsert', 'afterInsert'].map((label) => `${label}@provider:shkeeper/providerReported:1`),
  },
  'after its buyer said that he paid': {
    life: 'hinted',
    places: [
      'beforeEffect:verify:1',
      'afterEffect:verify:1',
      'due:taken:1',
      'payoutRecorded:1',
      'monitor:afterObserve:1',
    ],
  },
  'when it is completed': {
    life: 'trade',
    places: [
      ...['acceptOffer', 'requestForward'].flatMap((type) => [`beforeEffect:${type}:1`, `afterEffect:${type}:1`]),
      'due:worked:1',
    ],
  },
  'while its money is forwarded': {
    life: 'trade',
    places: [
      ...['beforeEffect:drivePayout:1', 'afterEffect:drivePayout:1', 'payoutPosted:1'],
      ...['monitor:cursorMoved:1', 'monitor:beforeCursor:1'],
    ],
  },
  'between prepare and confirm': {
    life: 'trade',
    places: [
      ...['tailRead', 'beforeInsert', 'answered'].map((label) => `${label}@user:stage-admin/settlementPrepared:1`),
      ...['beforeProject', 'projected'].map((label) => `${label}@user:stage-admin/settlementSigned:1`),
    ],
  },
  'while its seller is paid': {
    life: 'payout',
    places: ['openPayoutRecord', 'reportPayout'].flatMap((type) => [`beforeEffect:${type}:1`, `afterEffect:${type}:1`]),
  },
};

/** A life more for each of these: F1 alone plays them. */
const onlyInF1 = ['addressAnswered', 'afterEffect:alarm', 'beforeEffect:alarm', 'idempotencyStored'];
/** Between the claim of a payout and the provider's answer nobody may guess. */
const unanswered = {
  at: 'payoutClaimed:1',
  life: 'unanswered',
  env: { PAYOUT_MANUAL_AFTER_SECONDS: '3' },
} as const;

/** They mostly wait for leases and blocks, but each begins with a server that takes seconds of a core. */
const livesAtOnce = 5;

describe('faults: a crash at the labelled points of a payment', function () {
  this.timeout(420_000);
  let stage: Stage;
  let lived: Promise<unknown>;
  const ends = new Map<string, PromiseWithResolvers<void>>();
  before(async () => {
    stage = await openStage({ servers: [] });
    // the lives share one hot wallet without knowing of each other, so none may spend what another one's sweep brought
    await stage.chain.mint(stage.sandbox.info.deployment.hotWalletAddress, units('100000'));
    const all: [string, () => Promise<unknown>][] = Object.entries(deaths).map(([when, { life, places }]) => [
      when,
      () => liveAndDieAtEach(stage, places, life),
    ]);
    all.push(['unanswered', () => liveAndDie(stage, unanswered)]);
    for (const [name] of all) {
      const end = Promise.withResolvers<void>();
      // its test may come later than its end
      end.promise.catch(() => undefined);
      ends.set(name, end);
    }
    lived = atATime(all, livesAtOnce, async ([name, live]) => {
      const end = ends.get(name);
      await live().then(() => end?.resolve(), end?.reject);
    });
  });
  after(async () => {
    await lived;
    await stage.close();
  });
  const expectGood = (name: string) => ends.get(name)?.promise;

  for (const [when, { places }] of Object.entries(deaths)) {
    it(`ends in the same final state when its server is killed -9 ${when}: at ${places.join(', then ')}`, () =>
      expectGood(when));
  }

  it('ends unknown, then manual, when it dies between the claim of the payout and the answer, and an admin ends it', () =>
    expectGood('unanswered'));

  it('dies at every label of the source but those that have a life of their own in F1', () => {
    const places = [...Object.values(deaths).flatMap((life) => life.places), unanswered.at];
    const labels = new Set(places.map((place) => place.replace(/(@.*)?:\d+$/, '')));
    expect([...labels, ...onlyInF1].sort()).to.deep.equal(labelsOfSource());
  });
});
