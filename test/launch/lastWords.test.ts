import { expect } from 'chai';
import { lastWords } from '../../scripts/launch/child.mjs';

describe('what is kept of a failed fetch', () => {
  it('is the cause in npm, without the noise around it', () => {
    const printed = [
      'npm warn Unknown user config "x"',
      'npm error code ENOTFOUND',
      'npm error syscall getaddrinfo',
      'npm error network request to https://nowhere.invalid/x failed, reason: getaddrinfo ENOTFOUND nowhere.invalid',
      'npm error A complete log of this run can be found in: /home/x/.npm/_logs/y.log',
    ].join('\n');
    expect(lastWords(printed)).to.match(/^network request to .* failed, reason: getaddrinfo ENOTFOUND/);
    expect(lastWords(printed)).to.not.include('complete log');
  });

  it('is the end of the output when no line looks like an error', () => {
    expect(lastWords('one\ntwo\n\nthree\nfour\n')).to.equal('two | three | four');
  });
});
