import { clientFiles } from '../client-files.js';
import { ApiProblem } from '../problem.js';
import { Reply, route } from '../route.js';

const tag = 'Documentation';
const answers = {
  200: { description: 'A file', mediaTypes: ['text/javascript', 'text/plain'] },
};
const NO_BUILD = 'the client was not built here: npm run build makes it';

async function module(name: string): Promise<Reply<Buffer>> {
  const files = await clientFiles();
  const file = files.get(name);
  if (!file) throw new ApiProblem('not_found', files.size === 0 ? NO_BUILD : 'the client has no such file');
  return new Reply(200, file, { 'Content-Type': 'text/javascript; charset=utf-8' });
}

const listRoute = route({
  method: 'get',
  path: '/client/files.txt',
  callers: ['open'],
  hidden: true,
  summary: "The client's modules, one a line",
  tag,
  answers,
  async handle() {
    const files = await clientFiles();
    if (files.size === 0) throw new ApiProblem('not_found', NO_BUILD);
    const lines = [...files.keys()].map((name) => `${name}\n`).join('');
    return new Reply(200, lines, { 'Content-Type': 'text/plain; charset=utf-8' });
  },
});

const fileRoute = route({
  method: 'get',
  path: '/client/:file',
  callers: ['open'],
  hidden: true,
  summary: "A module of the client, as an agent's installation loads it",
  tag,
  answers,
  handle: ({ params: { file } }) => module(file),
});

const innerFileRoute = route({
  method: 'get',
  path: '/client/:folder/:file',
  callers: ['open'],
  hidden: true,
  summary: 'A module of a part of the client',
  tag,
  answers,
  handle: ({ params: { folder, file } }) => module(`${folder}/${file}`),
});

export const clientFileRoutes = [listRoute, fileRoute, innerFileRoute];
