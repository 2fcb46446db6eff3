import { type RawBuilder, sql } from 'kysely';

/** Who asks: an organisation, and the tenants that its key is limited to (null: all; an empty list: none). */
export interface Scope {
  orgId: string;
  tenants: readonly string[] | null;
}

/** Whether a scope sees rows of the tenant in a column. */
export function seesTenant({ tenants }: Scope, column = 'tenant_id'): RawBuilder<boolean> {
  if (tenants === null) return sql`true`;
  if (tenants.length === 0) return sql`false`;
  return sql`${sql.ref(column)} in (${sql.join([...tenants])})`;
}

/** Whether a scope sees deliveries of the timer in a column: a key that is limited to tenants only those of their timers. */
export function seesDelivery(scope: Scope, column: string): RawBuilder<boolean> {
  if (scope.tenants === null) return sql`true`;
  return sql`exists (select 1 from timers t where t.org_id = ${scope.orgId} and t.id = ${sql.ref(column)}
    and ${seesTenant(scope, 't.tenant_id')})`;
}
