-- Up to which head late rows have been looked for, and what was found is committed. After an outage the next reading goes
-- back as far as the horizon lies before that head, so that rows which came meanwhile are not passed over.
alter table foretop.detectors add column late_until_ms bigint;
update foretop.detectors set late_until_ms = head_ms;
