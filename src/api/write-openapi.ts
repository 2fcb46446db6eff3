import { writeFile } from 'node:fs/promises';
import { readConfig } from '../config.js';
import { describeRoutes } from './openapi.js';
import { routes } from './routes.js';

/** Writes docs/openapi.json, which a test compares with the routes. */
const { version } = readConfig({});
const target = new URL('../../docs/openapi.json', import.meta.url);
await writeFile(target, `${JSON.stringify(describeRoutes(routes, version), null, 2)}\n`);
