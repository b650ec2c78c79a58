import { appendFileSync } from 'node:fs';
import type { SolidityUserConfig } from 'hardhat/types/config';
import type { NetworkHooks } from 'hardhat/types/hooks';
import project from '../../hardhat.config.ts';
import { withRevertData } from './revertData.ts';

/** Where the probes that were reported are left, one a line; set by the run. */
const hitsFile = process.env.HOLDFAST_COVERAGE_HITS;

/** Enough for the stack; the whole optimizer would take minutes with all the probes. */
const LIGHT = { enabled: true, runs: 1, details: { yul: true, yulDetails: { optimizerSteps: 'u:' } } };

async function networkHooks(): Promise<Partial<NetworkHooks>> {
  const seen = new Set<string>();
  return {
    async onCoverageData(_context, tags) {
      const fresh = tags.filter((tag) => !seen.has(tag));
      for (const tag of fresh) seen.add(tag);
      if (hitsFile && fresh.length > 0) appendFileSync(hitsFile, `${fresh.join('\n')}\n`);
    },
    async onRequest(context, connection, request, next) {
      try {
        return await next(context, connection, request);
      } catch (error) {
        throw withRevertData(error);
      }
    },
  };
}

function built(solidity: SolidityUserConfig | undefined): SolidityUserConfig {
  if (typeof solidity !== 'object' || !('profiles' in solidity)) throw new Error('the compilers stand elsewhere');
  const profile = solidity.profiles.default;
  if (!profile || !('compilers' in profile)) throw new Error('there is no default profile');
  const compilers = profile.compilers.map((compiler) => ({
    ...compiler,
    settings: { ...compiler.settings, optimizer: LIGHT },
  }));
  return { ...solidity, profiles: { default: { ...profile, compilers } } };
}

/** The project's configuration for sources with probes: built fast, of any size, and telling what was reported. */
export default {
  ...project,
  solidity: built(project.solidity),
  // The probes are ours, not Hardhat's.
  coverage: { skipFiles: ['**/*'] },
  plugins: [{ id: 'escrow-coverage', hookHandlers: { network: async () => ({ default: networkHooks }) } }],
};
