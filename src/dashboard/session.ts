import { computed, signal } from '@preact/signals';
import { MainspringClient, MainspringError } from '../client/index.js';
import { allowance, notingFetch } from './wire.js';

/** With what somebody is signed in: a key, and a token where they may also do what is an administrator's. */
export interface Credentials {
  apiKey: string | undefined;
  token: string | undefined;
}

interface Session extends Credentials {
  /** The key is limited to some tenants: what is of the whole organisation is not for it. */
  isLimited: boolean;
}

const STORED_AT = 'mainspring.credentials';
/** What a server in development takes callers of its own machine for. */
const DEVELOPMENT_KEY = 'mnt_demo_key_pro';

/** For this tab only: gone when it is closed. */
function stored(): Session | null {
  const text = sessionStorage.getItem(STORED_AT);
  return text === null ? null : (JSON.parse(text) as Session);
}

/** Reads are repeated by those who show them, so that they can say what is wrong meanwhile. */
const createClient = ({ apiKey, token }: Credentials) =>
  new MainspringClient({
    baseUrl: window.location.origin,
    retries: 0,
    fetch: notingFetch,
    ...(apiKey !== undefined && { apiKey }),
    ...(token !== undefined && { token }),
  });

const session = signal<Session | null>(stored());
/** Why somebody who was signed in has to do so again. */
export const signedOutBecause = signal<string | undefined>(undefined);

/** Null until somebody has signed in. */
export const client = computed(() => (session.value ? createClient(session.value) : null));
/** Whether what is an administrator's may be offered. */
export const isAdmin = computed(() => session.value?.token !== undefined);
/** Whether the key is limited to some tenants. */
export const isLimited = computed(() => session.value?.isLimited ?? false);

/** Whether this server takes callers without a key, as one in development does on its own machine. */
export async function isKeyNeeded(): Promise<boolean> {
  return createClient({ apiKey: undefined, token: undefined })
    .getStatus()
    .then(
      () => false,
      () => true,
    );
}

/** Whether a key that is taken is limited to tenants; throws where it is not taken. */
async function isKeyLimited(tried: MainspringClient): Promise<boolean> {
  try {
    await tried.getStatus();
    return false;
  } catch (error) {
    if (!(error instanceof MainspringError) || error.code !== 'forbidden') throw error;
    for await (const _ of tried.timers.list({ limit: 1 }).pages()) break;
    return true;
  }
}

/** Tries credentials and keeps them for this tab; throws the `MainspringError` that says why they are not taken. */
export async function signIn({ apiKey: given, token }: Credentials): Promise<void> {
  const apiKey = given ?? (token === undefined ? undefined : DEVELOPMENT_KEY);
  const isLimitedKey = await isKeyLimited(createClient({ apiKey, token: undefined }));
  if (token !== undefined) await createClient({ apiKey, token }).apiKeys.list();
  const opened = { apiKey, token, isLimited: isLimitedKey };
  sessionStorage.setItem(STORED_AT, JSON.stringify(opened));
  signedOutBecause.value = undefined;
  session.value = opened;
}

export function signOut(): void {
  sessionStorage.removeItem(STORED_AT);
  allowance.value = null;
  session.value = null;
}

const NO_ANSWER = 'Mainspring does not answer. Is it running? This tries again by itself.';
const NOT_TAKEN = 'The key or token that you were signed in with is not valid any more.';

/** What went wrong, for people. */
export function explain(error: unknown): string {
  if (!(error instanceof MainspringError)) return error instanceof Error ? error.message : String(error);
  if (error.code === 'unreachable') return NO_ANSWER;
  if (error.errors.length === 0) return error.detail;
  return error.errors.map(({ path, message }) => `${path} ${message}`.trim()).join('; ');
}

/** Signs out where an answer says that the credentials no longer count. */
export function heed(error: unknown): void {
  if (!(error instanceof MainspringError) || error.status !== 401) return;
  signedOutBecause.value = NOT_TAKEN;
  signOut();
}
