import type { Dialect } from "./dialect.ts";

/**
 * Functions that a query may not call. A read-only transaction keeps a statement from writing tables; it does not keep
 * it from reading the server's files, opening connections, ending other people's sessions or running text as SQL.
 * Names are compared without schema, quotes and case: refusing a harmless namesake costs a rename, missing one costs
 * a server.
 */
export function refusedFunction(nameParts: readonly string[], dialect: Dialect = "postgres"): string | null {
  const name = (nameParts.at(-1) ?? "").toLowerCase();
  if (dialect === "mysql" || dialect === "duckdb") {
    for (const [reason, pattern] of dialect === "mysql" ? MYSQL_NAMES : DUCKDB_NAMES) if (pattern.test(name)) return reason;
    return null;
  }
  for (const [reason, pattern] of REFUSED_NAMES) if (pattern.test(name)) return reason;
  const schema = nameParts.length > 1 ? nameParts.at(-2)!.toLowerCase() : "";
  for (const [reason, pattern] of REFUSED_SCHEMAS) if (pattern.test(schema)) return reason;
  return null;
}

type Refusals = readonly (readonly [reason: string, pattern: RegExp])[];

const MYSQL_NAMES: Refusals = [
  ["reads files of the server", /^load_file$/],
  ["only waits", /^(sleep|benchmark|master_pos_wait|source_pos_wait|master_gtid_wait|wait_for_executed_gtid_set|wait_until_sql_thread_after_gtids)$/],
  ["takes locks that others wait for", /^(get_lock|release_lock|release_all_locks|is_free_lock|is_used_lock|service_get_.*_locks|service_release_locks)$/],
  ["runs code on the server", /^(sys_exec|sys_eval|sys_get|sys_set|lib_mysqludf_.*|http_.*)$/],
  ["writes", /^(nextval|setval|lastval|uuid_short|spider_.*|set_firewall_.*|normalize_statement|read_firewall_.*|audit_.*|keyring_.*|asynchronous_connection_.*|group_replication_.*|version_tokens_.*|mysql_firewall_.*)$/],
];

/** Table functions are allowed by name (connectors/duckdb/check-tree.ts); these are the scalar ones, and the known for a clear word early. */
const DUCKDB_NAMES: Refusals = [
  ["reads files", /^(read_.*|parquet_.*|glob|sniff_csv|csv_.*|json_scan.*|arrow_scan.*|pandas_scan|python_map_function|seq_scan|sqlite_.*|postgres_.*|mysql_.*|iceberg_.*|delta_.*|st_read.*)$/],
  ["tells secrets or surroundings of the process", /^(getenv|which_secret|duckdb_secrets|duckdb_settings|duckdb_extensions|current_setting|getvariable)$/],
  ["runs a text as SQL", /^(query|query_table|json_execute_serialized_sql|pragma_.*)$/],
  ["writes", /^(nextval|setval|currval|checkpoint|force_checkpoint|write_log|enable_logging|disable_logging|enable_profiling|set_config)$/],
  ["only waits", /^(sleep|sleep_ms)$/],
];

const REFUSED_NAMES: readonly (readonly [reason: string, pattern: RegExp])[] = [
  ["reads or writes files of the server", /^(pg_read_.*|pg_stat_file|pg_ls_.*|pg_logdir_ls|pg_file_.*|pg_current_logfile|lo_.*|loread|lowrite|pg_import_.*|xslt_process)$/],
  ["opens connections to elsewhere", /^(dblink.*|http|http_.*|urlencode_http|postgres_fdw_.*|aws_s3.*|invoke)$/],
  ["ends or disturbs other sessions", /^(pg_terminate_backend|pg_cancel_backend|pg_notify|pg_log_backend_memory_contexts)$/],
  ["changes settings", /^(set_config|pg_reload_conf|pg_rotate_logfile.*|pg_stat_.*reset.*|pg_stat_reset.*|pg_prewarm|autoprewarm_.*|setseed)$/],
  ["takes locks that others wait for", /^(pg_advisory_.*|pg_try_advisory_.*)$/],
  // It reads nothing: it holds a connection and a snapshot of the source until the time limit.
  ["only waits", /^pg_sleep(_for|_until)?$/],
  // These take a text and run it, which would go round this very list.
  ["runs a text as SQL", /^(query_to_xml.*|cursor_to_xml.*|table_to_xml.*|schema_to_xml.*|database_to_xml.*|ts_stat|ts_rewrite|crosstab.*|connectby.*|xpath_table|exec.*|eval.*)$/],
  ["administers the server", /^(pg_create_.*|pg_drop_.*|pg_logical_.*|pg_replication_.*|pg_copy_.*|pg_switch_wal|pg_switch_xlog|pg_promote|pg_wal_.*|pg_(start|stop)_backup|pg_backup_(start|stop)|pg_export_snapshot|pg_sync_.*|pg_extension_config_dump|binary_upgrade_.*|brin_.*|gin_clean_pending_list|pg_nextoid|pg_restore_.*|pg_clear_.*)$/],
  ["writes", /^(nextval|setval|txid_current|pg_current_xact_id|pg_logical_emit_message|pg_truncate_.*)$/],
];

const REFUSED_SCHEMAS: readonly (readonly [reason: string, pattern: RegExp])[] = [
  ["opens connections to elsewhere", /^(aws_s3|aws_lambda|aws_commons|net|http|cron|dblink)$/],
];
