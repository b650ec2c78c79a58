import { expect } from 'chai';
import request, { type Response } from 'supertest';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const { app } = standIn();
const loadedBy = (page: string) => [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address);
const assets = (page: string) => loadedBy(page).filter((address) => address.startsWith('/docs/'));

/** The body in bytes, which the client would make text of. */
function inBytes(response: Response, done: (error: Error | null, body: Buffer) => void): void {
  const parts: Buffer[] = [];
  const stream = response as unknown as NodeJS.ReadableStream;
  stream.on('data', (part: Buffer) => parts.push(part));
  stream.on('end', () => done(null, Buffer.concat(parts)));
}
const fetched = (path: string, encoding = 'identity') =>
  request(app).get(path).set('Accept-Encoding', encoding).buffer(true).parse(inBytes);

describe('GET /docs', () => {
  let page = '';
  before(async () => {
    page = (await request(app).get('/docs')).text;
  });

  it('loads nothing that is not of this server, and runs nothing that stands in the page', () => {
    expect(loadedBy(page).filter((address) => !/^(?:\/docs\/|\/openapi\.json$|data:,$)/.test(address))).to.deep.equal(
      [],
    );
    expect(assets(page)).to.have.length(3);
    expect(page).to.not.match(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=|https?:/i);
  });

  it('may do no more than run its own scripts, show its own styles and call this server', async () => {
    const answer = await request(app).get('/docs');
    expect(answer.type).to.equal('text/html');
    expect(answer.get('content-security-policy')?.split('; ')).to.deep.equal([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    const elsewhere = (await request(app).get('/livez')).get('content-security-policy');
    expect(elsewhere, 'of every other answer')
      .to.include("default-src 'self'")
      .and.to.not.include("connect-src 'self'");
  });

  it('begins with our document, asks no validator and keeps no token', async () => {
    const starter = assets(page).find((address) => address.endsWith('holdfast-docs.js')) ?? '';
    const text = String((await fetched(starter)).body);
    for (const line of [
      "url: '/openapi.json'",
      'validatorUrl: null',
      'queryConfigEnabled: false',
      'persistAuthorization: false',
    ])
      expect(text).to.include(line);
    expect(text).to.not.match(/https?:|petstore/);
  });
});

describe('GET /docs/:version/:file', () => {
  it('answers each file that the page loads with its type, to be kept for a year since its address has its version', async () => {
    const page = (await request(app).get('/docs')).text;
    for (const address of assets(page)) {
      const answer = await fetched(address);
      expect(answer.status, address).to.equal(200);
      expect(answer.type).to.equal(address.endsWith('.css') ? 'text/css' : 'text/javascript');
      expect(answer.get('cache-control')).to.equal('public, max-age=31536000, immutable');
      expect(answer.get('x-content-type-options')).to.equal('nosniff');
      expect(answer.body.length).to.be.above(100);
      expect(answer.body.includes('sourceMappingURL'), 'a source map').to.equal(false);
    }
  });

  it('sends the same bytes shorter to whoever reads gzip', async () => {
    const page = (await request(app).get('/docs')).text;
    const script = assets(page).find((address) => address.endsWith('-bundle.js')) ?? '';
    const [plain, short] = [await fetched(script), await fetched(script, 'gzip, br')];
    expect(short.get('content-encoding')).to.equal('gzip');
    expect(short.get('vary')).to.include('Accept-Encoding');
    expect(Number(short.get('content-length'))).to.be.below(Number(plain.get('content-length')) / 2);
    // the client has unpacked it
    expect(short.body.equals(plain.body)).to.equal(true);
  });

  it('has no other file, whatever lies beside them or is asked for by a way out', async () => {
    const page = (await request(app).get('/docs')).text;
    const folder = (assets(page)[0] ?? '').replace(/[^/]+$/, '');
    const others = [
      'index.html',
      'swagger-initializer.js',
      'swagger-ui-bundle.js.map',
      'package.json',
      'index.js',
      '__proto__',
    ];
    for (const file of [...others, '..%2fpackage.json', '%2e%2e', 'swagger-ui.css%00'])
      expectProblem(await request(app).get(`${folder}${file}`), 404, 'not_found');
    expectProblem(await request(app).get('/docs/5.0.0/swagger-ui.css'), 404, 'not_found');
  });
});

describe('GET /asyncapi.json', () => {
  it('answers the document of the sockets', async () => {
    const { body } = await request(app).get('/asyncapi.json');
    expect(body.asyncapi).to.equal('3.0.0');
    expect(body.channels).to.include.keys('socket', 'request', 'buyer', 'seller', 'admin', 'marketplace');
  });
});
