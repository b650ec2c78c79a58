import { stripTypeScriptTypes } from 'node:module';
import { expect } from 'chai';
import { filesBelow, textOf } from './sources.ts';

describe('house: how it runs', () => {
  it('has sources that Node runs as they are: types fall away, and no command makes other files of them', () => {
    const sources = filesBelow('server', '.ts');
    expect(sources).to.include('server/index.ts');
    for (const path of sources) expect(() => stripTypeScriptTypes(textOf(path)), path).to.not.throw();
    expect(() => stripTypeScriptTypes('enum Status { open }'), 'what Node cannot run').to.throw();
    expect(JSON.parse(textOf('tsconfig.json')).compilerOptions).to.include({ noEmit: true, erasableSyntaxOnly: true });
    expect(filesBelow('server', '.js')).to.deep.equal([]);
  });

  it('gets every part as a program: nothing of the launcher, the services or the tests asks for a container', () => {
    const started = ['scripts', 'test', 'bench'].flatMap((folder) =>
      ['.mjs', '.ts'].flatMap((ending) => filesBelow(folder, ending)),
    );
    const container = /\b(?:docker|podman|testcontainers|containerd)\b/i;
    const asking = [...started, 'package.json', '.ci/run'].filter((path) => container.test(textOf(path)));
    expect(asking.filter((path) => path !== 'test/house/running.test.ts')).to.deep.equal([]);
  });
});
