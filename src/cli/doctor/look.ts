import { completeOptions, fromEnvironment } from '../../client/options.js';
import { type Config, ConfigError, readConfig } from '../../config.js';
import { urlOf } from '../../http/listen.js';
import { apiCheck } from './api.js';
import type { Api, Check, Finding, Patient } from './check.js';
import { fail, ok } from './check.js';
import { clockCheck } from './clock.js';
import { credentialCheck } from './credentials.js';
import { databaseCheck } from './database.js';
import { nodeCheck } from './node.js';
import { secretCheck } from './secrets.js';
import { temporalCheck } from './temporal.js';

export type Checked = Finding & { name: string };

export interface DoctorOptions {
  url?: string;
  key?: string;
  token?: string;
}

const CHECKS = [apiCheck, credentialCheck, secretCheck, databaseCheck, temporalCheck, clockCheck];

function apiOf(config: Config, { url, key, token }: DoctorOptions): Api {
  const named = url ?? fromEnvironment('MAINSPRING_BASE_URL', 'MINOOTS_BASE_URL');
  const settings = completeOptions({ baseUrl: named ?? urlOf(config.host, config.PORT), apiKey: key, token });
  return {
    url: settings.baseUrl,
    isNamed: named !== undefined,
    credentials: [
      ...(settings.apiKey === undefined
        ? []
        : [{ name: 'API key', headers: { 'x-api-key': settings.apiKey } }]),
      ...(settings.token === undefined
        ? []
        : [{ name: 'admin token', headers: { authorization: `Bearer ${settings.token}` } }]),
    ],
  };
}

/** What a check did not expect is a finding as well. */
async function run({ name, look }: Check, patient: Patient): Promise<Checked> {
  try {
    return { name, ...(await look(patient)) };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { name, ...fail(found, 'This was not foreseen: docs/troubleshooting.md may know it.') };
  }
}

/** Looks at all that Mainspring needs, one after the other. */
export async function* lookAround(options: DoctorOptions): AsyncGenerator<Checked> {
  // It needs no settings, and what comes next needs it.
  yield { name: nodeCheck.name, ...nodeCheck.look() };
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    yield {
      name: 'settings',
      ...fail(error.message, 'Correct them in .env or the environment; .env.example lists all.'),
    };
    return;
  }
  yield { name: 'settings', ...ok(`${config.isProduction ? 'production' : config.NODE_ENV}, all valid`) };
  const patient = { config, api: apiOf(config, options) };
  for (const check of CHECKS) yield run(check, patient);
}
