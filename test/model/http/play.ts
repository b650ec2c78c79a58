import fc from 'fast-check';
import { buildOffer, buildRequest } from '../../support/factories.ts';
import { AtOnce } from './commands/atOnce.ts';
import { Cancel, ConfirmTransaction, CreateIntent, Verify } from './commands/buyer.ts';
import { Confirm, Payout, Prepare } from './commands/money.ts';
import { Expire, NextBlock, Pay, Reorganise, Restart, TimePasses } from './commands/outside.ts';
import { type InvoiceStatus, PayoutWebhook, Webhook } from './commands/provider.ts';
import { type Call, follow, type Step } from './commands/step.ts';
import type { ModelTrade } from './modelFacts.ts';
import { ReferenceModel } from './referenceModel.ts';
import type { HttpStage } from './stage.ts';

/** Commands drawn for a run; those that mean nothing where they stand are left out, about half. */
const most = 20;
const pick = fc.nat({ max: 2 });
const offer = fc.nat({ max: 2 });
const part = fc.constantFrom(null, null, 4_000, 10_000);
const kind = fc.constantFrom('release' as const, 'refund' as const);
const rarely = fc.nat({ max: 4 }).map((n) => n === 4);
const invoiceStatus = fc.constantFrom<InvoiceStatus[]>('UNPAID', 'PARTIAL', 'PAID', 'OVERPAID', 'EXPIRED');

const pay = fc
  .tuple(pick, fc.constantFrom(4_000, 6_000, 10_000, 10_500), fc.constantFrom('contract', 'provider'), rarely)
  .map(([n, amount, at, alone]) => new Pay(n, amount, { at, alone }));
const prepare = fc.tuple(pick, kind, part).map(([n, what, amount]) => new Prepare(n, what, amount));
const names = fc.constantFrom('settlement', 'settlement', 'settlement', 'transfer', 'invented');
const confirm = fc
  .tuple(pick, kind, names, fc.boolean())
  .map(([n, what, name, waits]) => new Confirm(n, what, { names: name, waits }));

const create = fc.tuple(offer, rarely).map(([n, wrong]) => new CreateIntent(n, wrong));
const cancel = fc.tuple(pick, fc.constantFrom('buyer', 'admin', 'seller')).map(([n, by]) => new Cancel(n, by));
const payout = fc
  .tuple(offer, fc.constantFrom(null, null, 1_000, 10_000), fc.boolean())
  .map(([n, amount, twice]) => new Payout(n, amount, twice));
const twoKinds = fc
  .tuple(pick, part, part)
  .map(([n, one, other]) => [new Prepare(n, 'release', one), new Prepare(n, 'refund', other)] as const);
const pair = fc.oneof<fc.Arbitrary<readonly [Step & Call, Step & Call]>[]>(
  ...[
    fc.tuple(create, create),
    fc.tuple(cancel, cancel),
    fc.tuple(payout, payout),
    twoKinds,
    prepare.map((one) => [one, one] as const),
  ],
);

/** Everything that may happen; what leads on stands more than once. */
const commands: fc.Arbitrary<Step>[] = [
  create,
  pay,
  pay,
  fc.constant(new TimePasses()),
  fc.constant(new NextBlock()),
  fc
    .tuple(pick, invoiceStatus, fc.constantFrom('newest', 'invented', 'nothing'), rarely)
    .map(([n, status, tells, isForged]) => new Webhook(n, status, { tells, isForged })),
  fc
    .tuple(pick, fc.constantFrom('own', 'foreign', 'invented'), fc.nat({ max: 9 }))
    .map(([n, which, salt]) => new ConfirmTransaction(n, which, salt)),
  pick.map((n) => new Verify(n)),
  fc.constant(new Expire()),
  cancel,
  pair.map((calls) => new AtOnce(...calls)),
  prepare,
  prepare,
  confirm,
  confirm,
  payout,
  fc
    .tuple(pick, fc.constantFrom('SUCCESS', 'FAIL'), rarely)
    .map(([n, status, isForged]) => new PayoutWebhook(n, status, isForged)),
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.boolean(), fc.boolean())
    .map(([depth, again, byMonitorAlone]) => new Reorganise(depth, { again, byMonitorAlone })),
  fc.constant(new Restart()),
];

const full = { at: 'contract', alone: false } as const;
const atProvider = { at: 'provider', alone: false } as const;
const byContract = { names: 'settlement', waits: true } as const;
/** Where a run begins, so that short runs also come to what lies behind a completed payment. */
const beginnings: Readonly<Record<string, () => readonly Step[]>> = {
  'with nothing': () => [],
  'with an intent': () => [new CreateIntent(0, false)],
  'with a covered payment': () => [new CreateIntent(0, false), new Pay(0, 10_000, full), new NextBlock()],
  'with a full vault': () => [new CreateIntent(0, false), new Pay(0, 10_000, full), new TimePasses()],
  'with a debt to the seller': () => [
    ...[new CreateIntent(1, false), new Pay(0, 6_000, full), new TimePasses()],
    ...[new Prepare(0, 'release', null), new Confirm(0, 'release', byContract)],
  ],
  'with everything settled in parts': () => [
    ...[new CreateIntent(1, false), new Pay(0, 6_000, full), new TimePasses(), new Prepare(0, 'release', 4_000)],
    ...[new Confirm(0, 'release', byContract), new Prepare(0, 'refund', 10_000), new Prepare(0, 'release', null)],
    ...[new Confirm(0, 'release', byContract), new Payout(1, null, false), new Payout(1, null, false)],
  ],
  'with a part released': () => [
    ...[new CreateIntent(0, false), new Pay(0, 10_500, full), new TimePasses()],
    ...[new Prepare(0, 'release', 4_000), new Confirm(0, 'release', byContract)],
  ],
  'with too much at the provider': () => [new CreateIntent(2, false), new Pay(0, 10_500, atProvider), new NextBlock()],
};

/** Two requests, one of them with two offers that compete. */
async function trades({ chain, server }: HttpStage): Promise<ModelTrade[]> {
  const { marketplace } = server().store;
  const { buyerAddress, sellerAddress } = chain.deployment;
  const stored = async () => {
    const request = buildRequest({ buyerId: 'buyer-1', marketplaceId: 'main', refundTo: buyerAddress.toLowerCase() });
    await marketplace.insertRequest(request);
    return { id: request.id, funder: null };
  };
  const [chair, table] = [await stored(), await stored()];
  const offered = async (request: typeof chair, price: number, sellerHasAddress: boolean): Promise<ModelTrade> => {
    const payoutAddress = sellerHasAddress ? sellerAddress.toLowerCase() : null;
    const words = { requestId: request.id, sellerId: 'seller-1', amount: String(price / 100), payoutAddress };
    const { id: offerId } = buildOffer(words);
    await marketplace.insertOffer(buildOffer({ ...words, id: offerId, network: 'bsc', token: 'USDT' }));
    return { request, offerId, price, sellerHasAddress };
  };
  return [await offered(chair, 10_000, true), await offered(chair, 6_000, false), await offered(table, 10_000, false)];
}

/** Plays one run: every answer and every payment as the model says, and at the end books without a fault. */
async function play(stage: HttpStage, beginning: string, steps: Iterable<Step>): Promise<void> {
  await stage.reset();
  const model = new ReferenceModel(await trades(stage), stage.clock.now());
  await follow({ model, stage });
  for (const step of beginnings[beginning]?.() ?? []) await step.run(model, stage);
  await fc.asyncModelRun(() => ({ model, real: stage }), steps as Iterable<fc.AsyncCommand<ReferenceModel, HttpStage>>);
  await new TimePasses().run(model, stage);
  const wrong = await stage.audit();
  if (wrong.length > 0) throw new Error(`the books at the end of the run: ${wrong.join('\n')}`);
}

/** How a search through random runs is asked for; `path` and `replayPath` repeat one run of a seed. */
export interface HttpSearch {
  readonly seed: number;
  readonly runs: number;
  readonly path?: string | undefined;
  readonly replayPath?: string | undefined;
}

/** What a run may take on a busy machine, and the search for a smaller one that fails as well. */
const [runMs, smallerMs] = [10_000, 90_000];

/** Plays random runs; answers what to read of the smallest one that went wrong, or null. */
export async function playHttp(stage: HttpStage, { seed, runs, path, replayPath }: HttpSearch): Promise<string | null> {
  const again = replayPath === undefined ? {} : { replayPath };
  const property = fc.asyncProperty(
    fc.constantFrom(...Object.keys(beginnings)),
    fc.commands(commands, { maxCommands: most, size: 'max', ...again }),
    (beginning, steps) => play(stage, beginning, steps as Iterable<Step>),
  );
  const limits = { interruptAfterTimeLimit: smallerMs + runs * runMs };
  const found = await fc.check(property, { seed, numRuns: runs, ...limits, ...(path === undefined ? {} : { path }) });
  if (!found.failed)
    return found.numRuns === runs || path !== undefined ? null : `only ${found.numRuns} runs fitted the time`;
  const [beginning, steps] = found.counterexample ?? [];
  const [, replay = ''] = /replayPath="([^"]*)"/.exec(String(steps)) ?? [];
  const settings = `MODEL_SEED=${seed} MODEL_PATH=${found.counterexamplePath} MODEL_REPLAY_PATH=${replay}`;
  return [
    found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance),
    `after ${found.numRuns} runs and ${found.numShrinks} smaller ones: a run ${beginning}, then ${steps}`,
    `repeat it with: ${settings} npm test -- test/model/http/http.test.ts`,
  ].join('\n');
}
