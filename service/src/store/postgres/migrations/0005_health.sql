-- Findings about the detectors themselves: one that failed, fell behind, or reads nothing.
create table foretop.health_findings (
  -- detector, kind and when it began
  id text primary key,
  detector_id uuid not null references foretop.detectors on delete cascade,
  kind text not null check (kind in ('failed', 'behind', 'silent')),
  -- when what is wrong began
  since_ms bigint not null,
  raised_ms bigint not null,
  message text not null,
  recovered_ms bigint
);
create unique index health_findings_open on foretop.health_findings (detector_id, kind) where recovered_ms is null;
create index health_findings_newest on foretop.health_findings (raised_ms desc, id);
