import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { docsTypes } from '../pages/docsPage.ts';

export const openapiFile = endpoint({
  operation: 'GET /openapi.json',
  summary: 'This document',
  answer: z.looseObject({ openapi: z.string() }),
});

export const docsPage = endpoint({
  operation: 'GET /docs',
  summary: 'This document as a page, from which calls can be tried (HTML)',
  description:
    'Everything it loads comes from this server. A token is entered under "Authorize" and forgotten with the page.',
  types: ['text/html'],
  answer: z.string(),
});

export const docsFile = endpoint({
  operation: 'GET /docs/:version/:file',
  summary: 'What the page loads: a script, a style sheet, a licence',
  description: 'Addresses carry a version, so what is behind one never changes and may be kept for a year.',
  params: z.strictObject({
    version: z.string().regex(/^[0-9a-z.-]{1,40}$/),
    file: z.string().regex(/^[A-Za-z.-]{1,64}$/),
  }),
  types: docsTypes,
  answer: z.string(),
});

export const asyncapiFile = endpoint({
  operation: 'GET /asyncapi.json',
  summary: 'The events of the sockets, as an AsyncAPI document',
  answer: z.looseObject({ asyncapi: z.string() }),
});
