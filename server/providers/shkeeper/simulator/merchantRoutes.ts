import { timingSafeEqual } from 'node:crypto';
import {
  coreError,
  htmlError,
  type Incoming,
  json,
  loginRedirect,
  notFound,
  parseObject,
  type Reply,
  tracedError,
} from './http.ts';
import { askedAmount, coinsOf, listRow, openInvoice, rateOf, spellTxid } from './invoices.ts';
import { printAmount, printPayoutAmount, toDouble } from './numbers.ts';
import type { Payouts } from './payouts.ts';
import type { ErrorShape } from './switches.ts';
import { coinNamed, type World } from './world.ts';

/** The route's name is what `errorStyle` (S33) can choose. */
interface Route {
  readonly name: string;
  readonly auth: 'none' | 'key' | 'basic';
  readonly handle: (request: Incoming) => Promise<Reply>;
}

/** The merchant API under `/api/v1`, with the error shapes of the original. */
export function createMerchantRoutes(world: World, payouts: Payouts): (request: Incoming) => Promise<Reply> {
  const answer = async (request: Incoming): Promise<Reply> => {
    const route = findRoute(world, payouts, request);
    if (!route) return notFound;
    const forced = takeForcedError(world, route.name);
    if (forced) return errorOf(forced);
    const refusal = route.auth === 'key' ? checkKey(world, request) : checkBasic(world, request);
    return route.auth !== 'none' && refusal ? refusal : route.handle(request);
  };
  return answer;
}

function findRoute(world: World, payouts: Payouts, request: Incoming): Route | null {
  const [, , first = '', second = '', third = ''] = request.segments;
  const { method } = request;
  const route = (name: string, auth: Route['auth'], handle: Route['handle']): Route => ({ name, auth, handle });
  if (method === 'GET' && first === 'crypto' && second === '')
    return route('crypto', 'none', async () => listCoins(world));
  if (method === 'GET' && first === 'invoices')
    return route('invoices', 'key', async () => listInvoices(world, second));
  if (method === 'GET' && first === 'tx-info') return route('tx-info', 'key', async () => txInfo(world, second, third));
  if (method === 'GET' && first === 'payout' && second === 'status') {
    return route('payout/status', 'key', async () => payoutStatus(world, request.query.get('external_id')));
  }
  const key = `${method} ${second}`;
  if (key === 'POST payment_request') return route(second, 'key', (given) => requestPayment(world, first, given));
  if (key === 'POST quote') return route(second, 'key', async (given) => quote(world, first, given));
  if (key === 'POST payout') return route(second, 'basic', (given) => createPayout(world, payouts, first, given));
  if (key === 'GET task') return route(second, 'basic', async () => taskOf(world, third));
  if (key === 'GET balance') return route(second, 'key', () => balanceOf(world, first));
  return key === 'GET fee-deposit-address' ? route(second, 'key', async () => hotWalletOf(world, first)) : null;
}

function takeForcedError(world: World, route: string): ErrorShape | null {
  const { errorStyle } = world.switches.of(null);
  if (!errorStyle || (errorStyle.route !== undefined && errorStyle.route !== route)) return null;
  const times = errorStyle.times - 1;
  world.switches.set({ errorStyle: times > 0 ? { ...errorStyle, times } : null }, null);
  return errorStyle.shape;
}

const errorOf = (shape: ErrorShape): Reply =>
  ({
    E1: coreError('forced error'),
    E2: json({ status: 'error', msg: 'forced refusal' }),
    E3: json({ error: 'forced error' }, 400),
    E4: tracedError('forced error'),
    E5: htmlError,
    E6: loginRedirect,
  })[shape];

const equal = (given: string, expected: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
};

function checkKey(world: World, request: Incoming): Reply | null {
  const key = request.headers['x-shkeeper-api-key'];
  if (typeof key !== 'string') return coreError('No API key');
  return equal(key, world.settings.apiKey) ? null : coreError('Bad API key');
}

function checkBasic(world: World, request: Incoming): Reply | null {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    const withKey = request.headers['x-shkeeper-api-key'] !== undefined;
    return withKey ? coreError("This endpoint doesn't accept X-Shkeeper-Api-Key auth") : loginRedirect;
  }
  const { payoutUser, payoutPassword } = world.settings;
  const expected = `Basic ${Buffer.from(`${payoutUser}:${payoutPassword}`).toString('base64')}`;
  return equal(authorization, expected) ? null : coreError('Bad HTTP Basic Auth credentials');
}

function listCoins(world: World): Reply {
  const names = world.settings.coins.map((coin) => coin.name);
  const list = names.map((name) => ({ name, display_name: name.replace('-', ' ') }));
  return json({ status: 'success', crypto: names, crypto_list: list });
}

const textOf = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : null;

async function requestPayment(world: World, coin: string, request: Incoming): Promise<Reply> {
  const body = parseObject(request.body);
  if (!body || !coinNamed(world, coin)) return htmlError;
  const missing = ['external_id', 'fiat', 'amount', 'callback_url'].find((name) => textOf(body[name]) === null);
  if (missing !== undefined) return tracedError(`'${missing}'`);
  const fiat = String(body.fiat);
  const rate = rateOf(fiat);
  if (rate === null) return tracedError(`Unknown fiat ${fiat}`);
  // Amounts are not validated: negative, zero and NaN are taken (S19).
  const amount = String(body.amount);
  const order = { externalId: String(body.external_id), fiat, amount, callbackUrl: String(body.callback_url) };
  const invoice = await openInvoice(world, order, coin, rate);
  const set = world.switches.of(order.externalId);
  // The address exists, but the caller is not told (S35).
  if (set.slowBackend) return tracedError('HTTPConnectionPool: Read timed out. (read timeout=10)');
  return json({
    status: 'success',
    id: invoice.id,
    amount: askedAmount(amount, rate, set.fee),
    exchange_rate: printAmount(rate),
    wallet: invoice.address,
    recalculate_after: 0,
    display_name: coin.replace('-', ' '),
  });
}

function quote(world: World, coin: string, request: Incoming): Reply {
  const body = parseObject(request.body);
  if (!body || !coinNamed(world, coin)) return htmlError;
  const [fiat, amount] = [textOf(body.fiat), textOf(body.amount)];
  if (fiat === null || amount === null) return coreError("'fiat' and 'amount' are required fields.");
  const rate = rateOf(fiat);
  if (rate === null) return tracedError(`Unknown fiat ${fiat}`);
  return json({
    status: 'success',
    fiat,
    amount_fiat: amount,
    crypto: coin,
    amount_crypto: askedAmount(amount, rate, world.switches.of(null).fee),
    exchange_rate: printAmount(rate),
  });
}

function listInvoices(world: World, externalId: string): Reply {
  const { invoices } = world.store.state;
  const chosen = externalId === '' ? invoices : invoices.filter((invoice) => invoice.externalId === externalId);
  return json({ status: 'success', invoices: chosen.map((invoice) => listRow(world, invoice)) });
}

function txInfo(world: World, txid: string, externalId: string): Reply {
  const bare = spellTxid(txid, 'bare', 'list');
  const { invoices, received } = world.store.state;
  const row = received.find((one) => {
    const invoice = invoices.find((candidate) => candidate.id === one.invoiceId);
    return invoice?.externalId === externalId && spellTxid(one.txid, 'bare', 'list') === bare;
  });
  const info = row ? { crypto: row.coin, amount: printAmount(coinsOf(world, row)), addr: row.address } : {};
  return json({ status: 'success', info });
}

async function balanceOf(world: World, coinName: string): Promise<Reply> {
  const coin = coinNamed(world, coinName);
  if (!coin) return coreError(`Crypto ${coinName} is not enabled`);
  const units = await world.chain.tokenBalance(coin.tokenAddress, world.hotWallet.address).catch(() => 0n);
  const amount = toDouble(units.toString(), coin.decimals);
  return json({
    name: coinName,
    display_name: coinName.replace('-', ' '),
    // The integer 0 when empty, and also when the chain is merely unreachable (S49).
    amount_crypto: amount === 0 ? 0 : printAmount(amount),
    rate: '1',
    fiat: 'USD',
    amount_fiat: printAmount(amount),
    server_status: 'Synced',
  });
}

function hotWalletOf(world: World, coin: string): Reply {
  if (!coinNamed(world, coin)) return coreError(`Crypto ${coin} is not enabled`, 400);
  return json({ status: 'success', crypto: coin, fee_deposit_address: world.hotWallet.address });
}

async function createPayout(world: World, payouts: Payouts, coin: string, request: Incoming): Promise<Reply> {
  const body = parseObject(request.body);
  if (!body) return htmlError;
  const missing = ['amount', 'destination', 'fee'].find((name) => textOf(body[name]) === null);
  if (missing !== undefined) return coreError(`'${missing}'`, 500);
  const externalId = textOf(body.external_id);
  const callbackUrl = textOf(body.callback_url);
  if (!coinNamed(world, coin)) return coreError(`Unknown crypto: ${coin}`, 500);
  if (callbackUrl !== null && !/^https?:\/\//.test(callbackUrl)) {
    return coreError(`Invalid callback_url: ${callbackUrl}`, 500);
  }
  const [amount, destination] = [String(body.amount), String(body.destination)];
  const answer = await payouts.accept({ externalId, coin, amount, destination, callbackUrl });
  if (answer.kind === 'exists') return coreError(`Payout with this external_id already exists: ${externalId}`, 500);
  if (answer.kind === 'refused') return json({ status: 'error', msg: answer.message });
  if (answer.kind === 'timedOut') return coreError('HTTPConnectionPool: Read timed out. (read timeout=10)', 500);
  return json({ task_id: answer.taskId, ...(externalId === null ? {} : { external_id: externalId }) });
}

function payoutStatus(world: World, externalId: string | null): Reply {
  if (externalId === null) return json({ error: 'external_id is required' }, 400);
  const payout = world.store.state.payouts.find((one) => one.externalId === externalId);
  if (!payout) return json({ error: 'Payout not found' }, 404);
  const { txidStyle } = world.switches.of(externalId);
  return json({
    id: payout.id,
    external_id: payout.externalId,
    crypto: payout.coin,
    status: payout.status,
    amount: printPayoutAmount(Number(payout.amount)),
    destination: payout.destination,
    txid: payout.txid === null ? null : spellTxid(payout.txid, txidStyle, 'list'),
  });
}

function taskOf(world: World, taskId: string): Reply {
  const task = world.store.state.tasks.find((one) => one.id === taskId);
  // An unknown id reads PENDING for ever (S39).
  if (!task || task.status === 'PENDING') return json({ status: 'PENDING', result: null });
  if (task.status === 'FAILURE') return json({ status: 'FAILURE', result: task.error });
  const { txidStyle } = world.switches.of(task.externalId);
  const txids = task.transfers.slice(0, 1).map((transfer) => spellTxid(transfer.hash, txidStyle, 'list'));
  const result = [{ dest: task.destination, amount: Number(task.amount), status: 'success', txids }];
  return json({ status: 'SUCCESS', result });
}
