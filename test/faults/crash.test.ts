import { type Death, liveAndDie } from './support/crashLife.ts';
import { openStage, type Stage } from './support/stage.ts';
import { units } from './support/trade.ts';

/** Between the intent and its address: the provider is asked again 45 s later, so these lives wait in the background of the others. */
const slowCrashPoints = [
  'afterInsert:1',
  'beforeProject:1',
  'beforeEffect:setRequestStatus:1',
  'afterEffect:setRequestStatus:1',
  'relayLeased:1',
  'beforeEffect:askAddress:1',
  'afterEffect:askAddress:1',
  'beforeEffect:event:1',
  'intentOpened:1',
  'addressAnswered:1',
];
/** Other labelled points of a payment's life; `:n` is the n-th time the server passes it, so that each label is hit at several signals. */
const crashPoints = [
  'tailRead:4',
  'beforeInsert:3',
  'afterInsert:4',
  'projected:4',
  'answered:5',
  'relayLeased:3',
  'beforeEffect:verify:1',
  'afterEffect:verify:1',
  'beforeEffect:acceptOffer:1',
  'afterEffect:acceptOffer:1',
  'beforeEffect:event:2',
  'afterEffect:event:2',
  'effectMarked:3',
  'beforeEffect:requestForward:1',
  'afterEffect:requestForward:1',
  'beforeEffect:drivePayout:1',
  'afterEffect:drivePayout:1',
  'due:taken:2',
  'due:worked:2',
  'payoutPosted:1',
  'payoutRecorded:1',
  'monitor:afterObserve:2',
  'monitor:beforeCursor:12',
  'afterInsert:9',
  'answered:11',
];
/** Points that only a payout of its own passes, here that of a seller without an address. */
const payoutCrashPoints = [
  'beforeEffect:openPayoutRecord:1',
  'afterEffect:openPayoutRecord:1',
  'beforeEffect:reportPayout:1',
  'afterEffect:reportPayout:1',
];
/** Between the claim of a payout and the provider's answer. */
const noAnswer: Death = { at: 'payoutClaimed:1', life: 'unanswered', env: { PAYOUT_MANUAL_AFTER_SECONDS: '3' } };
/** `npm run test:faults` dies at all of them; the run of everything, which has ten minutes, at every second one. */
const everyPoint = process.env.HOLDFAST_EVERY_CRASH_POINT === '1';
const chosen = (labels: readonly string[]) => labels.filter((_, at) => everyPoint || at % 2 === 0);

/** Servers that live at the same time; more only wait for each other on two cores. */
const atOnce = 5;

describe('faults: a crash at the labelled points of a payment', function () {
  this.timeout(420_000);
  let stage: Stage;
  let slowLives: Promise<PromiseSettledResult<number>[]>;
  let unanswered: Promise<PromiseSettledResult<number>[]>;
  before(async () => {
    stage = await openStage({ servers: [] });
    // the lives share one hot wallet without knowing of each other, so none may spend what another one's sweep brought
    await stage.chain.mint(stage.sandbox.info.deployment.hotWalletAddress, units('100000'));
    slowLives = inTurns(chosen(slowCrashPoints));
    unanswered = Promise.allSettled([liveAndDie(stage, noAnswer)]);
  });
  after(async () => {
    await Promise.all([slowLives, unanswered]);
    await stage.close();
  });

  const die = (at: string) => liveAndDie(stage, { at, life: payoutCrashPoints.includes(at) ? 'payout' : 'trade' });

  /** A few at once, so that they do not crowd the lives of the tests in front. */
  async function inTurns(labels: readonly string[]): Promise<PromiseSettledResult<number>[]> {
    const results: PromiseSettledResult<number>[] = [];
    for (let first = 0; first < labels.length; first += atOnce) {
      results.push(...(await Promise.allSettled(labels.slice(first, first + atOnce).map(die))));
    }
    return results;
  }

  const points = chosen([...crashPoints, ...payoutCrashPoints]);
  for (let first = 0; first < points.length; first += atOnce) {
    const batch = points.slice(first, first + atOnce);
    it(`ends in the same final state after a kill -9 at ${batch.join(', ')}`, async () => {
      await Promise.all(batch.map(die));
    });
  }

  it('ends unknown, then manual, when it dies between the claim of the payout and the answer, and an admin ends it', async () => {
    const [result] = await unanswered;
    if (result?.status !== 'fulfilled') throw result?.reason;
  });

  it(`ends in the same final state after a kill -9 at ${chosen(slowCrashPoints).join(', ')}`, async () => {
    for (const result of await slowLives) if (result.status === 'rejected') throw result.reason;
  });
});
