/** A first foretop.yaml from what a table's rows look like: something to correct, not to guess right. */
import { rhythmOf } from "@foretop/engine";
import type { Frequency } from "@foretop/engine";
import { stringify } from "yaml";
import { DIMENSIONS_MAX } from "../../resources/config-schema.ts";
import type { SampledColumn } from "./sampled-columns.ts";

export interface Draft {
  readonly timestamp: string;
  readonly frequency: Frequency;
  readonly measures: readonly string[];
  readonly dimensions: readonly { readonly name: string; readonly values: number }[];
  readonly estimate: DraftEstimate;
}

export interface DraftEstimate {
  readonly sampledRows: number;
  /** leaves: measures × combinations that the sample has */
  readonly leafCount: number;
  readonly rowsPerInterval: number;
  /** of the history that would be read */
  readonly historyRows: number;
}

/** More values than this look like an id, which no model learns anything from. */
const DIMENSION_VALUES_MAX = 200;
/** Whole numbers with so few values are codes rather than amounts. */
const CODE_VALUES_MAX = 12;
const MEASURES_PROPOSED_MAX = 5;
const DIMENSIONS_PROPOSED_MAX = 4;
const HISTORY_INTERVALS = 2500;
/** An interval with fewer rows says little: then a longer one is proposed. */
const ROWS_PER_INTERVAL_MIN = 20;

/** Null where no column tells the time. @param combinations  how many different ones of these columns the sample has */
export function draftConfig(columns: readonly SampledColumn[], sampledRows: number, combinations: (names: readonly string[]) => number): Draft | null {
  const timestamp = timestampOf(columns);
  if (timestamp === null) return null;
  const others = columns.filter((column) => column !== timestamp && column.time === null);
  const isCode = (column: SampledColumn): boolean => column.type === "number" && column.isWhole && column.distinct <= CODE_VALUES_MAX && sampledRows > 5 * CODE_VALUES_MAX;
  const isId = (column: SampledColumn): boolean => /(^|_)(id|key|uuid|guid|number|no)$/i.test(column.name);
  const measures = others.filter((column) => column.type === "number" && !isId(column) && !isCode(column)).slice(0, MEASURES_PROPOSED_MAX);
  const dimensions = others
    .filter((column) => (column.type === "text" || column.type === "boolean" || (isCode(column) && !isId(column))) && column.distinct > 1 && column.distinct <= DIMENSION_VALUES_MAX && column.distinct < Math.max(3, sampledRows / 2))
    .sort((a, b) => a.distinct - b.distinct)
    .slice(0, Math.min(DIMENSIONS_PROPOSED_MAX, DIMENSIONS_MAX));
  const spanMs = Math.max(1, timestamp.time!.maxMs - timestamp.time!.minMs); // it was chosen because it has one
  const rowsIn = (frequency: Frequency): number => sampledRows / Math.max(1, spanMs / (rhythmOf(frequency).intervalSeconds * 1000));
  const frequency = timestamp.type === "date" ? "P1D" : ((["PT5M", "PT10M", "PT1H"] as const).find((each) => rowsIn(each) >= ROWS_PER_INTERVAL_MIN) ?? (rowsIn("PT1H") >= 1 ? "PT1H" : "P1D"));
  const rowsPerInterval = Math.max(1, Math.round(rowsIn(frequency)));
  return {
    timestamp: timestamp.name,
    frequency,
    measures: measures.map(({ name }) => name),
    dimensions: dimensions.map(({ name, distinct }) => ({ name, values: distinct })),
    estimate: {
      sampledRows,
      leafCount: Math.max(1, measures.length) * combinations(dimensions.map(({ name }) => name)),
      rowsPerInterval,
      historyRows: rowsPerInterval * HISTORY_INTERVALS,
    },
  };
}

/** Typed ones before texts and numbers, then those whose names say that something happened. */
function timestampOf(columns: readonly SampledColumn[]): SampledColumn | null {
  const rank = ({ type, name }: SampledColumn): number =>
    ({ timestamptz: 0, timestamp: 1, date: 2, text: 3, number: 4, boolean: 9, other: 9 })[type] * 10 + (/^(ts|timestamp|time|created|created_at|occurred_at|event_time|date|datetime)$/i.test(name) ? 0 : /updated|modified|deleted|expires|due|birth/i.test(name) ? 9 : 5);
  return columns.filter(({ time, empty }) => time !== null && empty === 0).sort((a, b) => rank(a) - rank(b))[0] ?? null;
}

/** @param query  null for a source that has none */
export function draftYaml(name: string, source: Readonly<Record<string, unknown>>, query: string | null, draft: Draft): string {
  const counted = draft.measures.length === 0 ? [{ name: "rows", column: draft.timestamp, aggregation: "COUNT" }] : [...draft.measures];
  const file = {
    name,
    frequency: draft.frequency,
    source,
    ...(query !== null && { query }),
    timestamp: draft.timestamp,
    measures: counted,
    dimensions: draft.dimensions.map((dimension) => dimension.name),
  };
  return `# A draft from ${draft.estimate.sampledRows} rows: look at every line, then \`foretop plan\`.\n${stringify(file, { blockQuote: "literal", lineWidth: 0 })}`;
}
