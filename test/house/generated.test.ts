import { expect } from 'chai';
import { renderAbi } from '../../scripts/exportAbi.ts';
import { withOutcomes } from '../../scripts/faults/proofPage.ts';
import { renderEnvExample } from '../../server/config.ts';
import { renderOpenapi } from '../../server/http/openapi.ts';
import { renderAsyncapi } from '../../server/realtime/asyncapi.ts';
import { scenarios } from '../faults/scenarios/registry.ts';
import { textOf } from './sources.ts';

describe('house: generated files are fresh', () => {
  it('finds .env.example as config.ts would write it (scripts/envExample.ts)', () => {
    expect(textOf('.env.example')).to.equal(renderEnvExample());
  });

  it('finds the ABI and its types as the compiled contract has them (scripts/exportAbi.ts)', () => {
    for (const [name, text] of renderAbi()) expect(textOf(`server/providers/chain/${name}`), name).to.equal(text);
  });

  it('finds a row for every fault scenario in docs/proof.md (npm run faults)', () => {
    const page = textOf('docs/proof.md');
    expect(withOutcomes(page, [], scenarios)).to.equal(page);
  });

  it('finds docs/asyncapi.json as the schemas say (scripts/asyncapi.ts)', () => {
    expect(textOf('docs/asyncapi.json')).to.equal(renderAsyncapi());
  });

  it('finds docs/openapi.json as the schemas say (scripts/openapi.ts)', () => {
    expect(textOf('docs/openapi.json')).to.equal(renderOpenapi());
  });
});
