-- Long work on a detector's past (a back-fill): the schedule waits while somebody holds this, and goes on when it is given
-- back or has run out. Commits stay fenced by head and lineage; this only keeps them from overtaking each other again and again.
alter table foretop.detectors
  add column claimed_by text,
  add column claimed_for text,
  add column claimed_until_ms bigint;
