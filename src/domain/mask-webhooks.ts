import type { Action, ActionBundle, Effect } from '../schemas/action.js';

type Webhook = Extract<Effect, { type: 'webhook' }>;

/** Whole names, and words within names: `X-Amz-Signature`, `client_secret`, `apiKey`. */
const SECRET_NAME = /^(?:sig|sas|auth|key|code|pass|pwd|jwt|hmac)$/i;
const SECRET_WORD = /token|secret|signature|passw|credential|authorization|api[-_]?key|access[-_]?key/i;

/** Whether the value of a query parameter lets its holder in. */
export const isSecretParameter = (name: string): boolean => SECRET_NAME.test(name) || SECRET_WORD.test(name);

export const MASK = '***';

/** Whether a URL carries credentials, or a parameter that is one. */
export function hasSecrets(text: string): boolean {
  if (!/[@?]/.test(text)) return false;
  const url = new URL(text);
  return url.username !== '' || url.password !== '' || [...url.searchParams.keys()].some(isSecretParameter);
}

/** The URL as people may read it. */
export function maskUrl(text: string): string {
  if (!hasSecrets(text)) return text;
  const url = new URL(text);
  if (url.username !== '') url.username = MASK;
  if (url.password !== '') url.password = MASK;
  for (const name of url.searchParams.keys()) if (isSecretParameter(name)) url.searchParams.set(name, MASK);
  return url.href;
}

export const maskHeaders = (headers: Record<string, string>) => mapValues(headers, () => MASK);

export const mapValues = (record: Record<string, string>, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

/** A bundle with every webhook in it changed, in escalations and in timers that it starts as well. */
export function mapWebhooks<B extends Pick<ActionBundle, 'actions'>>(
  bundle: B,
  change: (webhook: Webhook) => Webhook,
): B {
  const ofEffect = <E extends Effect | Action>(action: E): E => {
    const changed = action.type === 'webhook' ? { ...action, ...change(action) } : action;
    if (changed.type === 'timer' && changed.actionBundle) {
      return { ...changed, actionBundle: mapWebhooks(changed.actionBundle, change) };
    }
    return changed;
  };
  const ofAction = (action: Action): Action => {
    const changed = ofEffect(action);
    const { escalation } = changed;
    return escalation
      ? { ...changed, escalation: { ...escalation, action: ofEffect(escalation.action) } }
      : changed;
  };
  return { ...bundle, actions: bundle.actions.map(ofAction) };
}

/** Every effect of a bundle with its path in the request; `path` is that of the list of actions. */
export function effectsOf(
  bundle: Pick<ActionBundle, 'actions'>,
  path = 'actionBundle.actions',
): { path: string; effect: Effect }[] {
  return bundle.actions.flatMap((action, index) => {
    const at = `${path}.${index}`;
    const escalated = action.escalation
      ? [{ path: `${at}.escalation.action`, effect: action.escalation.action }]
      : [];
    if (action.type !== 'timer') return [{ path: at, effect: action }, ...escalated];
    return [
      ...(action.actionBundle ? effectsOf(action.actionBundle, `${at}.actionBundle.actions`) : []),
      ...escalated,
    ];
  });
}
