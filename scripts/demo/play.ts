import { createSecretKey } from 'node:crypto';
import { formatUnits, parseUnits } from 'ethers';
import jwt from 'jsonwebtoken';
import type { SandboxInfo } from '../sandbox/settings.ts';
import { connectPerson, type Person } from './api.ts';
import { runTrade, type Stage } from './trade.ts';
import { createWallets } from './wallets.ts';

const price = '25.5';
const feeBps = 100n;

function tokenFor(sandbox: SandboxInfo, userId: string, role: string): string {
  const key = createSecretKey(Buffer.from(sandbox.jwtSecret));
  return jwt.sign({ role }, key, { subject: userId, issuer: 'holdfast', audience: 'holdfast', expiresIn: 3600 });
}

/** Plays one trade that is released and one that is refunded; throws when the seller did not get exactly what is his. */
export async function playDemo(sandbox: SandboxInfo, step: Stage['step']): Promise<void> {
  const { deployment } = sandbox;
  const person = (userId: string, role: string) => connectPerson(sandbox.apiUrl, tokenFor(sandbox, userId, role));
  const people: Person[] = [];
  for (const [userId, role] of [
    ['demo-buyer', 'buyer'],
    ['demo-seller', 'seller'],
    ['demo-rival', 'seller'],
    ['demo-admin', 'admin'],
  ] as const) {
    people.push(await person(userId, role));
  }
  const [buyer, seller, rival, admin] = people as [Person, Person, Person, Person];
  const wallets = createWallets(sandbox.chainUrl, deployment.token);
  const [first, second] = deployment.signerKeys as [string, string];
  const stage: Stage = {
    buyer,
    seller,
    rival,
    admin,
    wallets,
    step,
    keys: { buyer: deployment.buyerKey, signers: [first, second], relayer: deployment.buyerKey },
    addresses: { buyer: deployment.buyerAddress, seller: deployment.sellerAddress },
    sellerId: 'demo-seller',
    decimals: deployment.tokenDecimals,
  };
  try {
    const released = await runTrade(stage, price, 'release');
    const gross = parseUnits(price, deployment.tokenDecimals);
    const net = gross - (gross * feeBps) / 10_000n;
    if (released.sellerReceived !== net) throw new Error(`The seller got ${released.sellerReceived}, expected ${net}`);
    const refunded = await runTrade(stage, price, 'refund');
    if (refunded.sellerReceived !== 0n) throw new Error('The seller got money from a refunded trade');
    step('sockets', { events: buyer.events.length + seller.events.length });
    step('done', {
      status: released.status,
      escrowState: released.escrowState,
      requestStatus: released.requestStatus,
      sellerReceived: formatUnits(released.sellerReceived, deployment.tokenDecimals),
      refundStatus: refunded.status,
    });
  } finally {
    wallets.close();
    for (const someone of people) someone.close();
  }
}
