import { expect } from 'chai';
import { renderAbi } from '../../scripts/exportAbi.ts';
import { renderEnvExample } from '../../server/config.ts';
import { renderOpenapi } from '../../server/http/openapi.ts';
import { textOf } from './sources.ts';

describe('house: generated files are fresh', () => {
  it('finds .env.example as config.ts would write it (scripts/envExample.ts)', () => {
    expect(textOf('.env.example')).to.equal(renderEnvExample());
  });

  it('finds the ABI as the compiled contract has it (scripts/exportAbi.ts)', async () => {
    expect(textOf('server/providers/chain/marketplaceEscrowAbi.ts')).to.equal(await renderAbi());
  });

  it('finds docs/openapi.json as the schemas say (scripts/openapi.ts)', () => {
    expect(textOf('docs/openapi.json')).to.equal(renderOpenapi());
  });
});
