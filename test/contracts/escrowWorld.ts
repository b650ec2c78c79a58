import { expect } from 'chai';
import { type BaseWallet, concat, getAddress, Interface, type LogDescription, TypedDataEncoder, toBeHex } from 'ethers';
import { domainOf, idOf, type MessageTypes, SETTLE_TYPES, type Settle, type Terms } from './escrowTerms.ts';
import { type Artifact, type ChainReceipt, type LocalChain, openChain, readArtifact, walletAt } from './localChain.ts';
import { type Item, type SignatureItem, signItems } from './signatureItems.ts';

export type { Item } from './signatureItems.ts';

/** The roles of the tests; each is a different account. */
export const roles = {
  deployer: walletAt(0),
  signers: [walletAt(1), walletAt(2), walletAt(3)] as const,
  guardian: walletAt(4),
  treasury: walletAt(5),
  refundTo: walletAt(6),
  stranger: walletAt(7),
  buyer: walletAt(8),
  seller: walletAt(9),
};

export const ZERO_ADDRESS = `0x${'00'.repeat(20)}`;
export const ZERO_HASH = `0x${'00'.repeat(32)}`;
export const DAY = 86_400;
/** Status words of a record. */
export const STATUS = { none: 0n, funded: 1n, delivered: 2n, frozen: 3n, closed: 4n };
/** Tags of the parties' signature items. */
export const TAG = { buyer: 0x7e, seller: 0x7f };
/** Price of the usual payment: 100 units of 18 decimals. */
export const PRICE = 100n * 10n ** 18n;

/** A contract on the test chain. */
export interface Deployed {
  address: string;
  abi: Interface;
}

/** What a settlement pays; seq and validUntil have usual values. */
export interface Split {
  toSeller: bigint;
  toBuyer: bigint;
  seq?: number;
  validUntil?: number;
}

/** How an escrow is deployed; the usual one has two of three signers. */
export interface EscrowOptions {
  signers?: string[];
  threshold?: number;
  guardian?: string;
  treasury?: string;
  feeCap?: number;
  disputeTimeout?: number;
}

export const escrowArtifact = readArtifact('MarketplaceEscrow.sol', 'MarketplaceEscrow');
const tokenArtifact = readArtifact('mocks/MockToken.sol', 'MockToken');
/** The usual signature set: the first two signers. */
export const SIGNER_ITEMS: Item[] = [
  [0, roles.signers[0]],
  [1, roles.signers[1]],
];

// Every payment of a run has its own ref, and so its own id.
let nextRef = 1;

/** A chain with one escrow and one well-behaved token, and the verbs that tests speak. */
export class EscrowWorld {
  readonly chain: LocalChain;
  escrow: Deployed = { address: ZERO_ADDRESS, abi: new Interface(escrowArtifact.abi) };
  token: Deployed = { address: ZERO_ADDRESS, abi: new Interface(tokenArtifact.abi) };

  constructor(chain: LocalChain) {
    this.chain = chain;
  }

  async deploy(artifact: Artifact, args: unknown[] = []): Promise<Deployed> {
    const abi = new Interface(artifact.abi);
    const data = concat([artifact.bytecode, abi.encodeDeploy(args)]);
    const { contractAddress } = await this.chain.send({ from: roles.deployer.address, data });
    return { address: getAddress(contractAddress ?? ZERO_ADDRESS), abi };
  }

  async deployEscrow(options: EscrowOptions = {}): Promise<Deployed> {
    return this.deploy(escrowArtifact, [
      options.signers ?? roles.signers.map((signer) => signer.address),
      options.threshold ?? 2,
      options.guardian ?? roles.guardian.address,
      options.treasury ?? roles.treasury.address,
      options.feeCap ?? 1_000,
      options.disputeTimeout ?? 45 * DAY,
    ]);
  }

  async send(target: Deployed, from: BaseWallet, method: string, args: unknown[], value = 0n): Promise<ChainReceipt> {
    const data = target.abi.encodeFunctionData(method, args);
    return this.chain.send({ from: from.address, to: target.address, data, value });
  }

  /** A call of the escrow. */
  async act(from: BaseWallet, method: string, args: unknown[], value = 0n): Promise<ChainReceipt> {
    return this.send(this.escrow, from, method, args, value);
  }

  async read(target: Deployed, method: string, args: unknown[] = []) {
    const data = target.abi.encodeFunctionData(method, args);
    const result = await this.chain.call({ from: roles.stranger.address, to: target.address, data });
    return target.abi.decodeFunctionResult(method, result);
  }

  /** Valid terms that are different each time. */
  async terms(changes: Partial<Terms> = {}): Promise<Terms> {
    const now = await this.chain.now();
    return {
      buyer: roles.buyer.address,
      seller: roles.seller.address,
      token: this.token.address,
      amount: PRICE,
      fundBy: now + DAY,
      deliverBy: now + 14 * DAY,
      inspection: 3 * DAY,
      feeBps: 100,
      disputeSellerBps: 5_000,
      milestonesHash: ZERO_HASH,
      refundTo: roles.refundTo.address,
      ref: toBeHex(nextRef++, 32),
      ...changes,
    };
  }

  idOf(terms: Terms): string {
    return idOf(terms, this.escrow.address, this.chain.chainId);
  }

  async vaultOf(terms: Terms): Promise<string> {
    const [vault] = await this.read(this.escrow, 'depositAddress', [this.idOf(terms)]);
    return vault;
  }

  /** The record of a payment. */
  async payment(terms: Terms) {
    const [record] = await this.read(this.escrow, 'payment', [this.idOf(terms)]);
    return record.toObject();
  }

  async balance(account: string, token = this.token.address): Promise<bigint> {
    if (token === ZERO_ADDRESS) return this.chain.balanceAt(account);
    const [balance] = await this.read({ address: token, abi: this.token.abi }, 'balanceOf', [account]);
    return balance;
  }

  async book(token = this.token.address): Promise<{ owed: bigint; fees: bigint }> {
    const [owed, fees] = await this.read(this.escrow, 'book', [token]);
    return { owed, fees };
  }

  async mint(account: string, amount: bigint, token = this.token): Promise<void> {
    await this.send(token, roles.deployer, 'mint', [account, amount]);
  }

  /** The buyer funds the pool by allowance, or with native coin. */
  async fund(terms: Terms): Promise<ChainReceipt> {
    if (terms.token === ZERO_ADDRESS) return this.act(roles.buyer, 'fund', [terms], terms.amount);
    await this.mint(roles.buyer.address, terms.amount);
    await this.send(this.token, roles.buyer, 'approve', [this.escrow.address, terms.amount]);
    return this.act(roles.buyer, 'fund', [terms]);
  }

  /** Money arrives in the payment's vault by a plain transfer. */
  async payVault(terms: Terms, amount = terms.amount): Promise<string> {
    const vault = await this.vaultOf(terms);
    if (terms.token === ZERO_ADDRESS) await this.chain.send({ from: roles.buyer.address, to: vault, value: amount });
    else await this.mint(vault, amount);
    return vault;
  }

  /** The usual way of each mode to have a payment that can be settled. */
  async pay(terms: Terms, mode: 'pool' | 'vault'): Promise<void> {
    if (mode === 'pool') await this.fund(terms);
    else await this.payVault(terms);
  }

  async settlement(terms: Terms, split: Split): Promise<Settle> {
    const validUntil = split.validUntil ?? (await this.chain.now()) + DAY;
    const seq = split.seq ?? Number((await this.payment(terms)).seq);
    return { id: this.idOf(terms), seq, toSeller: split.toSeller, toBuyer: split.toBuyer, validUntil };
  }

  /** The signature set of a settlement. */
  sign(settle: Settle, items: readonly SignatureItem[] = SIGNER_ITEMS, chainId = this.chain.chainId): string {
    return signItems(this.digest(SETTLE_TYPES, settle, chainId), items);
  }

  /** What is signed of one of the escrow's messages. */
  digest(types: MessageTypes, message: object, chainId = this.chain.chainId): string {
    return TypedDataEncoder.hash(domainOf(this.escrow.address, chainId), types, message);
  }

  /** A stranger broadcasts a settlement that the first two signers, or others, signed. */
  async settle(terms: Terms, split: Split, items: readonly SignatureItem[] = SIGNER_ITEMS): Promise<ChainReceipt> {
    const settle = await this.settlement(terms, split);
    return this.act(roles.stranger, 'settle', [terms, settle, this.sign(settle, items)]);
  }

  /** The escrow's own events of a transaction, in order. */
  events(receipt: ChainReceipt): LogDescription[] {
    return receipt.logs
      .filter((log) => log.address === this.escrow.address.toLowerCase())
      .map((log) => this.escrow.abi.parseLog(log))
      .filter((log) => log !== null);
  }

  /** Expects a call to revert with an error of the escrow, and with nothing else. */
  async rejects(call: Promise<unknown>, error: string): Promise<void> {
    const failure = await call.then(
      () => undefined,
      (reason: { data?: unknown; message: string }) => reason,
    );
    if (failure === undefined) expect.fail(`expected ${error}, but the call succeeded`);
    const data = typeof failure.data === 'string' ? failure.data : '';
    const name = data.length < 10 ? failure.message : this.escrow.abi.parseError(data)?.name;
    expect(name).to.equal(error);
  }
}

/** Gives a test file one chain with an escrow and a token; every test starts from that same state. */
export function useEscrowWorld(options: EscrowOptions = {}): () => EscrowWorld {
  let world: EscrowWorld | undefined;
  let snapshot = '';
  let start: { escrow: Deployed; token: Deployed } | undefined;
  before(async () => {
    world = new EscrowWorld(await openChain());
    const escrow = await world.deployEscrow(options);
    start = { escrow, token: await world.deploy(tokenArtifact, ['Test Tether USD', 'USDT', 18]) };
  });
  beforeEach(async () => {
    if (world === undefined || start === undefined) throw new Error('the chain is not open');
    // A test may have gone on with another escrow or token.
    Object.assign(world, start);
    snapshot = await world.chain.snapshot();
  });
  afterEach(() => world?.chain.restore(snapshot));
  after(() => world?.chain.close());
  return () => {
    if (world === undefined) throw new Error('the chain is not open yet');
    return world;
  };
}
