import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { IntentFacts } from '../../server/domain/signal.ts';
import type { Terms } from '../../server/domain/terms.ts';
import { AppError } from '../../server/errors.ts';
import * as f from '../domain/factories.ts';
import { type ChainWorld, erc20, one, openChainWorld } from '../providers/chain/chainWorld.ts';
import { type EscrowActs, escrowActs } from '../providers/chain/escrowActs.ts';
import { type Mirror, openMirror } from './mirror.ts';

/** A payment of 100 tokens, open here and unpaid on the chain. */
interface Opened {
  readonly id: string;
  readonly terms: Terms;
  readonly vault: string;
  readonly seller: string;
}

const [net, fee] = [99n * one, one];

describe('credits of the contract in the books', function () {
  this.timeout(60_000);
  let world: ChainWorld;
  let acts: EscrowActs;
  let mirror: Mirror;
  let opened: Opened[];

  before(async () => {
    world = await openChainWorld();
    acts = escrowActs(world);
  });
  after(() => world.close());
  beforeEach(() => {
    const [network] = world.chain.networks;
    if (network === undefined) throw new Error('no network');
    mirror = openMirror(network, world.chain.reader, () => Date.now());
    opened = [];
  });

  async function open(changes: Partial<Terms> = {}, intent: Partial<IntentFacts> = {}): Promise<Opened> {
    const id = randomBytes(12).toString('hex');
    // A seller of his own, so that no test meets the credits of another.
    const seller = opened[0]?.seller ?? `0x${randomBytes(20).toString('hex')}`;
    const terms = world.terms({ seller, ...changes });
    const { termsId, vault } = world.chain.gateway.identify('bsc', terms);
    const { number: headBlock } = await world.chain.reader.head('bsc');
    const asset = { ...f.asset, chainId: 31337, tokenAddress: terms.token };
    const times = { expiresAtMs: Date.now() + 3_600_000, watchUntilMs: Date.now() + 7_200_000 };
    const facts = { asset, price: terms.amount, terms, termsId, vault, headBlock, requestId: id, ...times };
    await mirror.open(id, f.intent({ ...facts, rail: 'web3', provider: null, ...intent }));
    const payment = { id, terms, vault, seller: terms.seller };
    opened.push(payment);
    return payment;
  }

  /** A payment whose money is in the pool, or stays in its vault, and whose release the seller's address does not take. */
  async function credited(where: 'pool' | 'vault'): Promise<Opened> {
    const payment = await open();
    if (where === 'pool') await acts.intoPool(payment.terms);
    else await world.pay(payment.vault, payment.terms.amount);
    await acts.whileRefusing(payment.seller, () => world.settle(payment.terms, { toSeller: 100n * one, toBuyer: 0n }));
    return payment;
  }

  const withdraw = (account: string) => acts.call(acts.buyer, 'withdrawCredit', [account, world.deployment.token]);
  const look = async (process = mirror.process()) => {
    await world.finalize();
    return process.tick();
  };
  const balanceOf = async (holder: string) => world.chain.reader.tokenBalance('bsc', world.deployment.token, holder);

  /** What the contract owes and the vaults hold is what the books say that lies there. */
  async function expectBooksEqualChain(): Promise<void> {
    const kept = /^((excess|held|pending):contract|credit):/;
    let vaults = 0n;
    for (const { id, vault, terms } of opened) {
      const { seller } = terms;
      const held = await balanceOf(vault);
      vaults += held;
      const [inVault] = await acts.read('vaultCredit', [acts.idOf(terms)]);
      if (held > 0n) expect(mirror.credit(id, seller), 'credit in the vault').to.equal(inVault);
    }
    const ids = opened.map(({ id }) => id);
    const sellers = [...new Set(opened.map(({ seller }) => seller))];
    const pool = (
      await Promise.all(sellers.map((seller) => acts.read('credits', [seller, world.deployment.token])))
    ).reduce((sum, [amount]) => sum + amount, 0n);
    expect(mirror.sum(ids, kept), 'money in the contract').to.equal(pool + vaults);
    expect(mirror.sum(ids, /^platform$/), 'nothing was covered').to.equal(0n);
  }

  it('books a share that the seller does not take under his credit, and pays it out when anybody withdraws it', async () => {
    const { id, seller } = await credited('pool');
    await look();
    expect(mirror.credit(id, seller)).to.equal(net);
    expect(mirror.sum([id], /^(paid:seller|fees):/)).to.equal(fee);
    expect(mirror.state(id).status).to.equal('released');
    expect(mirror.told(id).slice(-2)).to.deep.equal(['payment_released', 'payment_credited']);
    await expectBooksEqualChain();

    await withdraw(seller);
    await mirror.process().tick();
    expect(mirror.credit(id, seller), 'not final yet').to.equal(net);
    await look();
    expect(mirror.credit(id, seller)).to.equal(0n);
    expect(mirror.sum([id], /^paid:seller:/)).to.equal(net);
    expect(mirror.told(id).at(-1)).to.equal('payment_credit_withdrawn');
    expect(await balanceOf(seller)).to.equal(net);
    await expectBooksEqualChain();
  });

  it('books a share that stayed in its vault, and what is paid of it after all', async () => {
    const { id, terms, seller, vault } = await credited('vault');
    await look();
    expect(mirror.credit(id, seller)).to.equal(net);
    expect(await balanceOf(vault)).to.equal(net);
    await expectBooksEqualChain();
    await acts.call(acts.buyer, 'payVaultCredit', [terms]);
    await look();
    expect(mirror.credit(id, seller)).to.equal(0n);
    expect(mirror.sum([id], /^paid:seller:/)).to.equal(net);
    expect(mirror.kinds(id).at(-1)).to.equal('creditWithdrawn');
    await expectBooksEqualChain();
  });

  it('takes one withdrawal off two payments of one account, and a part of it off the older first', async () => {
    const first = await open({ seller: world.deployment.sellerAddress.toLowerCase() });
    const second = await open({ seller: first.seller });
    for (const { terms } of [first, second]) await acts.intoPool(terms);
    await acts.whileRefusing(first.seller, () =>
      acts.batch(
        'settleBatch',
        [second, first].map(({ terms }) => ({ terms, seq: 0, toSeller: 100n * one, toBuyer: 0n })),
      ),
    );
    const part = { account: first.seller, to: acts.stranger, amount: 120n * one };
    await acts.redirect(acts.seller, part);
    await look();
    expect([mirror.credit(second.id, first.seller), mirror.credit(first.id, first.seller)]).to.deep.equal([
      0n,
      2n * net - part.amount,
    ]);
    expect(await balanceOf(acts.stranger)).to.equal(part.amount);
    await expectBooksEqualChain();
    await withdraw(first.seller);
    await look();
    expect(mirror.sum([first.id, second.id], /^paid:seller:/)).to.equal(2n * net);
    await expectBooksEqualChain();
  });

  it('tells nothing twice, whether another monitor looks or this one starts anew', async () => {
    const [first, second] = [await credited('pool'), await credited('pool')];
    await withdraw(first.seller);
    await world.finalize();
    await Promise.all([mirror.process().tick(), mirror.process().tick()]);
    await mirror.process().tick();
    for (const { id } of [first, second]) {
      expect(mirror.kinds(id).filter((kind) => kind === 'creditWithdrawn')).to.have.length(1);
      expect(mirror.told(id).filter((type) => type.startsWith('payment_credit'))).to.deep.equal([
        'payment_credited',
        'payment_credit_withdrawn',
      ]);
    }
    await expectBooksEqualChain();
  });

  it('goes on in the middle of a withdrawal when the database went away between its two payments', async () => {
    const [first, second] = [await credited('pool'), await credited('pool')];
    await look();
    await withdraw(first.seller);
    const cutOff = mirror.process({
      wrap: (store) => ({
        ...store,
        append: async (batch) => {
          if (batch.some(({ paymentId }) => paymentId === second.id)) throw new AppError('busy', 'The line broke.');
          return store.append(batch);
        },
      }),
    });
    const failure = await look(cutOff).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(AppError);
    expect([mirror.credit(first.id, first.seller), mirror.credit(second.id, first.seller)]).to.deep.equal([0n, net]);
    await mirror.process().tick();
    await look();
    expect(mirror.sum([first.id, second.id], /^paid:seller:/)).to.equal(2n * net);
    for (const { id } of [first, second])
      expect(mirror.kinds(id).filter((kind) => kind === 'creditWithdrawn')).to.have.length(1);
    await expectBooksEqualChain();
  });

  it('leaves credits alone that a stranger’s payment brought to the same account', async () => {
    const { id, seller } = await credited('pool');
    const foreign = world.terms({ seller });
    await acts.intoPool(foreign);
    await acts.whileRefusing(seller, () => world.settle(foreign, { toSeller: 100n * one, toBuyer: 0n }));
    await withdraw(seller);
    await look();
    expect(mirror.credit(id, seller)).to.equal(0n);
    expect(mirror.sum([id], /^paid:seller:/)).to.equal(net);
    expect(mirror.logger.lines.filter(({ message }) => message.includes('no payment known'))).to.have.length(1);
    await expectBooksEqualChain();
  });

  it('calls a person when the treasury’s own credit is sent elsewhere: the seller is still owed', async () => {
    const { treasury, treasuryKey } = world.deployment;
    const payment = await open({ seller: treasury.toLowerCase() }, { sellerIsPlatform: true });
    await acts.intoPool(payment.terms);
    await acts.whileRefusing(treasury, () => world.settle(payment.terms, { toSeller: 100n * one, toBuyer: 0n }));
    await acts.redirect(treasuryKey, { account: treasury, to: acts.stranger, amount: 40n * one });
    await look();
    expect(mirror.state(payment.id).flags).to.include('manual');
    await withdraw(treasury);
    await look();
    expect(mirror.sum([payment.id], /^owed:seller:/)).to.equal(net);
    const alarms = mirror.steps(payment.id).flatMap(({ effects }) => effects.filter(({ type }) => type === 'alarm'));
    expect(alarms).to.have.length(1);
    expect(alarms[0]).to.include({ reason: 'credit_redirected' });
    await expectBooksEqualChain();
  });

  it('shows marks, freezes and refunds after a release as events for the frontends', async () => {
    const sellerAddress = world.deployment.sellerAddress.toLowerCase();
    const delivered = await open({ seller: sellerAddress });
    await acts.intoPool(delivered.terms);
    await acts.call(acts.seller, 'markDelivered', [delivered.terms]);
    const before = mirror.process();
    await before.tick();
    expect(mirror.state(delivered.id).delivered, 'not final yet').to.equal(false);
    await look();
    expect(mirror.state(delivered.id).delivered).to.equal(true);
    expect(mirror.told(delivered.id).at(-1)).to.equal('payment_delivered');

    const buyerAddress = world.deployment.buyerAddress.toLowerCase();
    const later = await open({ seller: sellerAddress, buyer: buyerAddress });
    await acts.intoPool(later.terms);
    await acts.call(acts.buyer, 'freeze', [later.terms]);
    await look();
    expect(mirror.state(later.id).flags).to.deep.equal(['disputed']);
    expect(mirror.told(later.id).at(-1)).to.equal('payment_disputed');

    await world.settle(later.terms, { toSeller: 100n * one, toBuyer: 0n });
    const allow = erc20.encodeFunctionData('approve', [world.deployment.escrow, 10n * one]);
    await world.send(acts.buyer, { to: world.deployment.token, data: allow });
    await acts.call(acts.buyer, 'refundLater', [later.terms, 10n * one]);
    await look();
    await look();
    expect(mirror.told(later.id).at(-1)).to.equal('payment_refunded_later');
    expect(mirror.sum([later.id], /^platform$/)).to.equal(-10n * one);
    expect(mirror.sum([later.id], /^returned:buyer:/)).to.equal(10n * one);
  });
});
