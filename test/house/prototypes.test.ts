import { expect } from 'chai';
import { mochaHooks, strangeKeys } from '../support/rootHooks.ts';
import { textOf } from './sources.ts';

const flag = '--disable-proto=delete';

describe('house: prototypes', () => {
  it('fails a run that ends with a key that every object has', () => {
    expect(strangeKeys()).to.deep.equal([]);
    Object.defineProperty(Object.prototype, 'polluted', { value: 'yes', configurable: true });
    try {
      expect(strangeKeys()).to.deep.equal(['polluted']);
      expect(() => mochaHooks.afterAll()).to.throw('polluted');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted');
    }
    expect(JSON.parse(textOf('.mocharc.json')).require).to.equal('test/support/rootHooks.ts');
  });

  it('starts the server, and what works beside it on its data, without `__proto__`', () => {
    const launcher = textOf('scripts/launch/commands.mjs');
    const flags = /const SERVER_FLAGS = \[\.\.\.NODE_FLAGS, '([^']+)'\];/.exec(launcher)?.[1];
    expect(flags).to.equal(flag);
    const starts = [
      ...launcher.matchAll(/\[\.\.\.(\w+_FLAGS)[^\]]*(?:'server\/index\.ts'|'--max-old-space-size=96')/g),
    ];
    expect(starts.map(([, name]) => name)).to.deep.equal(['SERVER_FLAGS', 'SERVER_FLAGS']);
    expect(textOf('scripts/sandbox/server.ts').replace(/\s+/g, ' ')).to.include('...process.execArgv, WITHOUT_PROTO,');
    expect(textOf('scripts/sandbox/server.ts')).to.include(`const WITHOUT_PROTO = '${flag}';`);
  });
});
