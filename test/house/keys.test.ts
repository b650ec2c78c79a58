import { expect } from 'chai';
import { settings } from '../../server/config.ts';
import { filesBelow, textOf } from './sources.ts';

/** What makes a key of a chain, signs with it or sends what was signed. */
const signing =
  /\b(?:Wallet|HDNodeWallet|BaseWallet|SigningKey|NonceManager|JsonRpcSigner|Mnemonic)\b|\.(?:getSigner|signTransaction|signTypedData|signMessage|sendTransaction|broadcastTransaction)\(|eth_(?:sign|send)/;

describe('house: keys', () => {
  it('lets nothing of the server make a key of a chain, sign with one or send what was signed, but the simulator', () => {
    const product = filesBelow('server', '.ts').filter(
      (path) => !path.startsWith('server/providers/shkeeper/simulator/'),
    );
    expect(product.filter((path) => signing.test(textOf(path)))).to.deep.equal([]);
    const simulator = textOf('server/providers/shkeeper/simulator/chain.ts');
    expect(signing.test(simulator), 'the wallet of the simulator, which the rule has to see').to.equal(true);
  });

  it('takes no key of a chain by a setting', () => {
    const keys = Object.keys(settings).filter((name) => /KEY|MNEMONIC|SEED|WALLET/.test(name));
    const known = [
      'JWT_PUBLIC_KEY',
      'ENCRYPTION_KEYS',
      'TRAIL_SIGNING_KEY',
      'SHKEEPER_API_KEY',
      'PAYOUT_KEY_DESTINATIONS',
    ];
    expect(keys).to.deep.equal(known);
  });
});
