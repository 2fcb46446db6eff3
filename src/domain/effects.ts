import type { Action, ActionBundle, Effect } from '../schemas/action.js';

/** A bundle with every effect in it changed, in escalations and in timers that it starts as well. */
export function mapEffects<B extends Pick<ActionBundle, 'actions'>>(
  bundle: B,
  change: <E extends Effect>(effect: E) => E,
): B {
  const ofAction = (action: Action): Action => {
    const { escalation: given } = action;
    const escalation = given && { ...given, action: change(given.action) };
    const more = escalation ? { escalation } : {};
    if (action.type !== 'timer') return { ...change(action), ...more };
    const { actionBundle } = action;
    return {
      ...action,
      ...(actionBundle ? { actionBundle: mapEffects(actionBundle, change) } : {}),
      ...more,
    };
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
