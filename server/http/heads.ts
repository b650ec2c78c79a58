import type { ChainHead } from '../domain/evidence.ts';
import { within } from '../timers.ts';
import type { AppDeps } from './appDeps.ts';
import { sharedFor } from './shared.ts';

/** Four blocks of BSC at 0.45 s; whoever asks faster gets the same answer, since anybody may ask. */
const sharedMs = 2_000;
/** A status does not wait longer for a node that does not answer. */
const withinMs = 1_500;

/** The head of a network as of a moment ago; null while no node answers. */
export function createHeads({ chain, clock }: Pick<AppDeps, 'chain' | 'clock'>) {
  const shared = new Map<string, () => Promise<ChainHead | null>>();

  async function read(network: string): Promise<ChainHead | null> {
    try {
      return await within(chain.head(network), withinMs);
    } catch {
      return null;
    }
  }

  /** Networks are those of payments, so the map has as many entries as the networks file. */
  return function headOf(network: string): Promise<ChainHead | null> {
    const known = shared.get(network) ?? sharedFor(sharedMs, clock, () => read(network));
    shared.set(network, known);
    return known();
  };
}
