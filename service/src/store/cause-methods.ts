/**
 * How a measure's segments make up the whole. "rates": of a ratio, given its traffic; "distinct counts": proposed as if they
 * added up, then counted in the source; "own values": minima and maxima, which have no shares.
 */
export const CAUSE_METHODS = ["sums", "averages", "rates", "distinct counts", "own values"] as const;
export type CauseMethod = (typeof CAUSE_METHODS)[number];
