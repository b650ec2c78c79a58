import { MaxUint256 } from 'ethers';
import { roles } from '../../test/contracts/escrowWorld.ts';
import { batchToFiftySellers } from './rows.ts';
import { AMOUNT, type GasStage } from './stage.ts';

/** A figure without a ceiling that helps to read the table. */
export interface Beside {
  readonly operation: string;
  readonly gas: number;
  /** The same with the mocks the ceilings were made with, where the specification says it (section 2.3). */
  readonly specified?: number;
}

/** What the tokens cost by themselves, so that a reader sees how far the mocks differ, and a batch of separate sellers. */
export async function measureBesides(stage: GasStage): Promise<Beside[]> {
  const { one, usdt, usdc } = stage;
  const plain = [roles.seller.address, AMOUNT];
  const ofUsdt = await one.send(usdt, roles.buyer, 'transfer', plain);
  const ofUsdc = await one.send(usdc, roles.buyer, 'transfer', plain);
  await one.send(usdt, roles.buyer, 'approve', [roles.stranger.address, MaxUint256]);
  const pulled = await one.send(usdt, roles.stranger, 'transferFrom', [roles.buyer.address, ...plain]);
  const batch = await batchToFiftySellers(stage);
  return [
    { operation: 'plain USDT transfer', gas: Number(ofUsdt.gasUsed), specified: 43_112 },
    { operation: 'plain USDC transfer', gas: Number(ofUsdc.gasUsed), specified: 40_925 },
    { operation: 'plain USDT transferFrom', gas: Number(pulled.gasUsed), specified: 45_862 },
    { operation: 'batch of 50 to 50 sellers, per item', gas: Number(batch) },
  ];
}
