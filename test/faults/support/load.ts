import { callbackBody, deliverUntilTaken } from './deliveries.ts';
import type { FaultStage } from './faultStage.ts';
import { people } from './stage.ts';
import { type OpenTrade, openTrade, units } from './trade.ts';

/** A crowd of buyers that goes on until it is told to stop. */
export interface Load {
  /** Begins no further trade, waits for those under way and answers all that were opened. */
  stop(): Promise<readonly OpenTrade[]>;
  /** Trades whose money is on its way to us; throws when the load has failed. */
  paid(): number;
}

const tradesPerBuyer = 8;
/** Every so many trades the money goes through the provider, with a forward; the others pay into their vault. */
const viaProvider = 4;

/**
 * Opens, pays, reports and confirms trades, `width` of them at a time, on all servers. Every call is repeated unchanged while its outcome
 * is unknown or the answer says to repeat it; any other refusal fails the load.
 */
export function startLoad(stage: FaultStage, width: number): Load {
  const opened: OpenTrade[] = [];
  let stopped = false;
  let begun = 0;
  let paid = 0;

  async function one(): Promise<void> {
    begun += 1;
    const buyer = `load-${Math.floor(begun / tradesPerBuyer)}`;
    const through = begun % viaProvider === 0;
    const trade = await openTrade(stage, { price: '10', buyer });
    opened.push(trade);
    const txHash = await stage.chain.pay(through ? trade.payTo : trade.vault, units('10'));
    paid += 1;
    await Promise.all([
      deliverUntilTaken(stage, callbackBody(trade, txHash, '10')),
      stage.call('POST', '/api/payment/shkeeper/confirm-transaction', {
        token: stage.token(people.admin, 'admin'),
        body: { paymentId: trade.paymentId, transactionHash: txHash },
      }),
    ]);
  }

  const workers = Array.from({ length: width }, async () => {
    while (!stopped) await one();
  });
  const all = Promise.all(workers);
  let failure: { readonly cause: unknown } | null = null;
  all.catch((cause: unknown) => {
    failure = { cause };
  });
  return {
    async stop() {
      stopped = true;
      await all;
      return opened;
    },
    paid() {
      if (failure !== null) throw new Error('the load has failed', failure);
      return paid;
    },
  };
}
