/**
 * Redshift's functions that PostgreSQL lacks, in a schema of their own that the kit's sessions have in their path.
 * https://docs.aws.amazon.com/redshift/latest/dg/Date_functions_header.html
 */
export const REDSHIFT_SCHEMA = "redshift_kit";

/** getdate() and sysdate are timestamps without zone, in the session's zone; getdate() has whole seconds. */
export const REDSHIFT_FUNCTIONS = `
create schema if not exists ${REDSHIFT_SCHEMA};
create or replace function ${REDSHIFT_SCHEMA}.getdate() returns timestamp language sql stable as $$ select date_trunc('second', statement_timestamp()::timestamp) $$;
create or replace function ${REDSHIFT_SCHEMA}.sysdate() returns timestamp language sql stable as $$ select transaction_timestamp()::timestamp $$;
create or replace function ${REDSHIFT_SCHEMA}.dateadd(part text, count bigint, at timestamp) returns timestamp language sql immutable as $$
  select at + case part
    when 'year' then make_interval(years => count::int) when 'quarter' then make_interval(months => 3 * count::int)
    when 'month' then make_interval(months => count::int) when 'week' then make_interval(weeks => count::int)
    when 'day' then make_interval(days => count::int) when 'hour' then make_interval(hours => count::int)
    when 'minute' then make_interval(mins => count::int) when 'second' then make_interval(secs => count)
    when 'millisecond' then make_interval(secs => count / 1000.0) end $$;
create or replace function ${REDSHIFT_SCHEMA}.datediff(part text, since timestamp, until timestamp) returns bigint language sql immutable as $$
  select case part
    when 'year' then extract(year from until) - extract(year from since)
    when 'month' then extract(year from until) * 12 + extract(month from until) - extract(year from since) * 12 - extract(month from since)
    when 'week' then extract(epoch from date_trunc('week', until) - date_trunc('week', since)) / 604800
    when 'day' then extract(epoch from date_trunc('day', until) - date_trunc('day', since)) / 86400
    when 'hour' then extract(epoch from date_trunc('hour', until) - date_trunc('hour', since)) / 3600
    when 'minute' then extract(epoch from date_trunc('minute', until) - date_trunc('minute', since)) / 60
    when 'second' then extract(epoch from date_trunc('second', until) - date_trunc('second', since)) end::bigint $$;
create or replace function ${REDSHIFT_SCHEMA}.convert_timezone(source text, target text, at timestamp) returns timestamp language sql stable as $$ select (at at time zone source) at time zone target $$;
grant usage on schema ${REDSHIFT_SCHEMA} to public;
`;
