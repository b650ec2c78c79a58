import { createRequire } from 'node:module';
import { defineConfig } from 'hardhat/config';

const require = createRequire(import.meta.url);

/** One build for every chain: the same settings give the same init code, so the escrow has the same address everywhere. */
export default defineConfig({
  solidity: {
    version: '0.8.37',
    // The compiler is the npm package itself, so that a build needs no download.
    path: require.resolve('solc/soljson.js'),
    settings: {
      evmVersion: 'cancun',
      viaIR: true,
      // At 1,000 runs the whole contract fits the 24,576 byte limit; at 10,000 it does not.
      optimizer: { enabled: true, runs: 1000 },
      metadata: { bytecodeHash: 'none' },
    },
  },
});
