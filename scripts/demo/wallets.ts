import { Contract, JsonRpcProvider, type TypedDataDomain, type TypedDataField, Wallet } from 'ethers';

const tokenAbi = ['function transfer(address,uint256)', 'function balanceOf(address) view returns (uint256)'];

/** A transaction as the API hands it out, ready to be sent by anybody. */
export interface ReadyTransaction {
  readonly to: string;
  readonly data: string;
  readonly value: string;
}

/** The people's own wallets: nothing of this runs in the server. */
export function createWallets(chainUrl: string, token: string) {
  const provider = new JsonRpcProvider(chainUrl, undefined, { cacheTimeout: -1, pollingInterval: 250 });
  const tokenContract = new Contract(token, tokenAbi, provider);
  const mined = async (hash: string): Promise<string> => {
    const receipt = await provider.waitForTransaction(hash, 1, 30_000);
    if (receipt?.status !== 1) throw new Error(`Transaction ${hash} was not successful`);
    return hash;
  };
  return {
    balance: (holder: string): Promise<bigint> => tokenContract.getFunction('balanceOf')(holder),
    async pay(key: string, to: string, amount: bigint): Promise<string> {
      const sent = await tokenContract.connect(new Wallet(key, provider)).getFunction('transfer')(to, amount);
      return mined(sent.hash);
    },
    /** Signs the typed data of the API with an admin key that the server never sees. */
    sign(key: string, typedData: { domain: object; types: object; message: object }): Promise<string> {
      const { EIP712Domain: _, ...types } = typedData.types as Record<string, TypedDataField[]>;
      return new Wallet(key).signTypedData(typedData.domain as TypedDataDomain, types, typedData.message);
    },
    async broadcast(key: string, transaction: ReadyTransaction): Promise<string> {
      const sent = await new Wallet(key, provider).sendTransaction({
        to: transaction.to,
        data: transaction.data,
        value: BigInt(transaction.value),
      });
      return mined(sent.hash);
    },
    close: () => provider.destroy(),
  };
}

export type Wallets = ReturnType<typeof createWallets>;
