import { z } from 'zod';
import { DOCS_FILES, DOCS_PAGE, docsFile } from '../docs-page.js';
import { describeRoutes } from '../openapi.js';
import { Reply, type Route, route } from '../route.js';
import { PAGE_POLICY } from '../security-headers.js';

const tag = 'Documentation';

const pageRoute = route({
  method: 'get',
  path: '/api-docs',
  callers: ['open'],
  hidden: true,
  summary: 'This interface, to be read and tried',
  tag,
  answers: { 200: { description: 'A page', mediaTypes: ['text/html'] } },
  handle: () =>
    new Reply(200, DOCS_PAGE, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': PAGE_POLICY,
    }),
});

const fileRoute = route({
  method: 'get',
  path: '/api-docs/:file',
  callers: ['open'],
  hidden: true,
  summary: 'A file of the page',
  tag,
  params: z.object({ file: z.enum(DOCS_FILES) }),
  answers: { 200: { description: 'A file', mediaTypes: ['text/css', 'text/javascript'] } },
  async handle({ params, header }) {
    const { mediaType, plain, compressed } = await docsFile(params.file);
    const headers = {
      'Content-Type': mediaType,
      'Cache-Control': 'public, max-age=3600',
      Vary: 'Accept-Encoding',
    };
    const isCompressed = /\bgzip\b/.test(header('accept-encoding'));
    return isCompressed
      ? new Reply(200, compressed, { ...headers, 'Content-Encoding': 'gzip' })
      : new Reply(200, plain, headers);
  },
});

/** `/openapi.json` and its page. */
export function createOpenapiRoutes(described: readonly Route[]): Route[] {
  let document: string | null = null;
  const documentRoute: Route = route({
    method: 'get',
    path: '/openapi.json',
    callers: ['open'],
    summary: 'This interface as an OpenAPI 3.1 document',
    tag,
    answers: { 200: { description: 'The document', mediaTypes: ['application/json'] } },
    handle(_, { config }) {
      document ??= JSON.stringify(describeRoutes([...described, documentRoute], config.version));
      return new Reply(200, document, { 'Content-Type': 'application/json; charset=utf-8' });
    },
  });
  return [documentRoute, pageRoute, fileRoute];
}
