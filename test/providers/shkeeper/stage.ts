import { Contract, getCreateAddress, type HDNodeWallet, JsonRpcProvider, parseEther, parseUnits, Wallet } from 'ethers';
import { deployLocal } from '../../../scripts/deployLocal.ts';
import { createShkeeperClient } from '../../../server/providers/shkeeper/client.ts';
import { verifySignature } from '../../../server/providers/shkeeper/signature.ts';
import type { SimulatorOptions } from '../../../server/providers/shkeeper/simulator/settings.ts';
import { startSimulator } from '../../../server/providers/shkeeper/simulator/simulator.ts';
import { type SeenRequest, startHttpDouble } from './httpDouble.ts';

export const coin = 'BNB-USDT';
export const apiKey = 'test-api-key';
const erc20 = [
  'function balanceOf(address owner) view returns (uint256)',
  'function transfer(address to, uint256 value) returns (bool)',
  'function approve(address spender, uint256 value) returns (bool)',
  'function mint(address to, uint256 value)',
];
/** More than any test pays. */
const buyerTokens = parseUnits('1000000', 18);

/** The token on the local chain with a buyer and a hot wallet of the test's own. */
export interface LocalChain {
  readonly options: SimulatorOptions;
  readonly provider: JsonRpcProvider;
  readonly buyer: HDNodeWallet;
  readonly hotWallet: string;
  mine(blocks: number): Promise<void>;
  balanceOf(owner: string): Promise<bigint>;
  /** Two transfers to one receiver inside one transaction. */
  payTwiceAtOnce(receiver: string, amount: string): Promise<void>;
  close(): void;
}

/** Deploys the token on the test chain and funds fresh accounts, so that no other test shares their nonces. */
export async function openLocalChain(): Promise<LocalChain> {
  const rpcUrl = process.env.HOLDFAST_TEST_CHAIN_URL ?? '';
  const provider = new JsonRpcProvider(rpcUrl, 31_337, { staticNetwork: true, cacheTimeout: -1, pollingInterval: 50 });
  const deployment = await deployLocal({ rpcUrl });
  const [buyer, hot] = [Wallet.createRandom().connect(provider), Wallet.createRandom()];
  for (const one of [buyer.address, hot.address]) {
    await provider.send('anvil_setBalance', [one, `0x${parseEther('100').toString(16)}`]);
  }
  const minter = new Wallet(deployment.minterKey, provider);
  const call = async (signer: Wallet | HDNodeWallet, method: string, ...values: unknown[]) => {
    const sent = await new Contract(deployment.token, erc20, signer).getFunction(method)(...values);
    await provider.send('anvil_mine', ['0x1']);
    await sent.wait();
  };
  await call(minter, 'mint', buyer.address, buyerTokens);
  const mine = async (blocks: number) => {
    await provider.send('anvil_mine', [`0x${blocks.toString(16)}`]);
  };
  return {
    provider,
    buyer,
    hotWallet: hot.address,
    mine,
    balanceOf: (owner) => new Contract(deployment.token, erc20, provider).getFunction('balanceOf')(owner),
    async payTwiceAtOnce(receiver, amount) {
      const value = parseUnits(amount, 18);
      const nonce = await provider.getTransactionCount(buyer.address);
      const spender = getCreateAddress({ from: buyer.address, nonce: nonce + 1 });
      await call(buyer, 'approve', spender, value * 2n);
      // A stated limit: an estimate finds the gas with which only the outer call succeeds.
      const sent = await buyer.sendTransaction({
        gasLimit: 500_000n,
        data: twiceCode(deployment.token, buyer.address, receiver, value),
      });
      await mine(1);
      await sent.wait();
    },
    close: () => provider.destroy(),
    options: {
      rpcUrl,
      chainId: deployment.chainId,
      apiKey,
      payoutUser: 'admin',
      payoutPassword: 'admin-password',
      hotWalletKey: hot.privateKey,
      buyerKey: buyer.privateKey,
      coins: [{ name: coin, tokenAddress: deployment.token, decimals: 18, symbol: 'USDT' }],
      tickMs: 0,
      sweepDelayMs: 0,
    },
  };
}

/** Creation code that calls `transferFrom(from, to, value)` twice: copies the call data behind itself, CALL, POP, CALL, POP. */
function twiceCode(token: string, from: string, to: string, value: bigint): string {
  const word = (text: string) => text.replace('0x', '').toLowerCase().padStart(64, '0');
  const callData = `23b872dd${word(from)}${word(to)}${word(value.toString(16))}`;
  const oneCall = `5f5f60645f5f73${token.slice(2)}5af150`;
  const program = (offset: number) => `606460${offset.toString(16).padStart(2, '0')}5f39${oneCall}${oneCall}00`;
  return `0x${program(program(0).length / 2)}${callData}`;
}

/** Fields of the control API's answers. */
interface ControlAnswer {
  readonly message?: string;
  readonly ok?: boolean;
  readonly txHash?: string;
  readonly tick?: number;
  readonly fee?: number;
  readonly unacknowledged?: number;
  readonly deliveries?: readonly { readonly status: number | null; readonly url: string }[];
}

/** A simulator with our client, a receiver of callbacks and the control API. */
export async function openStage(chain: LocalChain, overrides: Partial<SimulatorOptions> = {}) {
  let ackStatus = 202;
  const receiver = await startHttpDouble((_request, response) => {
    response.statusCode = ackStatus;
    response.end();
  });
  const options = { ...chain.options, ...overrides };
  const simulator = await startSimulator(options);
  const client = createShkeeperClient({ ...options, url: simulator.url, delay: async () => undefined });
  const control = async (path: string, body?: object) => {
    const init = body ? { method: 'POST', body: JSON.stringify(body) } : {};
    const response = await fetch(`${simulator.url}/control/${path}`, init);
    const answer = (await response.json()) as ControlAnswer;
    if (!response.ok) throw new Error(`${path}: ${answer.message}`);
    return answer;
  };
  const callbackUrl = `${receiver.url}/webhook`;
  const payoutUrl = `${receiver.url}/payout`;
  return {
    client,
    control,
    receiver,
    url: simulator.url,
    callbackUrl,
    payoutUrl,
    answerWith: (status: number) => {
      ackStatus = status;
    },
    request: (externalId: string, amount = '100') =>
      client.requestPayment({ externalId, coin, fiat: 'USD', amount, callbackUrl }),
    payout: (externalId: string, destination: string, amount = '10') =>
      client.createPayout({ externalId, coin, amount, destination, callbackUrl: payoutUrl }),
    /** The buyer pays, the payment is buried as deep as the scanner wants it, and one tick runs. */
    pay: async (externalId: string, amount: string) => {
      const paid = await control('pay', { externalId, amount });
      await chain.mine(3);
      await control('tick', {});
      return String(paid.txHash);
    },
    /** Mines and ticks until everything queued had its turn. */
    settle: async (rounds: number) => {
      for (let n = 0; n < rounds; n += 1) {
        await chain.mine(2);
        await control('tick', {});
      }
    },
    /** What the receiver got about one external id, oldest first. */
    got: (externalId: string) =>
      receiver.seen.filter((seen) => seen.rawBody.toString().includes(`"external_id":"${externalId}"`)),
    stop: async () => {
      await simulator.stop();
      await receiver.stop();
    },
  };
}

/** The verdict of our own verifier about a callback as it arrived. */
export const verdictOf = (seen: SeenRequest | undefined, keys: readonly string[] = [apiKey]) =>
  verifySignature({
    timestamp: seen?.headers['x-shkeeper-timestamp'],
    signature: seen?.headers['x-shkeeper-signature'],
    rawBody: seen?.rawBody ?? Buffer.alloc(0),
    keys,
    nowMs: Date.now(),
    legacy: 'off',
  });
