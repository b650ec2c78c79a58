import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const child = fileURLToPath(new URL('../../scripts/launch/child.mjs', import.meta.url));

/** The last line a person reads of a fetch that runs this program. */
function lastLine(program: string, options = ''): string {
  const fetch = `{ label: 'part', command: process.execPath, args: ['-e', '${program}'], cwd: '.', ${options} }`;
  const script = `import { runFetch } from ${JSON.stringify(child)}; await runFetch(${fetch}).catch(() => {});`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return stderr.trim().split('\n').at(-1) ?? '';
}

describe('the last line of a fetch', () => {
  it('says that it is done', () => {
    expect(lastLine('')).to.match(/^holdfast: part … \d+ s, done$/);
  });

  it('says that it is done also when it says how far it came', () => {
    const measure = "measure: () => ({ progress: 2, detail: '2 of 3 packages' })";
    expect(lastLine('', measure)).to.match(/^holdfast: part … \d+ s, done \(2 of 3 packages\)$/);
  });

  it('says that it failed', () => {
    expect(lastLine('process.exit(3)')).to.match(/^holdfast: part … \d+ s, failed$/);
  });
});
