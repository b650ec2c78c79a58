import { expect } from 'chai';
import type { Response } from 'supertest';
import request from 'supertest';
import { idleApp } from '../../scripts/routes/idleApp.ts';
import { createDetector } from '../../scripts/test/canaries.ts';
import { splitOperation } from '../../server/http/endpoint.ts';
import { mountedOperations } from '../../server/http/mounted.ts';
import type { Operation } from '../../server/http/policies.ts';
import { planted } from '../support/canaries.ts';
import { patienceMs } from '../support/testApp.ts';
import { keepKeys, keptKeys, type ShownTo, shownTo } from './decisions/answerKeys.ts';
import { asked } from './decisions/asked.ts';
import { type Caller, callers, type DecisionStage, openDecisionStage, type Trade } from './decisions/stage.ts';
import { decisions } from './decisions/table.ts';
import { type ServerCall, sendCall, signedHeaders } from './serverCalls.ts';

const plain: Readonly<Record<string, string>> = {
  '401 not_authenticated': '401',
  '403 forbidden': '403',
  '404 not_found': '404',
  '403 step_up_required': 'step-up',
};

/** Descriptions of the whole product change with every route, and files are no answers of fields. */
const isRecord = ({ type, body }: Response, operation: string) =>
  type === 'application/json' && typeof body === 'object' && !operation.endsWith('api.json');

/** The whole decision table on one real app: every operation, asked by everybody with a valid request about a trade of its own. */
describe('every route', function () {
  this.timeout(4 * patienceMs);
  let stage: DecisionStage;
  const trades: Trade[] = [];
  let calls = 0;
  const refusals: string[] = [];
  const shown: Record<string, ShownTo> = {};
  before(async () => {
    stage = await openDecisionStage();
  });
  after(() => stage?.app.close());

  function targetOf(operation: Operation, trade: Trade): string {
    const { path } = splitOperation(operation);
    const id = { requests: trade.open.requestId, keys: stage.spareKey.id, payments: trade.paymentId };
    const values: Record<string, string> = {
      ...{ paymentId: trade.paymentId, userId: trade.buyerId, taskId: trade.payoutId, externalId: trade.payoutId },
      ...{ offerId: trade.open.offerId },
      id: path.startsWith('/api/requests') ? id.requests : path.includes('/api-keys/') ? id.keys : id.payments,
    };
    const filled = path.replace(/:([A-Za-z]+)/g, (_whole, name: string) => values[name] ?? name);
    return filled + (asked[operation]?.query?.(trade) ?? '');
  }

  /** One call; each comes from an address of its own, so that no limit of addresses decides. */
  function ask(operation: Operation, caller: Caller, trade: Trade) {
    calls += 1;
    const { body, scope, speaksFor } = asked[operation] ?? {};
    const { method } = splitOperation(operation);
    const from = { 'x-forwarded-for': `198.51.100.${calls % 250}` };
    const once: Record<string, string> = method === 'post' ? { 'idempotency-key': `key-${calls}` } : {};
    const sent = body?.(trade, calls);
    const target = targetOf(operation, trade);
    if (!caller.startsWith('key')) {
      const token = stage.tokenOf(caller, trade);
      const call = request(stage.app.url)
        [method](target)
        .set({ ...from, ...once });
      return (token === null ? call : call.set('Authorization', token)).send(sent);
    }
    const spoken = speaksFor && `${speaksFor}:${speaksFor === 'buyer' ? trade.buyerId : trade.sellerId}`;
    const call: ServerCall = {
      ...{ method, target, timestamp: Math.floor(Date.now() / 1000) },
      ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
      headers: { ...once, 'x-nonce': `n-${calls}`, ...(spoken === undefined ? {} : { 'x-on-behalf-of': spoken }) },
    };
    const key = stage.keyOf(scope, caller === 'key with the scope');
    return sendCall(stage.app.url, call, signedHeaders(key, call)).set(from);
  }

  function outcomeOf(answer: Response, operation: Operation, trade: Trade): string {
    const refusal = answer.status < 400 ? null : `${answer.status} ${answer.body.code}`;
    if (refusal !== null) return plain[refusal] ?? refusal.replace(' ', '/');
    const shown = asked[operation]?.shows?.(trade);
    return `${answer.status}${shown !== undefined && answer.text.includes(shown) ? '+' : ''}`;
  }

  it('is decided for everybody, once, and nothing is decided that is not mounted', () => {
    const decided = decisions.flatMap(([, operations]) => operations);
    expect(decided.toSorted()).to.deep.equal([...mountedOperations(idleApp({ development: true }))].sort());
    expect(decided).to.include.members(Object.keys(asked));
    for (const [cells] of decisions) expect(cells.split(' '), cells).to.have.length(callers.length);
  });

  for (const [cells, operations] of decisions) {
    for (const operation of operations as Operation[]) {
      it(`answers everybody as decided: ${operation}`, async () => {
        const trade = await stage.trade(trades.length);
        trades.push(trade);
        const found: string[] = [];
        const answers = new Map<Caller, unknown>();
        for (const caller of callers) {
          const answer = await ask(operation, caller, trade);
          if (answer.status >= 400) refusals.push(answer.text);
          else if (isRecord(answer, operation)) answers.set(caller, answer.body);
          found.push(outcomeOf(answer, operation, trade));
        }
        if (answers.size > 0) shown[operation] = shownTo(answers);
        const named = (outcomes: readonly string[]) => callers.map((caller, n) => `${caller}: ${outcomes[n]}`);
        expect(named(found)).to.deep.equal(named(cells.split(' ')));
      });
    }
  }

  it('shows each field to those alone who are meant to see it', () => {
    // KEEP_ANSWER_KEYS=1 writes what is shown now, after an answer was changed on purpose; look at the difference.
    if (process.env.KEEP_ANSWER_KEYS === '1') keepKeys(shown);
    expect(shown).to.deep.equal(keptKeys());
  });

  it('told no secret in any refusal', () => {
    expect(refusals.length).to.be.above(300);
    expect(createDetector(planted())(Buffer.from(refusals.join('\n')))).to.deep.equal([]);
  });

  it('moved no payment, whoever said whatever', async () => {
    for (const { paymentId } of trades) {
      const state = (await stage.app.deps.store.transitions.tail(paymentId))?.state;
      expect(state, paymentId).to.include({ status: 'pending', direction: 'in' });
    }
    expect(trades.length).to.equal(decisions.flatMap(([, operations]) => operations).length);
  });
});
