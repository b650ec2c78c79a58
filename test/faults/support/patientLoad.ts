import { callbackBody, deliverUntilTaken } from './deliveries.ts';
import type { FaultStage } from './faultStage.ts';
import type { Answer } from './stage.ts';
import { type OpenTrade, openTrade, units } from './trade.ts';

/** A crowd that goes on while a part of the product is away. */
export interface PatientLoad {
  /** Trades whose money was sent. */
  paid(): number;
  /** Begins no further trade, finishes those under way and answers all that were opened. */
  stop(): Promise<readonly OpenTrade[]>;
}

/**
 * Trades, `width` at a time, on all servers. What is answered 503, or not in time, is repeated unchanged, as clients do; any other refusal
 * fails the load.
 */
export function startPatientLoad(stage: FaultStage, width: number): PatientLoad {
  const opened: OpenTrade[] = [];
  let stopped = false;
  let begun = 0;
  let paid = 0;

  async function call(method: string, path: string, options?: Parameters<FaultStage['call']>[2]): Promise<Answer> {
    try {
      return await stage.call(method, path, options);
    } catch (error) {
      // the caller's own patience is over, which is no word about the outcome
      if (error instanceof Error && error.name === 'TimeoutError')
        return { status: 503, retryAfter: '1', body: { code: 'busy' }, data: {} };
      throw error;
    }
  }

  async function one(): Promise<void> {
    begun += 1;
    const trade = await openTrade({ ...stage, call }, { price: '10', buyer: `patient-${begun}` });
    opened.push(trade);
    const txHash = await stage.chain.pay(trade.vault, units('10'));
    paid += 1;
    await deliverUntilTaken({ ...stage, call }, callbackBody(trade, txHash, '10'));
  }

  const all = Promise.all(
    Array.from({ length: width }, async () => {
      while (!stopped) await one();
    }),
  );
  // whoever stops the load hears of its failure
  all.catch(() => undefined);
  return {
    paid: () => paid,
    async stop() {
      stopped = true;
      await all;
      return opened;
    },
  };
}
