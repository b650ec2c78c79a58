import { Interface, TypedDataEncoder } from 'ethers';
import { AppError } from '../../errors.ts';
import type { Network } from '../../ports/outside.ts';
import { escrowDomain, escrowInterface, vaultOf } from './escrowContract.ts';
import type { ConfiguredNetwork } from './networks.ts';
import type { RpcPool } from './rpcPool.ts';
import { readSeats } from './signerSeats.ts';

const erc20 = new Interface(['function decimals() view returns (uint8)']);
// Any id will do to compare our way to a vault's address with the contract's.
const probeId = `0x${'5a'.repeat(32)}`;

/** Calls one view function of a contract at the latest block. */
async function view(
  pool: RpcPool,
  to: string,
  face: Interface,
  name: string,
  args: unknown[] = [],
): Promise<unknown[]> {
  const data = await pool.run((provider) => provider.call({ to, data: face.encodeFunctionData(name, args) }));
  return [...face.decodeFunctionResult(name, data)];
}

const lower = (value: unknown) => String(value).toLowerCase();

async function tokenProblems(pool: RpcPool, configured: ConfiguredNetwork): Promise<string[]> {
  const problems = await Promise.all(
    configured.tokens.map(async (token) => {
      const code = await pool.run((provider) => provider.getCode(token.address));
      if (code === '0x') return `token ${token.symbol} has no code at ${token.address}`;
      const [decimals] = await view(pool, token.address, erc20, 'decimals');
      return Number(decimals) === token.decimals
        ? null
        : `token ${token.symbol} has ${decimals} decimals, not ${token.decimals}`;
    }),
  );
  return problems.filter((problem) => problem !== null);
}

async function identityProblems(pool: RpcPool, configured: ConfiguredNetwork): Promise<string[]> {
  const { escrow, chainId } = configured;
  const [[separator], [vault]] = await Promise.all([
    view(pool, escrow, escrowInterface, 'domainSeparator'),
    view(pool, escrow, escrowInterface, 'depositAddress', [probeId]),
  ]);
  const same =
    separator === TypedDataEncoder.hashDomain(escrowDomain(chainId, escrow)) &&
    lower(vault) === vaultOf(escrow, probeId);
  return same ? [] : [`the contract at ${escrow} computes other payment ids or deposit addresses than this server`];
}

function refuse(name: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new AppError('not_ready', `Network ${name} cannot be used: ${problems.join('; ')}`, { details: { problems } });
}

/**
 * Completes a configured network by what the contract itself says. Throws `AppError('not_ready')` when configuration and
 * chain disagree on anything that money depends on, `AppError('chain_unavailable')` when no node answers.
 */
export async function describeNetwork(configured: ConfiguredNetwork, pool: RpcPool): Promise<Network> {
  const { name, chainId, escrow, refundWallet, shkeeperHotWallet } = configured;
  const code = await pool.run((provider) => provider.getCode(escrow));
  if (code === '0x') refuse(name, [`there is no contract at the escrow address ${escrow}`]);

  const [[feeCap], seats] = await Promise.all([view(pool, escrow, escrowInterface, 'feeCap'), readSeats(pool, escrow)]);
  const { treasury } = seats;
  const problems = await Promise.all([identityProblems(pool, configured), tokenProblems(pool, configured)]);
  refuse(name, [
    ...problems.flat(),
    ...(refundWallet === treasury ? ['refundWallet is the treasury'] : []),
    ...(shkeeperHotWallet === treasury ? ['shkeeperHotWallet is the treasury'] : []),
  ]);

  return {
    name,
    chainId,
    escrow,
    refundWallet,
    shkeeperHotWallet,
    ...seats,
    feeCapBps: Number(feeCap),
    tokens: configured.tokens.map((token) => ({
      network: name,
      chainId,
      token: token.symbol,
      tokenAddress: token.address,
      decimals: token.decimals,
      shkeeperName: token.shkeeperName,
    })),
  };
}
