import { expect } from 'chai';
import { type Operation, policies, ruleOf } from '../../server/http/policies.ts';

const operations = Object.keys(policies) as Operation[];
const changes = operations.filter((operation) => !operation.startsWith('GET '));
/** What is open to admins and nobody else. */
const isAdminsOnly = (operation: Operation) => {
  const { access } = ruleOf(operation);
  return Array.isArray(access) && access.every((role) => role === 'admin');
};
/** Words of routes that move money; a confirmation names a transaction that the chain has to show. */
const money = /release|refund|payout|resolve|accept-late/;
const isHint = (operation: Operation) => /\/confirm$|webhook$|callback/.test(operation);

describe('house: second factor', () => {
  it('has a decision for every change that only admins may make: stepUp true or false', () => {
    const undecided = changes.filter((operation) => isAdminsOnly(operation) && ruleOf(operation).stepUp === undefined);
    expect(undecided).to.deep.equal([]);
  });

  it('demands a second factor of every route whose name moves money', () => {
    const named = changes.filter((operation) => money.test(operation) && !isHint(operation));
    expect(named.length).to.be.at.least(6);
    expect(named.filter((operation) => ruleOf(operation).stepUp !== true)).to.deep.equal([]);
  });
});
