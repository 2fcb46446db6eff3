import { computed, signal } from '@preact/signals';
import { MainspringClient, MainspringError } from '../client/index.js';

/** With what somebody is signed in: a key, and a token where they may also do what is an administrator's. */
export interface Credentials {
  apiKey: string | undefined;
  token: string | undefined;
}

const STORED_AT = 'mainspring.credentials';

/** For this tab only: gone when it is closed. */
function stored(): Credentials | null {
  const text = sessionStorage.getItem(STORED_AT);
  return text === null ? null : (JSON.parse(text) as Credentials);
}

const createClient = (credentials: Credentials) =>
  new MainspringClient({
    baseUrl: window.location.origin,
    retries: 1,
    ...(credentials.apiKey !== undefined && { apiKey: credentials.apiKey }),
    ...(credentials.token !== undefined && { token: credentials.token }),
  });

const credentials = signal<Credentials | null>(stored());

/** Null until somebody has signed in. */
export const client = computed(() => (credentials.value ? createClient(credentials.value) : null));
/** Whether what is an administrator's may be offered. */
export const isAdmin = computed(() => credentials.value?.token !== undefined);

/** Tries credentials and keeps them for this tab; throws the `MainspringError` that says why they are not taken. */
export async function signIn(offered: Credentials): Promise<void> {
  const tried = createClient(offered);
  await tried.getStatus();
  if (offered.token !== undefined) await tried.apiKeys.list();
  sessionStorage.setItem(STORED_AT, JSON.stringify(offered));
  credentials.value = offered;
}

export function signOut(): void {
  sessionStorage.removeItem(STORED_AT);
  credentials.value = null;
}

/** What went wrong, for people; a credential that is no longer taken signs out. */
export function explain(error: unknown): string {
  if (!(error instanceof MainspringError)) return error instanceof Error ? error.message : String(error);
  if (error.status === 401) signOut();
  if (error.code === 'unreachable')
    return 'Mainspring does not answer. Is it running? This tries again by itself.';
  return error.errors.length > 0
    ? error.errors.map(({ path, message }) => `${path} ${message}`).join('; ')
    : error.detail;
}
