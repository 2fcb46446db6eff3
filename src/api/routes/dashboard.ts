import { dashboardFiles } from '../dashboard-files.js';
import { ApiProblem } from '../problem.js';
import { Reply, route } from '../route.js';
import { PAGE_POLICY } from '../security-headers.js';

const tag = 'Documentation';
const NO_BUILD = 'the board was not built here: npm run build makes it';
/** What is in the name of such a file is in the file: it never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';

async function file(path: string, acceptEncoding: string, headers: Record<string, string>) {
  const files = await dashboardFiles();
  const found = files.get(path);
  if (!found) throw new ApiProblem('not_found', files.size === 0 ? NO_BUILD : 'the board has no such file');
  const { mediaType, plain, compressed } = found;
  const all = { 'Content-Type': mediaType, Vary: 'Accept-Encoding', ...headers };
  return /\bgzip\b/.test(acceptEncoding)
    ? new Reply(200, compressed, { ...all, 'Content-Encoding': 'gzip' })
    : new Reply(200, plain, all);
}

const pageRoute = route({
  method: 'get',
  path: '/dashboard',
  callers: ['open'],
  hidden: true,
  summary: 'The board',
  tag,
  answers: { 200: { description: 'A page', mediaTypes: ['text/html'] } },
  handle: ({ header }) =>
    file('index.html', header('accept-encoding'), {
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': PAGE_POLICY,
    }),
});

const fileRoute = route({
  method: 'get',
  path: '/dashboard/assets/:file',
  callers: ['open'],
  hidden: true,
  summary: 'A file of the board',
  tag,
  answers: { 200: { description: 'A file', mediaTypes: ['text/css', 'text/javascript', 'image/svg+xml'] } },
  handle: ({ params, header }) =>
    file(`assets/${params.file}`, header('accept-encoding'), { 'Cache-Control': FOR_EVER }),
});

export const dashboardRoutes = [pageRoute, fileRoute];
