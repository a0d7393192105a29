-- Foretop's state. Instants are epoch milliseconds (bigint). Texts that come from users' data are kept in columns of
-- type json or behind a hash: json keeps them as written, jsonb refuses \u0000 and lone surrogates, and an index on a
-- text ends at 2,700 bytes.

create table foretop.detector_names (
  name text primary key,
  -- how many detectors of this name there have been: the id of the next one derives from it
  created_count integer not null
);

create table foretop.detectors (
  id uuid primary key,
  name text not null unique,
  generation integer not null,
  config json not null,
  config_hash text not null,
  status text not null check (status in ('INACTIVE', 'ACTIVATING', 'LEARNING', 'ACTIVE', 'DEACTIVATING', 'FAILED', 'DELETING')),
  failure_reason text,
  muted boolean not null default false,
  created_ms bigint not null,
  modified_ms bigint not null,
  -- the fence: every commit names the head it was computed from
  head_ms bigint,
  -- counts corrections of past intervals: what was learned before one may not be committed on top of it
  lineage integer not null default 0,
  live_from_ms bigint
);

-- The same statement runs every interval: kept once.
create table foretop.statements (
  hash bytea primary key,
  statement text not null
);

create table foretop.attempts (
  id text primary key,
  detector_id uuid not null references foretop.detectors on delete cascade,
  generation integer not null,
  purpose text not null check (purpose in ('history', 'live', 'rerun', 'late', 'backtest')),
  start_ms bigint not null,
  end_ms bigint not null,
  attempt integer not null,
  statement_hash bytea not null references foretop.statements,
  parameters json not null,
  query_hash text not null,
  statement_id text,
  outcome text not null check (outcome in ('running', 'succeeded', 'failed', 'cancelled', 'abandoned', 'incomplete')),
  error_code text,
  error text,
  transient boolean,
  rows bigint not null,
  bytes bigint not null,
  max_timestamp_ms bigint,
  started_ms bigint not null,
  ended_ms bigint,
  unique (detector_id, generation, start_ms, end_ms, attempt)
);
create index attempts_by_start on foretop.attempts (detector_id, start_ms desc, attempt desc);

create table foretop.series (
  detector_id uuid not null references foretop.detectors on delete cascade,
  generation integer not null,
  number integer not null check (number >= 0),
  -- the key as the engine writes it; holds measure and dimensions
  key_text text not null,
  key_hash bytea not null,
  is_leaf boolean not null,
  first_seen_ms bigint not null,
  primary key (detector_id, generation, number),
  unique (detector_id, generation, key_hash)
);

-- The manifest: a file that no row names does not exist.
create table foretop.segments (
  id text primary key,
  detector_id uuid not null references foretop.detectors on delete cascade,
  generation integer not null,
  kind text not null check (kind in ('points', 'checkpoint')),
  -- history: in effect for all of its intervals that have no record of their own
  is_history boolean not null default false,
  start_ms bigint not null,
  end_ms bigint not null,
  path text not null unique,
  bytes bigint not null,
  rows bigint not null,
  sha256 text not null,
  known_at_ms bigint not null
);
create index segments_by_start on foretop.segments (detector_id, generation, kind, start_ms);

create table foretop.intervals (
  detector_id uuid not null references foretop.detectors on delete cascade,
  generation integer not null,
  start_ms bigint not null,
  end_ms bigint not null,
  version integer not null check (version > 0),
  status text not null check (status in ('COMPLETED', 'FAILED')),
  message text,
  attempt_id text,
  rows json,
  series_count integer not null,
  anomaly_count integer not null,
  held_back_count integer not null,
  segment_id text references foretop.segments deferrable initially deferred,
  quality json,
  known_at_ms bigint not null,
  primary key (detector_id, generation, start_ms, version)
);
create index intervals_by_segment on foretop.intervals (segment_id) where segment_id is not null;

create table foretop.histories (
  detector_id uuid not null references foretop.detectors on delete cascade,
  generation integer not null,
  head_ms bigint not null,
  quality json not null,
  known_at_ms bigint not null,
  primary key (detector_id, generation)
);

-- One row a group, as it stands; every revision beside it, never changed.
create table foretop.groups (
  id uuid primary key,
  detector_id uuid not null references foretop.detectors on delete cascade,
  generation integer not null,
  revision integer not null,
  measure text not null,
  status text not null check (status in ('open', 'closed', 'retracted', 'merged')),
  severity double precision not null,
  start_ms bigint not null,
  last_ms bigint not null,
  -- end of the last anomalous interval
  end_ms bigint not null,
  quiet_intervals integer not null
);
create index groups_newest on foretop.groups (start_ms desc, severity desc, id);
create index groups_of_detector on foretop.groups (detector_id, start_ms desc, severity desc, id);
create index groups_open on foretop.groups (detector_id, generation) where status = 'open';

create table foretop.group_revisions (
  group_id uuid not null references foretop.groups on delete cascade,
  revision integer not null,
  body json not null,
  -- members of the group: JSON, zstd; thousands of series make a megabyte of text
  members bytea not null,
  known_at_ms bigint not null,
  primary key (group_id, revision)
);

-- The outbox. The key is the delivery: (alert, group, revision).
create table foretop.deliveries (
  key text primary key,
  detector_id uuid not null references foretop.detectors on delete cascade,
  alert_name text not null,
  channel json not null,
  group_id text not null,
  revision integer not null,
  message json not null,
  status text not null check (status in ('pending', 'sent', 'failed', 'muted')),
  attempts integer not null,
  next_try_ms bigint not null,
  -- claimed until then by whoever sends it
  lease_until_ms bigint not null default 0,
  last_detail text,
  created_ms bigint not null,
  sent_ms bigint
);
create index deliveries_due on foretop.deliveries (next_try_ms, created_ms, key) where status = 'pending';
create index deliveries_by_alert on foretop.deliveries (alert_name, status, sent_ms);
create index deliveries_by_group on foretop.deliveries (group_id, alert_name, revision);
create index deliveries_by_detector on foretop.deliveries (detector_id, created_ms desc);

create table foretop.audit (
  number bigint generated always as identity primary key,
  at_ms bigint not null,
  actor text not null,
  action text not null,
  subject text not null,
  detail json not null
);
create index audit_by_subject on foretop.audit (subject, number desc);
