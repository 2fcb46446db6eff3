import { askApi, detailOf } from './ask-api.js';
import { type Check, type Finding, fail, ok, type Patient, warn } from './check.js';

/** A route for API keys, and one for admin tokens. */
const ASKED = { 'API key': '/timers?limit=1', 'admin token': '/api-keys' } as const;

async function accepted({ api }: Patient, { name, headers }: Patient['api']['credentials'][number]) {
  const path = name in ASKED ? ASKED[name as keyof typeof ASKED] : '/timers?limit=1';
  const answer = await askApi(api.url + path, headers);
  if (answer === null) return 'unknown';
  return answer.status === 401 || answer.status === 403 ? detailOf(answer) : undefined;
}

async function withoutAny({ api, config }: Patient): Promise<Finding> {
  const answer = await askApi(`${api.url}${ASKED['API key']}`);
  if (answer?.status === 200)
    return ok('none set; this machine is let in without, because it is development');
  const mend =
    'Set MAINSPRING_API_KEY to a key: mainspring keys create --org <id> --name <what for> makes one.';
  if (answer) return warn(`none set, and ${detailOf(answer)}`, mend);
  return config.isProduction ? warn('none set', mend) : ok('none set; none is needed on this machine');
}

/** What lets us in, if it does. */
export const credentialCheck: Check = {
  name: 'credentials',
  async look(patient) {
    const { credentials } = patient.api;
    if (credentials.length === 0) return withoutAny(patient);
    const names = credentials.map(({ name }) => name).join(' and ');
    for (const credential of credentials) {
      const refusal = await accepted(patient, credential);
      if (refusal === 'unknown')
        return warn(`${names} set, and nobody there to try it`, 'Start Mainspring first.');
      if (refusal !== undefined) {
        const mend =
          'Make another one: mainspring keys create, mainspring token. It may be of another server.';
        return fail(`the ${credential.name} is refused: ${refusal}`, mend);
      }
    }
    return ok(`${names} accepted`);
  },
};
