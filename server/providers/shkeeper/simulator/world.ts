import type { Chain, Sender } from './chain.ts';
import type { Coin, SimulatorSettings } from './settings.ts';
import type { Store } from './state.ts';
import type { Switches } from './switches.ts';

/** What every part of the simulator shares. */
export interface World {
  readonly settings: SimulatorSettings;
  readonly store: Store;
  readonly switches: Switches;
  readonly chain: Chain;
  readonly hotWallet: Sender;
  readonly nowMs: () => number;
}

/** The coin of that name, or undefined. */
export const coinNamed = (world: World, name: string): Coin | undefined =>
  world.settings.coins.find((coin) => coin.name === name);
