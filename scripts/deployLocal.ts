import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { concat, getCreateAddress, HDNodeWallet, Interface, JsonRpcProvider, parseUnits, toQuantity } from 'ethers';
import { escrowInitCode, readArtifact } from './deploy/escrowBuild.ts';
import type { EscrowParameters } from './deploy/parameters.ts';
import { waitUntil } from './services/waitUntil.ts';

/** Where a local deployment lives and who holds its roles; every key is a well-known development key. */
export interface LocalDeployment {
  chainId: number;
  escrow: string;
  token: string;
  tokenDecimals: number;
  /** Keys of the admin signers, in the order of their index. */
  signerKeys: string[];
  treasury: string;
  treasuryKey: string;
  guardian: string;
  refundWallet: string;
  refundWalletKey: string;
  hotWalletAddress: string;
  hotWalletKey: string;
  buyerAddress: string;
  buyerKey: string;
  sellerAddress: string;
  sellerKey: string;
  /** May mint the test token. */
  minterKey: string;
}

/** What a deployment needs: a running chain whose default accounts are funded. */
export interface LocalDeploymentOptions {
  rpcUrl: string;
  /** Project folder with the compiled `artifacts/`; this one by default. */
  directory?: string;
}

// The development mnemonic of anvil and Hardhat; worth nothing on any other chain.
const MNEMONIC = 'test test test test test test test test test test test junk';
const ROLES = {
  deployer: 0,
  signers: [1, 2, 3],
  guardian: 4,
  treasury: 5,
  refundWallet: 6,
  hotWallet: 7,
  buyer: 8,
  seller: 9,
};
const THRESHOLD = 2;
const FEE_CAP_BPS = 1_000;
// 45 days, the value the contract specification deploys with.
const DISPUTE_TIMEOUT_SECONDS = 3_888_000;
// Binance-Peg USDT, the token of the API's example, has 18 decimals.
const TOKEN_DECIMALS = 18;
const BUYER_BALANCE = parseUnits('1000000', TOKEN_DECIMALS);
// Far above the cost of either deployment and below every local block limit.
const DEPLOY_GAS = toQuantity(8_000_000);
const CALL_GAS = toQuantity(200_000);
const WAIT_MS = 30_000;

const accounts = new Map<number, HDNodeWallet>();

/** Derived once, since stretching the mnemonic takes longer than a whole deployment. */
function account(index: number): HDNodeWallet {
  const known = accounts.get(index) ?? parentAccount().deriveChild(index);
  accounts.set(index, known);
  return known;
}

let parent: HDNodeWallet | undefined;
function parentAccount(): HDNodeWallet {
  parent ??= HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0");
  return parent;
}

function deploymentOf(chainId: number, escrow: string, token: string): LocalDeployment {
  const treasury = account(ROLES.treasury);
  const refundWallet = account(ROLES.refundWallet);
  const hotWallet = account(ROLES.hotWallet);
  const buyer = account(ROLES.buyer);
  const seller = account(ROLES.seller);
  return {
    chainId,
    escrow,
    token,
    tokenDecimals: TOKEN_DECIMALS,
    signerKeys: ROLES.signers.map((index) => account(index).privateKey),
    treasury: treasury.address,
    treasuryKey: treasury.privateKey,
    guardian: account(ROLES.guardian).address,
    refundWallet: refundWallet.address,
    refundWalletKey: refundWallet.privateKey,
    hotWalletAddress: hotWallet.address,
    hotWalletKey: hotWallet.privateKey,
    buyerAddress: buyer.address,
    buyerKey: buyer.privateKey,
    sellerAddress: seller.address,
    sellerKey: seller.privateKey,
    minterKey: account(ROLES.deployer).privateKey,
  };
}

function parametersOf(deployment: LocalDeployment): EscrowParameters {
  return {
    signers: ROLES.signers.map((index) => account(index).address),
    threshold: THRESHOLD,
    guardian: deployment.guardian,
    treasury: deployment.treasury,
    feeCapBps: FEE_CAP_BPS,
    disputeTimeoutSeconds: DISPUTE_TIMEOUT_SECONDS,
  };
}

/** Deploys the escrow and a test USDT on a running local chain and gives the buyer, and nobody else, test money. */
export async function deployLocal(options: LocalDeploymentOptions): Promise<LocalDeployment> {
  const artifacts = options.directory ? pathToFileURL(join(options.directory, 'artifacts', 'contracts/')) : undefined;
  const provider = new JsonRpcProvider(options.rpcUrl, undefined, { batchMaxCount: 1, cacheTimeout: -1 });
  try {
    const { chainId } = await provider.getNetwork();
    const deployer = account(ROLES.deployer);
    // All three are sent at once under their own nonces, so that a chain with a block time puts them into one block.
    const nonce = await provider.getTransactionCount(deployer.address);
    const escrow = getCreateAddress({ from: deployer.address, nonce });
    const token = getCreateAddress({ from: deployer.address, nonce: nonce + 1 });
    const deployment = deploymentOf(Number(chainId), escrow, token);

    const escrowCode = escrowInitCode(parametersOf(deployment), artifacts);
    const tokenArtifact = readArtifact('mocks/MockToken.sol', 'MockToken', artifacts);
    const tokenInterface = new Interface(tokenArtifact.abi);
    const tokenArguments = tokenInterface.encodeDeploy(['Test Tether USD', 'USDT', TOKEN_DECIMALS]);
    const mint = tokenInterface.encodeFunctionData('mint', [deployment.buyerAddress, BUYER_BALANCE]);

    // The node signs for its own accounts, which spares us the work on two large transactions.
    const send = (transaction: { nonce: number; to?: string; data: string; gas: string }): Promise<string> =>
      provider.send('eth_sendTransaction', [
        { ...transaction, from: deployer.address, nonce: toQuantity(transaction.nonce) },
      ]);
    const sent = [
      await send({ data: escrowCode, nonce, gas: DEPLOY_GAS }),
      await send({ data: concat([tokenArtifact.bytecode, tokenArguments]), nonce: nonce + 1, gas: DEPLOY_GAS }),
      await send({ to: token, data: mint, nonce: nonce + 2, gas: CALL_GAS }),
    ];
    for (const hash of sent) await requireSuccess(provider, hash);
    return deployment;
  } finally {
    provider.destroy();
  }
}

/** Asks for the receipt itself: ethers waits for the next block, which never comes on a chain that mines only what it is sent. */
async function requireSuccess(provider: JsonRpcProvider, hash: string): Promise<void> {
  let status: number | null | undefined;
  await waitUntil(async () => {
    status = (await provider.getTransactionReceipt(hash))?.status;
    return status !== undefined;
  }, WAIT_MS);
  if (status !== 1) throw new Error(`the local deployment reverted, or was not mined, in transaction ${hash}`);
}

/** Writes the networks file of the sandbox and the tests: the local chain under the name `bsc`, as the API's defaults expect. */
export function writeNetworksFile(path: string, deployment: LocalDeployment, rpcUrl: string): void {
  const network = {
    name: 'bsc',
    chainId: deployment.chainId,
    rpcUrls: [rpcUrl],
    escrow: deployment.escrow,
    refundWallet: deployment.refundWallet,
    shkeeperHotWallet: deployment.hotWalletAddress,
    finality: { confirmations: 2, minimumAgeSeconds: 0 },
    tokens: [
      { symbol: 'USDT', address: deployment.token, decimals: deployment.tokenDecimals, shkeeperName: 'BNB-USDT' },
    ],
  };
  writeFileSync(path, `${JSON.stringify({ networks: [network] }, null, 2)}\n`);
}
