import { z } from 'zod';

const key = z.string().regex(/^0x[0-9a-fA-F]{64}$/);
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);

/** What the simulator is started with, as the one JSON argument of `main.ts`. */
export const settingsSchema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  /** 0 takes a free port. */
  port: z.number().int().min(0).max(65_535).default(0),
  rpcUrl: z.url(),
  chainId: z.number().int().positive(),
  apiKey: z.string().min(1),
  payoutUser: z.string().min(1),
  payoutPassword: z.string().min(1),
  /** Pays payouts and the gas of sweeps; needs native coin of the chain. */
  hotWalletKey: key,
  /** The simulated buyer of `POST /control/pay`. */
  buyerKey: key.optional(),
  coins: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        tokenAddress: address,
        decimals: z.number().int().min(0).max(36),
        symbol: z.string().min(1),
      }),
    )
    .min(1),
  /** Real length of one scheduler tick, which stands for 60 s of the original; 0 ticks only by `POST /control/tick`. */
  tickMs: z.number().int().min(0).default(1000),
  /** Pause between the gas and the tokens of a sweep; 60 s on the original. */
  sweepDelayMs: z.number().int().min(0).default(1000),
  confirmations: z.number().int().min(1).default(1),
  /** How far the scanner stays behind the head, as the original. */
  scanLag: z.number().int().min(0).default(2),
  stateFile: z.string().min(1).optional(),
  profile: z.enum(['factory', 'recommended']).default('recommended'),
});

export type SimulatorSettings = z.infer<typeof settingsSchema>;
/** The settings before defaults are filled in. */
export type SimulatorOptions = z.input<typeof settingsSchema>;
export type Coin = SimulatorSettings['coins'][number];
