import { readFileSync } from 'node:fs';
import { concat, getCreate2Address, Interface, id, type JsonFragment, keccak256 } from 'ethers';
import { FACTORY } from './factory.ts';
import type { EscrowParameters } from './parameters.ts';

/** A compiled contract, as Hardhat leaves it in `artifacts/`. */
export interface Artifact {
  readonly abi: JsonFragment[];
  readonly bytecode: string;
}

const ARTIFACTS = new URL('../../artifacts/contracts/', import.meta.url);
// Changing it moves the escrow of every chain to another address.
const SALT = id('holdfast.MarketplaceEscrow');

/** Reads a compiled contract, e.g. `mocks/MockToken.sol`, `MockToken`. */
export function readArtifact(source: string, name: string, artifacts: URL = ARTIFACTS): Artifact {
  return JSON.parse(readFileSync(new URL(`${source}/${name}.json`, artifacts), 'utf8'));
}

/** The init code of an escrow: what a chain runs to make it, the same on every chain. */
export function escrowInitCode(parameters: EscrowParameters, artifacts?: URL): string {
  const { abi, bytecode } = readArtifact('MarketplaceEscrow.sol', 'MarketplaceEscrow', artifacts);
  const { signers, threshold, guardian, treasury, feeCapBps, disputeTimeoutSeconds } = parameters;
  const args = [signers, threshold, guardian, treasury, feeCapBps, disputeTimeoutSeconds];
  return concat([bytecode, new Interface(abi).encodeDeploy(args)]);
}

/** An escrow before it is on a chain: where it will be, and what the factory is sent to make it. */
export interface EscrowBuild {
  readonly address: string;
  readonly initCode: string;
  readonly factoryData: string;
}

/** The build for these parameters; the address depends on nothing else. */
export function buildEscrow(parameters: EscrowParameters): EscrowBuild {
  const initCode = escrowInitCode(parameters);
  return {
    address: getCreate2Address(FACTORY, SALT, keccak256(initCode)),
    initCode,
    factoryData: concat([SALT, initCode]),
  };
}
