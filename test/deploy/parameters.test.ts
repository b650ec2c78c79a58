import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readParameters } from '../../scripts/deploy/parameters.ts';
import { freshAddress, freshParameters, parametersOf, refusalOf } from './deployWorld.ts';

const EXAMPLE = fileURLToPath(new URL('../../scripts/deploy/parameters.example.json', import.meta.url));

describe('parameters of an escrow', () => {
  it('takes the bounds themselves', () => {
    const signers = Array.from({ length: 8 }, freshAddress);
    const low = freshParameters({ signers: signers.slice(0, 1), threshold: 1, feeCapBps: 0, disputeTimeoutDays: 21 });
    const high = freshParameters({ signers, threshold: 8, feeCapBps: 1_000, disputeTimeoutDays: 366 });
    expect(parametersOf(low).disputeTimeoutSeconds).to.equal(21 * 86_400);
    expect(parametersOf(high)).to.include({ threshold: 8, feeCapBps: 1_000, disputeTimeoutSeconds: 366 * 86_400 });
  });

  const one = freshAddress();
  const refused: readonly [string, Record<string, unknown>, string][] = [
    ['no signer', { signers: [] }, 'signers: needs 1 to 8 addresses'],
    ['nine signers', { signers: Array.from({ length: 9 }, freshAddress) }, 'signers: needs 1 to 8 addresses'],
    ['a threshold of 0', { threshold: 0 }, 'threshold: must be a whole number from 1 to 8'],
    ['a threshold above the signers', { threshold: 4 }, 'threshold: must be at most the number of signers, 3'],
    ['a fee cap above 1,000', { feeCapBps: 1_001 }, 'feeCapBps: must be a whole number from 0 to 1000 bps'],
    ['a timeout of 20 days', { disputeTimeoutDays: 20 }, 'disputeTimeoutDays: must be a whole number from 21 to 366'],
    ['a timeout of 367 days', { disputeTimeoutDays: 367 }, 'disputeTimeoutDays: must be a whole number from 21 to 366'],
    ['a treasury that is the guardian', { guardian: one, treasury: one.toLowerCase() }, 'must all differ'],
    ['a signer twice', { signers: [one, one], threshold: 1 }, `${one.toLowerCase()} is twice`],
    ['the zero address', { guardian: `0x${'0'.repeat(40)}` }, 'guardian: is zero or a placeholder'],
    ['a wrong checksum', { treasury: '0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed' }, 'treasury: is no address'],
    ['a word it does not know', { deployerKey: '0x01' }, 'Unrecognized key: "deployerKey"'],
  ];
  for (const [what, overrides, words] of refused) {
    it(`refuses ${what}`, async () => {
      expect(await refusalOf(() => parametersOf(freshParameters(overrides)))).to.include(words);
    });
  }

  it('names every missing one at once', async () => {
    const screen = await refusalOf(() => readParameters(undefined, {}));
    for (const name of ['signers', 'threshold', 'guardian', 'treasury', 'feeCapBps', 'disputeTimeoutDays']) {
      expect(screen).to.match(new RegExp(`^${name}: `, 'm'));
    }
  });

  it('refuses the example as it is, whose addresses are nobody’s, and takes it with all of them given', async () => {
    const screen = await refusalOf(() => readParameters(EXAMPLE, {}));
    expect(screen.match(/is zero or a placeholder/g)).to.have.length(5);
    const [first, second, guardian, treasury] = Array.from({ length: 4 }, freshAddress);
    const parameters = readParameters(EXAMPLE, {
      ESCROW_SIGNERS: ` ${first}, ${second}`,
      ESCROW_GUARDIAN: guardian,
      ESCROW_TREASURY: treasury,
      ESCROW_FEE_CAP_BPS: '300',
    });
    const { threshold } = JSON.parse(readFileSync(EXAMPLE, 'utf8'));
    const seconds = 45 * 86_400;
    const expected = { signers: [first, second], threshold, guardian, treasury, feeCapBps: 300 };
    expect(parameters).to.deep.equal({ ...expected, disputeTimeoutSeconds: seconds });
  });

  it('refuses a variable that is no number, and a file that is no JSON', async () => {
    const environment = { ESCROW_THRESHOLD: 'two' };
    expect(await refusalOf(() => readParameters(EXAMPLE, environment))).to.include('threshold: must be a whole number');
    const broken = fileURLToPath(import.meta.url);
    expect(await refusalOf(() => readParameters(broken, {}))).to.include('the parameters cannot be read');
  });
});
