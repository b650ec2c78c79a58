import { MaxUint256 } from 'ethers';
import { roles } from '../../test/contracts/escrowWorld.ts';
import { AMOUNT, type GasStage } from './stage.ts';

/** What the tokens of the measurement cost by themselves, beside the specification's figures for its own mocks. */
export interface Floor {
  readonly operation: string;
  readonly gas: number;
  readonly specified: number;
}

/** Measures plain transfers, so that a reader can see how far the mocks differ from those the ceilings were made with. */
export async function measureFloor({ one, usdt, usdc }: GasStage): Promise<Floor[]> {
  const plain = [roles.seller.address, AMOUNT];
  const ofUsdt = await one.send(usdt, roles.buyer, 'transfer', plain);
  const ofUsdc = await one.send(usdc, roles.buyer, 'transfer', plain);
  await one.send(usdt, roles.buyer, 'approve', [roles.stranger.address, MaxUint256]);
  const pulled = await one.send(usdt, roles.stranger, 'transferFrom', [roles.buyer.address, ...plain]);
  // Section 2.3 of the contract specification.
  return [
    { operation: 'plain USDT transfer', gas: Number(ofUsdt.gasUsed), specified: 43_112 },
    { operation: 'plain USDC transfer', gas: Number(ofUsdc.gasUsed), specified: 40_925 },
    { operation: 'plain USDT transferFrom', gas: Number(pulled.gasUsed), specified: 45_862 },
  ];
}
