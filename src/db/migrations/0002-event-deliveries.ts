import { type Kysely, sql } from 'kysely';

/**
 * Whatever appends events, in whatever statement, tells who reads along, and makes a delivery for each subscription
 * that matches, in the same transaction. An event about a subscription's own delivery goes to no subscription: it would make the next one,
 * for ever.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create function event_matches(type text, data json, patterns json) returns boolean language sql stable as $$
    select case when starts_with(type, 'delivery.') then data->>'subscriptionId' is null else true end
      and exists (
        select from json_array_elements_text(patterns) as pattern
        where pattern in ('*', type) or (right(pattern, 2) = '.*' and starts_with(type, left(pattern, -1)))
      )
  $$`,
  `create function event_body(id text, type text, subject text, data json, at timestamptz) returns text
  language sql stable as $$
    select '{"id":' || to_json(id) || ',"type":' || to_json(type) || ',"subject":' || to_json(subject)
      || ',"data":' || data::text
      || ',"at":"' || to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"}'
  $$`,
  `create function deliver_events() returns trigger language plpgsql as $$
  declare made record;
  begin
    perform pg_notify('mainspring_events', org_id) from (select distinct org_id from appended) as org;
    if not exists (select from subscriptions) then return null; end if;
    for made in
      with inserted as (
        insert into deliveries
          (org_id, id, subscription_id, channel, receiver, request, body, policy, status, next_attempt_at)
        select s.org_id, s.id || '.' || e.tx || '-' || e.id, s.id, 'webhook', s.receiver,
          json_build_object('method', 'POST', 'url', s.url),
          event_body(e.tx || '-' || e.id, e.type, e.subject, e.data, e.at), '{}', 'pending',
          date_trunc('milliseconds', now())
        from appended e join subscriptions s on s.org_id = e.org_id
        where event_matches(e.type, e.data, s.types)
        returning org_id, receiver
      )
      select distinct org_id, receiver from inserted
    loop
      perform pg_notify(
        'mainspring_deliveries', json_build_object('orgId', made.org_id, 'receiver', made.receiver)::text);
    end loop;
    return null;
  end
  $$`,
  `create trigger events_delivered after insert on events
    referencing new table as appended for each statement execute function deliver_events()`,
];
