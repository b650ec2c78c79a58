import { expect } from 'chai';
import { parseEther, toQuantity, Wallet } from 'ethers';
import { playDemo } from '../../../scripts/demo/play.ts';
import { describeSandbox } from '../../../scripts/sandbox/banner.ts';
import { callAt, type Stage } from './stage.ts';
import { units } from './trade.ts';

/** Plays `npm run demo` with wallets of its own, because others pay and are paid on the stage at the same time. */
export async function playDemonstration({ sandbox: { info }, chain }: Stage): Promise<void> {
  const [buyer, seller] = [Wallet.createRandom(), Wallet.createRandom()];
  await chain.rpc('anvil_setBalance', [buyer.address, toQuantity(parseEther('10'))]);
  await chain.mint(buyer.address, units('100'));
  const own = { buyerKey: buyer.privateKey, buyerAddress: buyer.address, sellerAddress: seller.address };
  const steps = new Map<string, Record<string, unknown>>();
  const tell = (step: string, facts: Record<string, unknown>) => void steps.set(step, facts);
  await playDemo({ ...info, deployment: { ...info.deployment, ...own } }, tell);
  expect(steps.get('done')).to.deep.equal({
    ...{ status: 'released', escrowState: 'released', requestStatus: 'seller_paid', sellerReceived: '25.245' },
    refundStatus: 'refunded',
  });
}

/** Does what `npm start` prints: its addresses answer, its curl opens an intent, and the intent has a page to pay from. */
export async function followBanner({ sandbox: { info } }: Stage): Promise<void> {
  const banner = await describeSandbox(info, 'a folder');
  const pages = [/health +(\S+)/.exec(banner)?.[1], `${info.apiUrl}/readyz`, `${info.apiUrl}/docs`];
  for (const page of pages) expect((await callAt(String(page), 'GET', '')).status, page).to.equal(200);
  const [, curl = ''] = /curl -s (\S+)/.exec(banner) ?? [];
  const [, sent = ''] = /-d '(.*)'/.exec(banner) ?? [];
  const headers = Object.fromEntries(
    [...banner.matchAll(/-H '([a-z-]+): ([^']+)'/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const intent = await callAt(curl, 'POST', '', { headers, body: sent });
  expect(intent.status, JSON.stringify(intent.body)).to.be.oneOf([200, 201]);
  const page = await callAt(info.apiUrl, 'GET', new URL(String(intent.data.paymentUrl)).pathname);
  expect(page.status).to.equal(200);
  expect(page.body.text).to.include('25.5');
}

/** Asks for a socket as a client does that was told nothing of transports: by polling first. */
export async function askByPolling({ sandbox: { info } }: Stage): Promise<void> {
  for (let n = 0; n < 3; n += 1) {
    const refused = await callAt(info.apiUrl, 'GET', '/socket.io/?EIO=4&transport=polling');
    expect(refused.status).to.equal(400);
    expect((await callAt(info.apiUrl, 'GET', '/livez')).status, 'the process answers on').to.equal(200);
  }
}
