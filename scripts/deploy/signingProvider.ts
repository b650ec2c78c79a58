import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { EIP1193Provider } from '@nomicfoundation/ignition-core';
import { Transaction, type Wallet } from 'ethers';
import type { ChainNode } from './chainNode.ts';

/** A transaction that was signed; it may or may not have left this machine. */
export interface Signed {
  readonly hash: string;
  readonly nonce: number;
  readonly raw: string;
}

/** Fields of `eth_sendTransaction` as Ignition fills them. */
interface Wish {
  readonly to?: string;
  readonly value?: string;
  readonly data?: string;
  readonly nonce: string;
  readonly gas: string;
  readonly gasPrice?: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
}

/**
 * A provider for Ignition that signs with the deployer's key. What it signs is on the disk before it is sent, so that
 * after a kill between sending and Ignition's own note the same transaction is sent again, never another one.
 */
export function signingProvider(options: {
  readonly node: ChainNode;
  readonly wallet: Wallet;
  readonly chainId: number;
  readonly signedFile: string;
}): EIP1193Provider {
  const { node, wallet, chainId, signedFile } = options;
  async function send(wish: Wish): Promise<string> {
    const { to, value = '0x0', data = '0x', nonce, gas, ...fees } = wish;
    const price = fees.gasPrice === undefined ? { ...feesOf(fees), type: 2 } : { gasPrice: fees.gasPrice, type: 0 };
    const unsigned = { to: to ?? null, value, data, nonce: Number(nonce), gasLimit: gas, chainId, ...price };
    const raw = await wallet.signTransaction(unsigned);
    const signed: Signed = { hash: Transaction.from(raw).hash ?? '', nonce: unsigned.nonce, raw };
    appendFileSync(signedFile, `${JSON.stringify(signed)}\n`, { flush: true, mode: 0o600 });
    await node.ask('eth_sendRawTransaction', [raw]);
    return signed.hash;
  }
  return {
    async request({ method, params }) {
      const list = Array.isArray(params) ? params : [];
      if (method === 'eth_accounts') return [wallet.address];
      return method === 'eth_sendTransaction' ? send(list[0]) : node.ask(method, list);
    },
  };
}

const feesOf = ({ maxFeePerGas = '0x0', maxPriorityFeePerGas = '0x0' }: Partial<Wish>) => ({
  maxFeePerGas,
  maxPriorityFeePerGas,
});

/** Everything that was signed, oldest first; a last line that a kill cut off was never sent. */
export function readSigned(signedFile: string): Signed[] {
  if (!existsSync(signedFile)) return [];
  const lines = readFileSync(signedFile, 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}
