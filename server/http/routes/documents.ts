import type { RequestHandler, Router } from 'express';
import { AppError } from '../../errors.ts';
import { splitOperation } from '../endpoint.ts';
import { asyncapiFile, docsFile, docsPage, openapiFile } from '../endpoints/documents.ts';
import { exactRouter } from '../exactRouter.ts';
import { renderOpenapi } from '../openapi.ts';
import { docsFiles, docsPolicy, renderDocsPage } from '../pages/docsPage.ts';

/** A year, the longest that caches are asked to keep anything. */
const keepSeconds = 31_536_000;

/** A text that is made when it is first asked for, and kept as bytes: a text would be copied for everybody who does not read it. */
function madeOnce(render: () => string): () => Buffer {
  let bytes: Buffer | null = null;
  return () => {
    bytes ??= Buffer.from(render());
    return bytes;
  };
}

/** One for every app of the process: it takes long to make. */
const openapiText = madeOnce(renderOpenapi);

/** The document of the API and the page over it with what that loads, and the document of the sockets. */
export function documentRoutes(limited: RequestHandler, renderAsyncapi: () => string): Router {
  const router = exactRouter();
  const asyncapiText = madeOnce(renderAsyncapi);

  router.get(splitOperation(openapiFile.operation).path, limited, (_request, response) => {
    response.type('application/json').send(openapiText());
  });

  router.get(splitOperation(asyncapiFile.operation).path, limited, (_request, response) => {
    response.type('application/json').send(asyncapiText());
  });

  router.get(splitOperation(docsPage.operation).path, limited, async (_request, response) => {
    const { version } = await docsFiles();
    response.setHeader('Content-Security-Policy', docsPolicy);
    response.setHeader('Cache-Control', 'no-cache');
    response.type('text/html').send(renderDocsPage(version));
  });

  router.get(splitOperation(docsFile.operation).path, limited, async (request, response) => {
    const { version, files } = await docsFiles();
    const named = docsFile.params.safeParse(request.params);
    const file = named.success && named.data.version === version ? files.get(named.data.file) : undefined;
    if (file === undefined)
      throw new AppError('not_found', 'The page of the API loads no such file; /docs is the page.');
    response.setHeader('Cache-Control', `public, max-age=${keepSeconds}, immutable`);
    response.vary('Accept-Encoding');
    const short = request.acceptsEncodings('gzip') === 'gzip';
    if (short) response.setHeader('Content-Encoding', 'gzip');
    response.type(file.type).send(short ? file.gzipped : file.plain);
  });

  return router;
}
