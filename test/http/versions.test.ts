import { expect } from 'chai';
import { paymentId, paymentState, recorded, transition } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = `/api/payment/${paymentId}`;
function world() {
  const made = standIn({ commands: { cancelPayment: async () => paymentState({ status: 'cancelled' }) } });
  // The copy is a step behind the log.
  made.payments.set(paymentId, recorded(paymentState()));
  made.transitions.push(transition(4));
  return made;
}

describe('versions of a payment', () => {
  it('are its entity tag, and spare an answer to whoever has it', async () => {
    const { as } = world();
    const first = await as('buyer').get(path);
    expect(first.get('etag')).to.equal('"4"');
    expect(first.get('cache-control')).to.equal('no-store');
    for (const known of ['"4"', 'W/"4"', '"1", "4"', '*']) {
      const again = await as('buyer').get(path).set('If-None-Match', known);
      expect([again.status, again.text, again.get('etag')], known).to.deep.equal([304, '', '"4"']);
    }
    for (const known of ['"3"', '4', '""', 'x'])
      expect((await as('buyer').get(path).set('If-None-Match', known)).status, known).to.equal(200);
  });

  it('tell a stranger nothing, whatever he says he knows', async () => {
    expectProblem(await world().as('buyer', 'buyer-2').get(path).set('If-None-Match', '*'), 404, 'not_found');
    const other = world();
    expectProblem(
      await other.as('buyer', 'buyer-2').put(path, { status: 'cancelled' }).set('If-Match', '"1"'),
      404,
      'not_found',
    );
    expect(other.calls).to.deep.equal([]);
  });

  it('keep a change from what has changed since, by the log and not by its copy', async () => {
    for (const known of ['"3"', '"5"', 'W/"4"', '4', 'x', '']) {
      const { as, calls } = world();
      const answer = await as('buyer').put(path, { status: 'cancelled' }).set('If-Match', known);
      expectProblem(answer, 412, 'precondition_failed');
      expect(answer.body.seq).to.equal(4);
      expect(calls, known).to.deep.equal([]);
    }
  });

  it('let a change through that knows the newest, or does not say', async () => {
    for (const known of ['"4"', '"1", "4"', '*']) {
      const { as, calls } = world();
      const answer = await as('buyer').put(path, { status: 'cancelled' }).set('If-Match', known);
      expect([answer.status, answer.get('etag'), calls.length], known).to.deep.equal([200, '"4"', 1]);
      // What is checked here may have changed before the change is written, so the change itself is bound to it.
      const input = calls[0]?.input as { ifSeq?: readonly number[] };
      expect(input.ifSeq, known).to.deep.equal(known === '*' ? undefined : [4]);
    }
    expect((await world().as('buyer').put(path, { status: 'cancelled' })).status).to.equal(200);
  });
});
