/**
 * What the Data API documents as its limits.
 * https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html#data-api-calling-considerations
 */
export const RESULT_BYTES_MAX = 100 * 1024 ** 2;
export const RESULT_KEPT_MS = 24 * 3_600_000;
export const ROW_BYTES_MAX = 64 * 1024;
export const STATEMENT_BYTES_MAX = 100 * 1024;
export const ACTIVE_STATEMENTS_MAX = 500;
/** How long a ClientToken is remembered. */
export const TOKEN_KEPT_MS = 8 * 3_600_000;
/** https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_BatchExecuteStatement.html */
export const BATCH_STATEMENTS_MAX = 40;
/** https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ListStatements.html */
export const LIST_STATEMENTS_MAX = 100;
/** https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ListTables.html */
export const LIST_TABLES_MAX = 1000;
export const STATEMENT_NAME_LENGTH_MAX = 500;
export const CLIENT_TOKEN_LENGTH_MAX = 64;
/** Of a page of results AWS says nothing; this is ours. */
export const PAGE_ROWS = 1000;
