import { type RawBuilder, sql } from 'kysely';

/** So often a thing succeeded and failed. */
export interface Outcomes {
  succeeded: number;
  failed: number;
}

const sumOf = (column: 'succeeded' | 'failed') =>
  sql.raw(`least(usage.${column}::bigint + excluded.${column}, ${2 ** 31 - 1})::integer`);

/**
 * Adds what the heartbeats in `held` told of the agents' work to their hours: of tools that an agent is given, and of
 * every variant that it works with. Part of a statement of which `held` is one; each of its agents is locked.
 */
export const usageWrites: RawBuilder<unknown> = sql`
  insert into agent_usage as usage (org_id, agent_id, hour, kind, subject, variant, succeeded, failed)
  select held.org_id, held.id, held.hour, 'tool', tool.name, '', tool.succeeded, tool.failed
  from held, lateral json_to_recordset(held."toolUse")
    as tool (name text, succeeded integer, failed integer)
  where tool.name in (select json_array_elements_text(held.tools))
  union all
  select held.org_id, held.id, held.hour, 'variant', instructions.id, given.variant, held.succeeded, held.failed
  from held
  join instruction_assignments as given on given.agent_id = held.id
  join instructions on instructions.id = given.instruction_id
  where held.succeeded + held.failed > 0
    and instructions.status = 'active'
    and exists (
      select 1 from json_array_elements(instructions.variants) as offered (text)
      where offered.text ->> 'name' = given.variant)
    and (instructions.context is null or instructions.context = held.context)
  on conflict (agent_id, hour, kind, subject, variant) do update
    set succeeded = ${sumOf('succeeded')}, failed = ${sumOf('failed')}`;
