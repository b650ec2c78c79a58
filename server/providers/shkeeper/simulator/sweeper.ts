import { createSender, nativeTransferGas, oneTimeKey, tokenTransferGas } from './chain.ts';
import type { Sweep } from './state.ts';
import type { World } from './world.ts';

/** `MIN_TOKEN_TRANSFER_THRESHOLD` of the original: half a token is never swept. */
const thresholdDivisor = 2n;
/** The fee may rise between seeding and sweeping. */
const gasReserve = 3n;
/** Long enough for any local chain to mine a transaction. */
const seedPatienceMs = 30_000;

/** Moves tokens from one-time wallets to the hot wallet: gas first, a pause, then the tokens. */
export function createSweeper(world: World): { sweep(): Promise<void> } {
  const { store, chain, hotWallet, settings, nowMs } = world;
  const { state } = store;

  const settingsOf = (sweep: Sweep) => {
    const wallet = state.wallets.find((one) => one.address === sweep.address);
    const invoice = state.invoices.find((one) => one.id === wallet?.invoiceId);
    return { wallet, ...world.switches.of(invoice?.externalId ?? null).sweep };
  };

  const worthSweeping = async (sweep: Sweep): Promise<bigint> => {
    const coin = settings.coins.find((one) => one.tokenAddress === sweep.tokenAddress);
    const balance = await chain.tokenBalance(sweep.tokenAddress, sweep.address);
    return coin && balance * thresholdDivisor >= 10n ** BigInt(coin.decimals) ? balance : 0n;
  };

  const seed = async (sweep: Sweep, delayMs: number): Promise<boolean> => {
    if ((await worthSweeping(sweep)) === 0n) return false;
    const needed = tokenTransferGas * (await chain.maxFeePerGas()) * gasReserve;
    if ((await chain.nativeBalance(sweep.address)) < needed) {
      await hotWallet.send({ to: sweep.address, value: needed, gasLimit: nativeTransferGas });
    }
    sweep.phase = 'seeded';
    sweep.dueAtMs = nowMs() + delayMs;
    return true;
  };

  const empty = async (sweep: Sweep, index: number): Promise<boolean> => {
    const gas = tokenTransferGas * (await chain.maxFeePerGas());
    if ((await chain.nativeBalance(sweep.address)) < gas) {
      // The seed is not mined yet; one that never comes (a reorganisation took it) is sent again.
      if (nowMs() - sweep.dueAtMs > seedPatienceMs) sweep.phase = 'queued';
      return true;
    }
    const balance = await worthSweeping(sweep);
    if (balance === 0n) return false;
    const sender = createSender(chain, oneTimeKey(state.seed, index));
    const data = chain.transferData(hotWallet.address, balance);
    const { hash } = await sender.send({ to: sweep.tokenAddress, data, gasLimit: tokenTransferGas });
    sweep.phase = 'sent';
    sweep.txHash = hash;
    return true;
  };

  const settle = async (sweep: Sweep): Promise<boolean> => {
    const txHash = sweep.txHash ?? '';
    if ((await chain.outcome(txHash)) === null && (await chain.knows(txHash))) return true;
    // Mined, or forgotten by the chain: either way the balance says whether there is something left to sweep.
    sweep.phase = 'queued';
    return (await worthSweeping(sweep)) > 0n;
  };

  /** Takes one step; false when the sweep is over. */
  const step = async (sweep: Sweep): Promise<boolean> => {
    const { wallet, enabled, delayMs } = settingsOf(sweep);
    if (!wallet) return false;
    if (!enabled || nowMs() < sweep.dueAtMs) return true;
    if (sweep.phase === 'queued') return seed(sweep, delayMs ?? settings.sweepDelayMs);
    return sweep.phase === 'seeded' ? empty(sweep, wallet.index) : settle(sweep);
  };

  return {
    async sweep() {
      for (const sweep of [...state.sweeps]) {
        if (!(await step(sweep))) state.sweeps = state.sweeps.filter((one) => one !== sweep);
      }
    },
  };
}
