import { expect } from 'chai';
import { bearerOf } from '../../scripts/fuzz/callers.ts';
import { asCurl } from '../../scripts/fuzz/send.ts';

describe('a finding of the fuzz as curl', () => {
  it('names the variable of its token and never shows the token', () => {
    const admin = bearerOf('admin', 'a.secret.token');
    const call = { method: 'POST', target: "/x?y='", headers: { 'content-type': 'application/json' }, body: '{}' };
    expect(asCurl('http://127.0.0.1:1', admin.known(call), admin.name)).to.equal(
      `curl -sS -X POST 'http://127.0.0.1:1/x?y='\\''' -H 'content-type: application/json' -H "authorization: Bearer $ADMIN" --data-binary '{}'`,
    );
  });
});
