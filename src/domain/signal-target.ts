/** Workflows that are Mainspring's own: to signal one past the API would pass by what a key is limited to. */
const OWN_KINDS = new Set(['timers', 'endpoint', 'agent', 'task', 'mailbox', 'supervisor', 'broker']);

/**
 * Whether an action of an organisation may signal a workflow: `<kind>/<organisation>/…`, and not one of Mainspring's
 * own.
 */
export function isSignalTarget(workflowId: string, orgId: string): boolean {
  const [kind = '', owner] = workflowId.split('/');
  return owner === orgId && !OWN_KINDS.has(kind);
}
