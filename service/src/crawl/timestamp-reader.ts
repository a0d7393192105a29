import { fromLocalMs } from "@foretop/engine";
import type { Cell } from "../connectors/connector.ts";
import type { DetectorConfig } from "../resources/detector.ts";
import { compileTimestampFormat, UNIX_FORMAT, unixMs } from "./compile-timestamp-format.ts";
import type { FoundColumns } from "./find-columns.ts";
import { parseIsoTimestamp } from "./parse-iso-timestamp.ts";

/** How a timestamp's cell becomes an instant; NaN when it can't. */
export function timestampReader(config: DetectorConfig, type: FoundColumns["timestampType"]): (cell: Cell) => number {
  const { zone, timestamp } = config;
  if (type === "number") return numberTimestampReader(config);
  const readLocal = zone === "UTC" ? (localMs: number) => localMs : (localMs: number) => fromLocalMs(localMs, zone, "second");
  // A pattern is for texts: what is a timestamp in the database has no format.
  if (type === "text" && timestamp.format !== null) {
    const read = compileTimestampFormat(timestamp.format, zone);
    return (cell) => (typeof cell === "string" ? read(cell) : NaN);
  }
  return (cell) => (typeof cell === "string" ? parseIsoTimestamp(cell, readLocal) : NaN);
}

/** A pattern of digits only (yyyyMMddHH) is a date that looks like a number; all other numbers are UNIX time. */
function numberTimestampReader({ zone, timestamp: { format } }: DetectorConfig): (cell: Cell) => number {
  const unix = (cell: Cell): number => (typeof cell === "number" ? unixMs(cell) : NaN);
  if (format === null || !/^[yuMdDHhms]+$/.test(format) || format.toUpperCase() === UNIX_FORMAT) return unix;
  const read = compileTimestampFormat(format, zone);
  return (cell) => (typeof cell === "number" ? read(String(cell)) : NaN);
}
