-- What has expired. Points before this instant are gone: nothing before it can be judged again.
alter table foretop.detectors add column kept_from_ms bigint;

-- Whether a file of points says what was expected of them.
alter table foretop.segments add column has_scores boolean not null default true;
update foretop.segments set has_scores = false where is_history or kind = 'checkpoint';
create index segments_scored on foretop.segments (detector_id, end_ms) where kind = 'points' and has_scores;
