import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** Starts the page. No question goes to a validator elsewhere, no parameter of the address names another document, and no token is kept. */
const initialiser = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
  queryConfigEnabled: false,
  persistAuthorization: false,
});
`;

/**
 * What the page may do: its own scripts, styles and calls to this server, and nothing else of the world. Swagger UI sets its few styles
 * through the DOM, which needs no 'unsafe-inline', and draws icons from data addresses in its style sheet.
 */
export const docsPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The media types of what the page loads. */
export const docsTypes = ['text/css', 'text/javascript', 'text/plain'] as const;

const script = 'swagger-ui-bundle.js';
const style = 'swagger-ui.css';
const starter = 'holdfast-docs.js';

/** A file of the page, as it is and compressed. */
export interface DocsFile {
  readonly type: (typeof docsTypes)[number];
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

async function keep(type: DocsFile['type'], text: string): Promise<DocsFile> {
  const plain = Buffer.from(text);
  return { type, plain, gzipped: await compress(plain) };
}

/** A file of Swagger UI, without the last line that names a source map: none is served. */
async function vendored(name: string): Promise<string> {
  const text = await readFile(new URL(import.meta.resolve(`swagger-ui-dist/${name}`)), 'utf8');
  return text.replace(/\s*(?:\/\/|\/\*)# sourceMappingURL=\S+\s*(?:\*\/)?\s*$/, '\n');
}

async function readAll() {
  const { version } = JSON.parse(await vendored('package.json')) as { version: string };
  const own = createHash('sha256').update(initialiser).digest('hex').slice(0, 8);
  const files: ReadonlyMap<string, DocsFile> = new Map([
    [style, await keep('text/css', await vendored(style))],
    [script, await keep('text/javascript', await vendored(script))],
    [`${script}.LICENSE.txt`, await keep('text/plain', await vendored(`${script}.LICENSE.txt`))],
    [starter, await keep('text/javascript', initialiser)],
  ]);
  return { version: `${version}-${own}`, files };
}

let read: ReturnType<typeof readAll> | null = null;

/** What the page loads, and the version that names it in its addresses; read once, by the first who asks. */
export function docsFiles(): ReturnType<typeof readAll> {
  read ??= readAll();
  return read;
}

/** The page over /openapi.json; all of its parts come from this server. */
export function renderDocsPage(version: string): string {
  const at = (name: string) => `/docs/${version}/${name}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${at(style)}">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript; <a href="/openapi.json">/openapi.json</a> is the same to read.</noscript>
<script src="${at(script)}"></script>
<script src="${at(starter)}"></script>
</body>
</html>
`;
}
