import { concat, Interface, Signature, type TransactionReceipt, TypedDataEncoder, toBeHex, Wallet } from 'ethers';
import { readArtifact } from '../../../scripts/deploy/escrowBuild.ts';
import type { Terms } from '../../../server/domain/terms.ts';
import { escrowDomain, escrowInterface } from '../../../server/providers/chain/escrowContract.ts';
import { BATCH_TYPES, REDIRECT_TYPES } from '../../contracts/escrowTerms.ts';
import type { ChainWorld } from './chainWorld.ts';

/** What the owner of a credit wants to be sent where. */
export interface Redirection {
  readonly account: string;
  readonly to: string;
  readonly amount: bigint;
}

const picky = new Interface(['function setAnswer(address to, uint8 value)']);
/** The answer of the picky test token that makes a push fail. */
const refuses = 1;
const honest = 0;
const hourSeconds = 3_600;

/** Calls of the real escrow that the server has no use for, and a token that refuses receivers. */
export function escrowActs(world: ChainWorld) {
  const { deployment } = world;
  const domain = escrowDomain(deployment.chainId, deployment.escrow);
  const idOf = (terms: Terms) => world.chain.gateway.identify('bsc', terms).termsId;
  const now = async () =>
    Number((await world.rpc<{ timestamp: string }>('eth_getBlockByNumber', ['latest', false])).timestamp);
  const items = (digest: string, seats: readonly number[]) =>
    concat(
      world
        .signatures(digest, seats)
        .map(({ index, signature }) => concat([toBeHex(index, 1), Signature.from(signature).compactSerialized])),
    );

  async function call(key: string, name: string, args: unknown[]): Promise<TransactionReceipt> {
    const receipt = await world.send(key, { to: deployment.escrow, data: world.encode(name, args) });
    if (receipt.status !== 1) throw new Error(`${name} reverted`);
    return receipt;
  }

  async function read(name: string, args: unknown[]) {
    const call = { to: deployment.escrow, data: escrowInterface.encodeFunctionData(name, args) };
    return escrowInterface.decodeFunctionResult(name, await world.rpc('eth_call', [call, 'latest']));
  }

  const setCode = (code: string) => world.rpc('anvil_setCode', [deployment.token, code]);
  /** The picky token keeps balances where the usual one does, so it may stand at its address for a while; it logs no transfers. */
  async function whileRefusing<T>(receiver: string, work: () => Promise<T>): Promise<T> {
    const usual = await world.rpc<string>('eth_getCode', [deployment.token, 'latest']);
    const { deployedBytecode } = readArtifact('mocks/PickyToken.sol', 'PickyToken') as unknown as {
      deployedBytecode: string;
    };
    const answer = (value: number) =>
      world.send(deployment.minterKey, {
        to: deployment.token,
        data: picky.encodeFunctionData('setAnswer', [receiver, value]),
      });
    await setCode(deployedBytecode);
    await answer(refuses);
    try {
      return await work();
    } finally {
      await answer(honest);
      await setCode(usual);
    }
  }

  return {
    idOf,
    now,
    call,
    read,
    whileRefusing,
    seller: deployment.sellerKey,
    buyer: deployment.buyerKey,
    /** Pays the vault and lets the buyer sweep it: the payment's money is in the pool then. */
    intoPool: async (terms: Terms) => {
      await world.pay(world.chain.gateway.identify('bsc', terms).vault, terms.amount);
      return call(deployment.buyerKey, 'sweep', [terms]);
    },
    /** The account sends its own redirection, which a signer allowed; from the pool, or from the vault of these terms. */
    redirect: async (key: string, redirection: Redirection, vault?: { terms: Terms; sellerShare: boolean }) => {
      const { account, to, amount } = redirection;
      const [nonce] = await read('redirectNonce', [account]);
      const validUntil = (await now()) + hourSeconds;
      const message = { account, token: deployment.token, to, amount, nonce, validUntil };
      const signatures = items(TypedDataEncoder.hash(domain, REDIRECT_TYPES, message), [0]);
      return vault === undefined
        ? call(key, 'redirectCredit', [account, deployment.token, to, amount, validUntil, signatures])
        : call(key, 'redirectVaultCredit', [vault.terms, vault.sellerShare, to, amount, validUntil, signatures]);
    },
    /** All of several payments in one transaction. */
    batch: async (
      method: 'settleBatch' | 'settleBatchReport',
      parts: readonly { terms: Terms; seq: number; toSeller: bigint; toBuyer: bigint }[],
    ) => {
      const validUntil = (await now()) + hourSeconds;
      const settlements = parts.map(({ seq, toSeller, toBuyer }) => ({ seq, toSeller, toBuyer, validUntil }));
      const messages = settlements.map((settlement, n) => ({ id: idOf(parts[n]?.terms as Terms), ...settlement }));
      const signatures = items(TypedDataEncoder.hash(domain, BATCH_TYPES, { items: messages }), [0, 1]);
      return call(deployment.sellerKey, method, [parts.map(({ terms }) => terms), settlements, signatures]);
    },
    stranger: Wallet.createRandom().address.toLowerCase(),
  };
}
export type EscrowActs = ReturnType<typeof escrowActs>;
