/**
 * A bound query → one that wraps it and aggregates: a line for each bucket of time and combination of dimension values, with
 * all that reading the rows themselves would have told (how many there are, which cells can't be used and why, first and last
 * timestamp). The user's text and its parameters stay as they are; ours has no parameters.
 *
 * Texts are grouped by their bytes: a collation that takes 'a' and 'A ' for the same would merge series that are two.
 * Sums are of exact types only (docs/decisions/0005-aggregation-in-the-database.md).
 */
import type { Aggregation } from "../../resources/detector.ts";
import type { BoundQuery, Column } from "../connector.ts";
import type { Dialect } from "./dialect.ts";
import { quoteName } from "./quote-name.ts";

export type AggregatingDialect = Exclude<Dialect, "files">;

export interface AggregateAsk {
  readonly timestamp: Column;
  /** buckets are [base + k × seconds, …) of the timestamp as it is: UTC for instants, the wall clock for others */
  readonly grid: { readonly seconds: number; readonly baseSeconds: number };
  /** an instant is put into buckets by the wall clock of the session */
  readonly onWallClock: boolean;
  readonly dimensions: readonly Column[];
  readonly measures: readonly AskedMeasure[];
}

export interface AskedMeasure {
  readonly aggregation: Aggregation;
  readonly column: Column;
  /** of a ratio */
  readonly denominator: Column | null;
}

/** Where in a line what stands. */
export interface GroupLayout {
  readonly first: number;
  readonly last: number;
  /** [dimension] */
  readonly dimensions: readonly number[];
  readonly rows: number;
  /** rows in which every measure (but those that are counted) can be used */
  readonly whole: number;
  /** rows in which none of them can; −1 = all that aren't whole */
  readonly none: number;
  /** rows with a cell too large to be added up exactly; such a result is not used */
  readonly beyond: number;
  /** [measure] */
  readonly measures: readonly MeasureLayout[];
}

export interface MeasureLayout {
  /** usable cells */
  readonly count: number;
  /** sum, smallest or largest; of a count the count */
  readonly value: number;
  /** NaN and infinite cells; −1 where the type has none */
  readonly nans: number;
  readonly infinites: number;
  readonly ratio: RatioLayout | null;
}

export interface RatioLayout {
  readonly weight: number;
  /** rows whose numerator is null */
  readonly nulls: number;
  /** rows whose numerator can be used and whose denominator is NaN; −1 where the type has none */
  readonly weightNans: number;
}

/** Integers up to here, and their scaled likes, become doubles and back without loss, with room for one rounding. */
export const EXACT_DIGITS = 15;
const HEAD = "/* aggregated here by Foretop: a line for each series and interval */";

export function aggregateQuery(query: BoundQuery, ask: AggregateAsk, dialect: AggregatingDialect): { readonly query: BoundQuery; readonly layout: GroupLayout } {
  const say = SAYS[dialect];
  const outputs: string[] = [];
  const output = (expression: string, name: string): number => outputs.push(`${expression} as ${name}`) - 1;
  const ref = (column: Column): string => `q.${say.quote(column.name)}`;

  const stamp = ref(ask.timestamp);
  const first = output(`min(${stamp})`, "foretop_first");
  const last = output(`max(${stamp})`, "foretop_last");
  const keys = ask.dimensions.map((column) => say.key(ref(column), column));
  const dimensions = keys.map(({ shown }, d) => output(shown, `dimension_${d + 1}`));
  const rows = output("count(*)", "foretop_rows");
  const judged = ask.measures.filter(({ aggregation }) => aggregation !== "COUNT");
  const usable = [...new Set(judged.map((measure) => usableRow(measure, ref, say)))];
  const isMany = judged.length > 1;
  const wholeOfMany = isMany ? output(`count(case when ${usable.join(" and ")} then 1 end)`, "rows_whole") : -1;
  const none = isMany ? output(`count(case when ${usable.join(" or ")} then null else 1 end)`, "rows_without_any") : -1;
  const tooLarge = [...new Set(judged.flatMap((measure) => summed(measure).flatMap((column) => beyond(column, ref(column), say) ?? [])))];
  const over = tooLarge.length === 0 ? -1 : output(`count(case when ${tooLarge.join(" or ")} then 1 end)`, "rows_too_large");
  const measures = ask.measures.map((measure, m) => measureOutputs(measure, `measure_${m + 1}`, ref, say, output));
  const isInstant = ask.timestamp.type === "timestamptz" && !ask.onWallClock;
  const at = ask.onWallClock || ask.timestamp.type === "date" ? `cast(${stamp} as ${say.timestamp})` : stamp;
  const single = ask.measures.findIndex(({ aggregation }) => aggregation !== "COUNT");
  const whole = isMany ? wholeOfMany : single < 0 ? rows : measures[single]!.count;
  const groups = [say.bucket(at, isInstant, ask.grid), ...keys.flatMap(({ groups: texts }) => texts)];
  return {
    query: { sql: [HEAD, `select ${outputs.join(",\n  ")}`, `from (\n${say.once(query.sql)}\n) as q`, `group by ${groups.join(", ")}`].join("\n"), parameters: query.parameters },
    layout: { first, last, dimensions, rows, whole, none, beyond: over, measures },
  };
}

/** Whether a statement is one of those above. */
export function isAggregated(statement: string): boolean {
  return statement.startsWith(HEAD);
}

/** The user's own query inside of such a statement, with what is bound to it; any other statement as it is. */
export function withoutAggregation(statement: string): string {
  if (!isAggregated(statement)) return statement;
  const from = statement.indexOf(OPENS) + OPENS.length;
  const inner = statement.slice(from, statement.lastIndexOf(`\n) as q\ngroup by `));
  return inner.startsWith(FENCE_OPENS) && inner.endsWith(FENCE_CLOSES) ? inner.slice(FENCE_OPENS.length, -FENCE_CLOSES.length) : inner;
}

const OPENS = "\nfrom (\n";
const FENCE_OPENS = "select * from (\n";
const FENCE_CLOSES = "\n) as foretop_query offset 0";

type Ref = (column: Column) => string;
type Output = (expression: string, name: string) => number;

function measureOutputs({ aggregation, column, denominator }: AskedMeasure, name: string, ref: Ref, say: Says, output: Output): MeasureLayout {
  const x = ref(column);
  const countIf = (condition: string, what: string): number => output(`count(case when ${condition} then 1 end)`, `${name}_${what}`);
  if (aggregation === "COUNT") {
    const count = output(`count(${x})`, `${name}_count`);
    return { count, value: count, nans: -1, infinites: -1, ratio: null };
  }
  const [canBeNaN, canBeInfinite] = specials(column, say);
  const isUsable = usableCell(column, x, say);
  const nans = canBeNaN ? countIf(say.isNaN(x), "nan") : -1;
  const infinites = canBeInfinite ? countIf(say.isInfinite(x), "infinite") : -1;
  if (denominator !== null) {
    const y = ref(denominator);
    const both = `${isUsable} and ${usableCell(denominator, y, say)}`;
    const withinBoth = `${both}${within(column, x)}${within(denominator, y)}`;
    return {
      count: countIf(both, "rows"),
      value: output(`sum(case when ${withinBoth} then ${x} end)`, `${name}_numerator`),
      nans,
      infinites,
      ratio: {
        weight: output(`sum(case when ${withinBoth} then ${y} end)`, `${name}_denominator`),
        nulls: countIf(`${x} is null`, "null"),
        weightNans: specials(denominator, say)[0] ? countIf(`${isUsable} and ${say.isNaN(y)}`, "denominator_nan") : -1,
      },
    };
  }
  const isPlain = !canBeNaN && !canBeInfinite;
  const count = isPlain ? output(`count(${x})`, `${name}_count`) : countIf(isUsable, "count");
  if (aggregation === "MIN" || aggregation === "MAX") {
    const how = aggregation.toLowerCase();
    return { count, value: output(isPlain ? `${how}(${x})` : `${how}(case when ${isUsable} then ${x} end)`, `${name}_${how}`), nans, infinites, ratio: null };
  }
  const guard = within(column, x);
  const value = output(isPlain && guard === "" ? `sum(${x})` : `sum(case when ${isUsable}${guard} then ${x} end)`, `${name}_sum`);
  return { count, value, nans, infinites, ratio: null };
}

function summed({ aggregation, column, denominator }: AskedMeasure): Column[] {
  if (denominator !== null) return [column, denominator];
  return aggregation === "SUM" || aggregation === "AVG" ? [column] : [];
}

function usableRow({ column, denominator }: AskedMeasure, ref: Ref, say: Says): string {
  const cell = usableCell(column, ref(column), say);
  return denominator === null ? cell : `(${cell} and ${usableCell(denominator, ref(denominator), say)})`;
}

function usableCell(column: Column, x: string, say: Says): string {
  const [canBeNaN, canBeInfinite] = specials(column, say);
  if (canBeInfinite) return say.isFinite(x);
  return canBeNaN ? `${x} <> 'NaN'` : `${x} is not null`;
}

/** Exact types of a declared width hold no infinities; PostgreSQL's numeric holds NaN, and infinities where nothing is declared. */
function specials({ exact, nativeType }: Column, say: Says): [canBeNaN: boolean, canBeInfinite: boolean] {
  if (exact !== undefined) return [nativeType === "numeric" && say.hasNaN, false];
  return [say.hasNaN, say.hasNaN];
}

/** null where every value of the type is small enough to be added up exactly */
function bound({ exact }: Column): string | null {
  if (exact === undefined || (exact.precision !== null && exact.precision <= EXACT_DIGITS)) return null;
  const places = EXACT_DIGITS - exact.scale;
  return places >= 0 ? `1${"0".repeat(places)}` : `0.${"0".repeat(-places - 1)}1`;
}

function within(column: Column, x: string): string {
  const limit = bound(column);
  return limit === null ? "" : ` and ${x} between -${limit} and ${limit}`;
}

function beyond(column: Column, x: string, say: Says): string | null {
  const limit = bound(column);
  if (limit === null) return null;
  const isFar = `${x} not between -${limit} and ${limit}`;
  return specials(column, say)[0] ? `(${x} <> 'NaN' and ${isFar})` : isFar;
}

/** How a dialect says what. */
interface Says {
  /** the user's query so that an expression in it is computed once for a row, not once for each use of ours */
  once(sql: string): string;
  /** whether its numbers can be NaN or infinite */
  readonly hasNaN: boolean;
  quote(name: string): string;
  readonly timestamp: string;
  bucket(at: string, isInstant: boolean, grid: AggregateAsk["grid"]): string;
  /** what a dimension is grouped by so that different cells stay apart, and what is shown of it */
  key(x: string, column: Column): { readonly groups: readonly string[]; readonly shown: string };
  isNaN(x: string): string;
  isInfinite(x: string): string;
  isFinite(x: string): string;
}

const POSTGRES_UNCOLLATED = new Set(["uuid", "\"char\"", "unknown"]);

const SAYS: Readonly<Record<AggregatingDialect, Says>> = {
  postgres: {
    // A fence for the planner. Measured with five computed columns: half the time; with a plain table the same.
    once: (sql) => FENCE_OPENS + sql + FENCE_CLOSES,
    hasNaN: true,
    quote: quoteName,
    timestamp: "timestamp",
    bucket: (at, isInstant, { seconds, baseSeconds }) => {
      const base = new Date(baseSeconds * 1000).toISOString().slice(0, 19).replace("T", " ");
      return `date_bin(interval '${seconds} seconds', ${at}, ${isInstant ? `timestamptz '${base}+00'` : `timestamp '${base}'`})`;
    },
    key: (x, { type, nativeType }) => {
      if (type === "other") return sameKey(`(case when ${x} is not null then format('%s', ${x}) end) collate "C"`); // the type's own text, as it is sent
      if (type !== "text" || POSTGRES_UNCOLLATED.has(nativeType)) return sameKey(x);
      // Blanks at a character's end don't count, and are sent.
      return nativeType === "character" ? { groups: [`${x} collate "C"`, `octet_length(${x})`], shown: `${x} collate "C"` } : sameKey(`${x} collate "C"`);
    },
    isNaN: (x) => `${x} = 'NaN'`,
    isInfinite: (x) => `${x} in ('Infinity', '-Infinity')`,
    isFinite: (x) => `(${x} > '-Infinity' and ${x} < 'Infinity')`, // NaN is the largest of all
  },
  redshift: {
    once: (sql) => sql,
    hasNaN: false, // none in its decimals; floating point is not asked for
    quote: quoteName,
    timestamp: "timestamp",
    bucket: (at, _isInstant, { seconds, baseSeconds }) => `floor((extract(epoch from ${at}) - ${baseSeconds}) / ${seconds})`,
    // A collation may ignore case, and blanks at the end never count: the hash of the bytes tells them apart.
    key: (x, { type }) => (type === "text" ? { groups: [x, `md5(${x})`], shown: x } : sameKey(x)),
    isNaN: () => "false",
    isInfinite: () => "false",
    isFinite: (x) => `${x} is not null`,
  },
  mysql: {
    once: (sql) => sql,
    hasNaN: false,
    quote: (name) => `\`${name.replaceAll("`", "``")}\``,
    timestamp: "datetime",
    bucket: (at, _isInstant, { seconds, baseSeconds }) => `(timestampdiff(second, '1970-01-01 00:00:00', ${at}) - ${baseSeconds}) div ${seconds}`,
    // All of a group have the same bytes, so that the smallest by any collation is each of them.
    key: (x, { type }) => (type === "text" ? { groups: [`cast(${x} as binary)`], shown: `min(${x})` } : sameKey(x)),
    isNaN: () => "false",
    isInfinite: () => "false",
    isFinite: (x) => `${x} is not null`,
  },
  duckdb: {
    once: (sql) => sql,
    hasNaN: true,
    quote: quoteName,
    timestamp: "timestamp",
    bucket: (at, _isInstant, { seconds, baseSeconds }) => `case when isfinite(${at}) then (epoch_us(${at}) - ${baseSeconds * 1e6}) // ${seconds * 1e6} end`,
    key: (x, { type }) => (type === "text" || type === "other" ? { groups: [`encode(cast(${x} as varchar))`], shown: `any_value(${x})` } : sameKey(x)),
    isNaN: (x) => `isnan(${x})`,
    isInfinite: (x) => `isinf(${x})`,
    isFinite: (x) => `isfinite(${x})`,
  },
};

function sameKey(x: string): { readonly groups: readonly string[]; readonly shown: string } {
  return { groups: [x], shown: x };
}
