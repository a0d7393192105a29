-- What was known when, exactly. Everything a commit makes known carries one instant that is later than any instant that
-- somebody has asked about before: an answer "as of T" never changes afterwards, whatever the clocks say.
alter table foretop.detectors
  -- when the newest commit became known; never goes back
  add column known_ms bigint not null default 0,
  -- the latest instant that was asked about
  add column asked_ms bigint not null default 0;

update foretop.detectors d
set known_ms = greatest(
  coalesce((select max(known_at_ms) from foretop.intervals i where i.detector_id = d.id), 0),
  coalesce((select max(known_at_ms) from foretop.histories h where h.detector_id = d.id), 0),
  coalesce((select max(r.known_at_ms) from foretop.group_revisions r join foretop.groups g on g.id = r.group_id where g.detector_id = d.id), 0));

-- A detector that learns anew closes its groups without a revision: then.
alter table foretop.groups add column closed_ms bigint;

-- The figures by which groups are listed, of each revision.
alter table foretop.group_revisions
  add column status text check (status in ('open', 'closed', 'retracted', 'merged')),
  add column severity double precision,
  add column start_ms bigint,
  add column last_ms bigint,
  add column end_ms bigint;

do $$
declare
  old record;
  told json;
begin
  for old in
    select r.group_id, r.revision, r.body, g.status, g.severity, g.start_ms, g.last_ms, g.end_ms
    from foretop.group_revisions r join foretop.groups g on g.id = r.group_id
  loop
    begin
      told := old.body -> 'group';
      update foretop.group_revisions
      set status = told ->> 'status',
          severity = (told ->> 'severity')::double precision,
          start_ms = (told ->> 'startMs')::bigint,
          last_ms = (told ->> 'lastMs')::bigint,
          end_ms = (told ->> 'lastMs')::bigint + (old.end_ms - old.last_ms)
      where group_id = old.group_id and revision = old.revision;
    exception when untranslatable_character then
      -- PostgreSQL can't look into JSON that holds \u0000: the group's figures of today stand in.
      update foretop.group_revisions
      set status = old.status, severity = old.severity, start_ms = old.start_ms, last_ms = old.last_ms, end_ms = old.end_ms
      where group_id = old.group_id and revision = old.revision;
    end;
  end loop;
end $$;

alter table foretop.group_revisions
  alter column status set not null,
  alter column severity set not null,
  alter column start_ms set not null,
  alter column last_ms set not null,
  alter column end_ms set not null;

-- How a message fared: a row when it is made, and one for each try and each "send again".
create table foretop.delivery_events (
  number bigint generated always as identity primary key,
  key text not null references foretop.deliveries on delete cascade,
  at_ms bigint not null,
  status text not null check (status in ('pending', 'sent', 'failed', 'muted')),
  attempts integer not null,
  next_try_ms bigint not null,
  last_detail text,
  sent_ms bigint
);
create index delivery_events_by_key on foretop.delivery_events (key, number desc);

insert into foretop.delivery_events (key, at_ms, status, attempts, next_try_ms, last_detail, sent_ms)
select key, created_ms, case status when 'muted' then 'muted' else 'pending' end, 0, created_ms, null, null from foretop.deliveries order by created_ms, key;
insert into foretop.delivery_events (key, at_ms, status, attempts, next_try_ms, last_detail, sent_ms)
select key, greatest(created_ms, coalesce(sent_ms, next_try_ms)), status, attempts, next_try_ms, last_detail, sent_ms
from foretop.deliveries where attempts > 0 or status in ('sent', 'failed') order by created_ms, key;
