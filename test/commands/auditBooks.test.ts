import { expect } from 'chai';
import { Decimal128, type Document } from 'mongodb';
import { createAuditBooks } from '../../server/commands/auditBooks.ts';
import { createAuditPayment } from '../../server/commands/auditPayment.ts';
import { blankInvoice } from '../../server/domain/invoice.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { transitionId } from '../../server/domain/transition.ts';
import type { TransitionDocument } from '../../server/store/transitionDocument.ts';
import * as f from '../domain/factories.ts';
import { erc20, one } from '../providers/chain/chainWorld.ts';
import { type AuditWorld, openAuditWorld } from './auditWorld.ts';

const price = 100n * one;
const txHash = (n: number) => `0x${n.toString(16).padStart(64, 'e')}`;

describe('the audit of the books', function () {
  this.timeout(60_000);
  let world: AuditWorld;
  let released: PaymentState;
  let funded: PaymentState;
  let pooled: PaymentState;
  let forwarded: PaymentState;

  before(async () => {
    world = await openAuditWorld();
    released = await world.open();
    funded = await world.open();
    pooled = await world.open();
    forwarded = await atTheProvider();
    const { chain } = world;
    await chain.pay(released.vault, price);
    await chain.pay(funded.vault, price);
    await fundPool(pooled);
    await chain.pay(oneTime(forwarded), price);
    await world.settleDown();
    await world.tell(forwarded.id, { kind: 'forwardRequested', callbackUrl: 'http://127.0.0.1:9' });
    const { token, minterKey, hotWalletKey, hotWalletAddress } = chain.deployment;
    await chain.send(minterKey, { to: token, data: erc20.encodeFunctionData('mint', [hotWalletAddress, price]) });
    await chain.pay(forwarded.vault, price, hotWalletKey);
    await chain.settle(released.terms, { toSeller: price, toBuyer: 0n });
    await chain.settle(pooled.terms, { toSeller: 40n * one, toBuyer: 10n * one });
    await world.settleDown();
  });

  after(() => world.close());

  const oneTime = ({ provider }: PaymentState) => provider?.address ?? '';

  /** A payment on the provider's rail, whose one-time address nobody has the key of. */
  async function atTheProvider(): Promise<PaymentState> {
    const { hotWalletAddress } = world.chain.deployment;
    const provider = blankInvoice({
      ...{ externalId: 'AMN_1', coin: 'BNB-USDT', amount: '100', callbackUrl: 'http://127.0.0.1:9' },
      hotWallet: hotWalletAddress.toLowerCase(),
    });
    const { id } = await world.open({ rail: 'shkeeper', provider });
    const address = `0x${'0d'.repeat(20)}`;
    await world.tell(id, { kind: 'addressGiven', address, providerAmount: '100', exchangeRate: '1' });
    return world.state(id);
  }

  async function fundPool({ terms }: PaymentState) {
    const { chain } = world;
    const { buyerKey, token, escrow } = chain.deployment;
    const data = erc20.encodeFunctionData('approve', [escrow, price]);
    await chain.send(buyerKey, { to: token, data });
    await chain.send(buyerKey, { to: escrow, data: chain.encode('fund', [terms]) });
  }

  async function named(): Promise<string[]> {
    const { violations } = await world.audit();
    return violations.map(({ invariant, record }) => `${invariant} ${record}`);
  }

  const step = ({ id }: PaymentState, seq: number) => transitionId(id, seq);
  const read = async (id: string) => (await world.transitions().findOne({ _id: id })) as TransitionDocument & Document;
  const lastOf = async ({ id }: PaymentState) => (await world.store.transitions.tail(id))?.id ?? '';

  /** Changes one document as somebody would who has the database's password, and takes it back afterwards. */
  async function whileChanged(id: string, update: Document, look: () => Promise<unknown>): Promise<void> {
    const before = await read(id);
    const log = world.transitions();
    try {
      await log.updateOne({ _id: id }, update, { bypassDocumentValidation: true });
      await look();
    } finally {
      await log.replaceOne({ _id: id }, before, { bypassDocumentValidation: true, upsert: true });
    }
  }

  /** The same by somebody who takes a transition away. */
  async function whileDeleted(id: string, look: () => Promise<unknown>): Promise<void> {
    const before = await read(id);
    await world.transitions().deleteOne({ _id: id });
    try {
      await look();
    } finally {
      await world.transitions().insertOne(before);
    }
  }

  it('finds nothing in books that nobody touched, and says what it looked at', async () => {
    const report = await world.audit();
    expect(report.violations).to.deep.equal([]);
    const transitions = await world.transitions().countDocuments();
    expect(report.checked).to.deep.equal({ payments: 4, transitions, violations: 0, parked: 0 });
    const [block] = report.blocks;
    expect([block?.network, block?.chainId]).to.deep.equal(['bsc', 31337]);
    expect((await world.state(released.id)).status).to.equal('released');
    expect((await world.state(forwarded.id)).balances.map((entry) => entry.account)).to.deep.equal([
      `held:contract:${forwarded.id}`,
    ]);
  });

  it('says from which block on it looked, and which networks of payments it could not look at', async () => {
    const report = await world.audit({ since: 3 });
    expect([report.since, report.notCompared]).to.deep.equal([3, []]);
    const unconfigured = { ...world.auditDeps, gateway: { networks: () => [] } };
    const blind = await createAuditBooks(unconfigured)();
    expect(blind.violations, 'nothing is known to be wrong').to.deep.equal([]);
    expect([blind.blocks, blind.notCompared]).to.deep.equal([[], [{ network: 'bsc', logs: 4 }]]);
    expect((await createAuditPayment(unconfigured)(funded.id)).notCompared).to.deep.equal(['bsc']);
    expect((await world.auditPayment(funded.id)).notCompared).to.deep.equal([]);
  });

  it('reads at most so many blocks for somebody who waits, and says what reads them all', async () => {
    const [{ number } = { number: 0 }] = (await world.audit()).blocks;
    const blocks = number - funded.headBlock;
    const within = (mostBlocks: number) => createAuditPayment({ ...world.auditDeps, mostBlocks })(funded.id);
    expect((await within(blocks)).violations).to.deep.equal([]);
    const refused = await within(blocks - 1).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'report_too_large' });
    expect(String(refused)).to.match(/npm run audit/);
  });

  it('finds nothing while money that is not final yet waits, on the chain or in the books', async () => {
    const late = await world.open();
    await world.chain.pay(late.vault, price);
    await world.chain.mine(1);
    await world.drain();
    expect(await named(), 'nobody was told').to.deep.equal([]);
    await world.look();
    expect((await world.state(late.id)).status, 'confirmed, not final').to.equal('completed');
    await world.settleDown();
    expect(await named()).to.deep.equal([]);
  });

  it('names the transition with an edited leg', async () => {
    const arrival = step(funded, 2);
    const { legs } = await read(arrival);
    const [first, second] = legs as { amount: Decimal128 }[];
    const more = (amount: Decimal128 | undefined) => Decimal128.fromString(`${amount}0`);
    const both = { 'legs.0.amount': more(first?.amount), 'legs.1.amount': more(second?.amount) };
    await whileChanged(arrival, { $set: both }, async () => {
      expect(await named()).to.include.members([`I3 ${arrival}`, `I6 ${arrival}`]);
    });
    await whileChanged(arrival, { $set: { 'legs.0.amount': more(first?.amount) } }, async () => {
      expect(await named()).to.include(`I4 ${arrival}`);
    });
  });

  it('names a transition that was deleted: the first, one in the middle, the last, all', async () => {
    const last = await lastOf(released);
    for (const id of [step(released, 1), step(released, 2)])
      await whileDeleted(id, async () => expect(await named()).to.include(`I1 ${id}`));
    await whileDeleted(last, async () => expect(await named()).to.include(`I6 ${last}`));
    const { id } = await world.open();
    await world.settleDown();
    await whileDeleted(transitionId(id, 1), async () => expect(await named()).to.deep.equal([`I6 ${id}`]));
  });

  it('names a transition whose hash was swapped with another', async () => {
    const [mine, other] = [step(released, 2), step(funded, 2)];
    const { hash } = await read(other);
    await whileChanged(mine, { $set: { hash } }, async () => {
      expect(await named()).to.deep.equal([`I3 ${mine}`, `I3 ${step(released, 3)}`]);
    });
  });

  it('names the payment whose row was put back to an older step', async () => {
    const payments = world.database.collection<Document & { _id: string }>('payments');
    const row = await payments.findOne({ _id: released.id });
    const older = await world.store.transitions.at(released.id, 1);
    await payments.updateOne({ _id: released.id }, { $set: { version: 1, status: 'pending', state: older?.state } });
    expect(await named()).to.include(`I6 ${released.id}`);
    await payments.replaceOne({ _id: released.id }, row ?? {});
    expect(await named()).to.deep.equal([]);
  });

  it('names a claim that was taken over from another payment, and one that is held twice without its index', async () => {
    const foreign = `fund:${released.requestId}`;
    const index = { unique: true, name: 'claims_unique', partialFilterExpression: { 'claims.0': { $exists: true } } };
    await world.transitions().dropIndex('claims_unique');
    try {
      await whileChanged(step(funded, 1), { $push: { claims: foreign } }, async () => {
        expect(await named()).to.include.members(['I5 payment_transitions', `I5 ${foreign}`, `I3 ${step(funded, 1)}`]);
        const twice = (await world.audit()).violations.filter(({ record }) => record === foreign);
        expect(twice.map(({ detail }) => detail).join('; ')).to.match(/held 2 times.*; .*not its payment's/);
      });
    } finally {
      await world.transitions().createIndex({ claims: 1 }, index);
    }
    expect(await named()).to.deep.equal([]);
  });

  it('names money in a vault that nobody was told of, and is content once the monitor has told it', async () => {
    const late = await world.open();
    const { hash } = await world.chain.pay(late.vault, price);
    await lookAway();
    const key = `${late.asset.chainId}:${hash}:${late.vault}:${late.asset.tokenAddress}`.toLowerCase();
    expect(await named()).to.deep.equal([`I9 tx:${key}`, `I8 ${late.id}`]);
    await world.settleDown();
    expect(await named()).to.deep.equal([]);
  });

  it('names a settlement on the chain that no transition holds', async () => {
    const { id, terms, termsId, asset } = await world.open();
    const { chain } = world;
    await chain.pay((await world.state(id)).vault, price);
    await world.settleDown();
    await chain.settle(terms, { toSeller: 0n, toBuyer: price });
    await chain.finalize();
    expect(await named()).to.deep.equal([`I9 out:${asset.chainId}:${termsId}:0`, `I8 ${id}`]);
    await world.settleDown();
    expect(await named()).to.deep.equal([]);
  });

  it('names transitions that hold a transfer or a settlement which the chain never had', async () => {
    const { id, vault, termsId, asset } = await world.open();
    const { number: blockNumber } = await world.chain.chain.reader.head('bsc');
    const place = { chainId: asset.chainId, txHash: txHash(1), blockNumber, blockHash: txHash(2) };
    const transfer = f.transfer(price, { ...place, receiver: vault, tokenAddress: asset.tokenAddress });
    await world.tell(id, { kind: 'transferConfirmed', transfer: { ...transfer, blockTimeMs: Date.now() } });
    await lookAway();
    expect(await named()).to.deep.equal([`I9 ${transitionId(id, 2)}`, `I8 ${id}`]);
    const amounts = { settleSeq: 0, toSeller: price, toBuyer: 0n, fee: one, credits: [] };
    await world.tell(id, { kind: 'settlementConfirmed', fact: { ...place, ...amounts, termsId } });
    await lookAway();
    const { violations, transitions } = await world.auditPayment(id);
    expect(transitions).to.equal(3);
    expect(violations.map(({ record }) => record)).to.deep.equal([transitionId(id, 2), transitionId(id, 3)]);
  });

  /** The same without the monitor, who would undo what the chain does not have. */
  async function lookAway(): Promise<void> {
    await world.drain();
    await world.chain.finalize();
  }
});
