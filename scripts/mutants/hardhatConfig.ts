import type { NetworkHooks } from 'hardhat/types/hooks';
import project from '../../hardhat.config.ts';
import { withRevertData } from '../contractCoverage/revertData.ts';
import { reached } from './reached.ts';

/** Enough to deploy the escrow with all its mutants. */
const DEPLOYMENT_GAS = '0x8f0d1800';
const BLOCK_GAS = 3_000_000_000;

async function networkHooks(): Promise<Partial<NetworkHooks>> {
  return {
    // Only asked for where probes are to be heard, since the chain is slower with it.
    ...(process.env.HOLDFAST_MUTANT_PROBES && {
      async onCoverageData(_context, tags) {
        for (const tag of tags) reached.probes.add(Number.parseInt(tag, 16));
      },
    }),
    async onRequest(context, connection, request, next) {
      const [call] = Array.isArray(request.params) ? request.params : [];
      const deploys = request.method === 'eth_sendTransaction' && !call.to;
      const asked = deploys ? { ...request, params: [{ ...call, gas: DEPLOYMENT_GAS }] } : request;
      try {
        return await next(context, connection, asked);
      } catch (error) {
        throw withRevertData(error);
      }
    },
  };
}

/** The project's configuration with a chain that takes an escrow of any size. */
export default {
  ...project,
  networks: {
    default: {
      type: 'edr-simulated',
      allowUnlimitedContractSize: true,
      blockGasLimit: BLOCK_GAS,
      transactionGasCap: false,
    },
  },
  // The probes are ours, not Hardhat's.
  coverage: { skipFiles: ['**/*'] },
  plugins: [{ id: 'escrow-mutants', hookHandlers: { network: async () => ({ default: networkHooks }) } }],
};
