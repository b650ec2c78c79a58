import type { Callbacks } from './callbacks.ts';
import type { TransferLog } from './chain.ts';
import type { OneTimeWallet, Received } from './state.ts';
import type { World } from './world.ts';

/** Blocks read again each time: a local chain that was killed may lose its last seconds and mine them anew. */
const overlapBlocks = 10;

/** Reads Transfer logs behind the head, books what came to one-time wallets, and calls back at once. */
export function createScanner(world: World, callbacks: Callbacks): { scan(): Promise<void> } {
  const { settings, store, chain, switches } = world;
  const { state } = store;

  const keyOf = (log: TransferLog, wallet: OneTimeWallet, coin: string): string => {
    const externalId = state.invoices.find((invoice) => invoice.id === wallet.invoiceId)?.externalId ?? null;
    const key = `${coin}:${log.txid}:${wallet.invoiceId}`;
    // Without the position of the log the second transfer of a transaction is lost for good (S11).
    return switches.of(externalId).secondTransferLost ? key : `${key}:${log.logIndex}`;
  };

  const book = (log: TransferLog, wallet: OneTimeWallet): Received | null => {
    const coin = settings.coins.find((one) => one.tokenAddress.toLowerCase() === log.tokenAddress.toLowerCase());
    if (!coin) return null;
    const key = keyOf(log, wallet, coin.name);
    if (state.received.some((row) => row.key === key)) return null;
    const invoice = state.invoices.find((one) => one.id === wallet.invoiceId);
    const row: Received = {
      key,
      invoiceId: wallet.invoiceId,
      coin: coin.name,
      address: wallet.address,
      txid: log.txid,
      amount: log.value.toString(),
      blockNumber: log.blockNumber,
      createdAtMs: world.nowMs(),
      tick: state.tick,
      confirmed: !switches.of(invoice?.externalId ?? null).unconfirmed,
      acknowledged: false,
    };
    state.received.push(row);
    if (log.value > 0n) queueSweep(wallet.address, coin.tokenAddress);
    return row;
  };

  const queueSweep = (address: string, tokenAddress: string): void => {
    const waiting = state.sweeps.some((sweep) => sweep.address === address && sweep.tokenAddress === tokenAddress);
    if (waiting) return;
    state.sweeps.push({ address, tokenAddress, phase: 'queued', dueAtMs: world.nowMs(), txHash: null });
  };

  return {
    async scan() {
      const head = await chain.head();
      // Deep enough for the configured confirmations, and never nearer to the head than the original looks.
      const to = head - Math.max(settings.scanLag, settings.confirmations - 1);
      if (to < 0) return;
      const from = Math.max(0, Math.min(state.scannedBlock, to) - overlapBlocks + 1);
      const wallets = new Map(state.wallets.map((wallet) => [wallet.address, wallet]));
      const logs = await chain.transfers(from, to);
      const booked = logs.flatMap((log) => {
        const wallet = wallets.get(log.to);
        const row = wallet ? book(log, wallet) : null;
        return row ? [row] : [];
      });
      state.scannedBlock = to;
      if (booked.length === 0) return;
      store.save();
      for (const row of booked) await callbacks.announce(row);
      store.save();
    },
  };
}
