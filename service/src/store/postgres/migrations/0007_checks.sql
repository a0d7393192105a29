-- Statements that only ask whether rows have changed are in the ledger, too: all that was asked of a source is there. Their
-- attempts count down from -1, so that readings keep their numbers.
alter table foretop.attempts
  drop constraint attempts_purpose_check,
  add constraint attempts_purpose_check check (purpose in ('history', 'live', 'rerun', 'late', 'backtest', 'check'));
