/**
 * The configuration against the columns that the query really returns, before anything is stored: a name that isn't
 * there, two columns of one name, a type that can't be what it is used for.
 */
import type { Column } from "../connectors/connector.ts";
import type { ConfigProblem } from "./config-problem.ts";
import { isCounted, type DetectorConfig, type MeasureConfig } from "./detector.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { PathStep } from "./located-document.ts";
import type { Locate } from "./parse-config.ts";

export interface ColumnFindings {
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

export function checkColumns(config: DetectorConfig, columns: readonly Column[], locate: Locate): ColumnFindings {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];

  const find = (name: string, what: string, path: PathStep[]): Column | null => {
    const matches = columnsNamed(name, columns);
    if (matches.length === 1) return matches[0]!;
    if (matches.length > 1) {
      problems.push({ message: `the query returns ${matches.length} columns called "${name}"`, where: locate(path), advice: "Give each its own name in the query (… as name): which one is meant can't be told." });
    } else {
      const names = columns.map((column) => column.name);
      const meant = didYouMean(name, names);
      problems.push({ message: `the ${what} "${name}" is not a column of the query's result`, where: locate(path), advice: `${meant === null ? "" : `Did you mean "${meant}"? `}Its columns are ${names.join(", ")}.` });
    }
    return null;
  };

  const timestamp = find(config.timestamp.column, "timestamp", ["timestamp", "column"]);
  if (timestamp !== null) checkTimestamp(timestamp);
  for (const [i, measure] of config.measures.entries()) {
    const isRatio = measure.denominator !== undefined;
    checkNumber(measure.column, isRatio ? "numerator" : "measure", ["measures", i, isRatio ? "numerator" : "column"], measure);
    if (measure.denominator !== undefined) checkNumber(measure.denominator, "denominator", ["measures", i, "denominator"], measure);
  }
  for (const [i, name] of config.dimensions.entries()) {
    const column = find(name, "dimension", ["dimensions", i]);
    if (column?.type === "timestamp" || column?.type === "timestamptz") {
      warnings.push({ message: `the dimension "${name}" is a ${column.nativeType}: nearly every row would be a series of its own`, where: locate(["dimensions", i]), advice: "Leave it out, or take a part of it in the query." });
    }
  }
  return { problems, warnings };

  function checkNumber(name: string, what: string, path: PathStep[], { name: measure, aggregation }: Pick<MeasureConfig, "name" | "aggregation">): void {
    const column = find(name, what, path);
    if (column !== null && aggregation === "COUNT_DISTINCT" && column.type === "number" && /int8|bigint|numeric|decimal|hugeint/i.test(column.nativeType)) {
      warnings.push({ message: `the measure "${measure}" counts different values of type ${column.nativeType}: beyond 2^53 neighbours can't be told apart`, where: locate(path), advice: "If ids are as large as that, cast them to text in the query." });
    }
    if (column === null || isCounted(aggregation) || column.type === "number") return;
    const finding = { where: locate(path), message: `the ${what === "measure" ? "measure" : `${what} of`} "${measure}" is of type ${column.nativeType}, not a number` };
    if (column.type === "text") warnings.push({ ...finding, advice: "Texts that are numbers are read as such, others count as invalid; better cast it in the query." });
    else problems.push({ ...finding, advice: "Name a number column, cast it in the query, or COUNT it." });
  }

  function checkTimestamp(column: Column): void {
    const where = locate(["timestamp", "column"]);
    const { format } = config.timestamp;
    const shown = `the timestamp "${column.name}" is of type ${column.nativeType}`;
    if (column.type === "date" && config.frequency !== "P1D") {
      problems.push({ message: `${shown}: it can't tell the intervals of a ${config.frequency} detector apart`, where, advice: "Use a column with a time of day, or the frequency P1D." });
    } else if (column.type === "text" && format === null) {
      warnings.push({ message: `${shown} and has no format: ISO 8601 is expected`, where, advice: "Cast it in the query, or give its format, e.g. yyyy-MM-dd HH:mm:ss." });
    } else if (column.type === "boolean" || column.type === "other") {
      problems.push({ message: `${shown}, which tells no time`, where, advice: "Name a timestamp, date, text or number column." });
    } else if (column.type === "timestamp" && hasClockChanges(config.zone)) {
      warnings.push({
        message: `${shown}, without a zone, read in ${config.zone}: the hour that clocks repeat in autumn can't be told apart`,
        where,
        advice: "A timestamp with time zone, or UTC in the database with zone: UTC here, has no such hour.",
      });
    }
  }
}

/** Exactly that name, else the only one that differs in case: databases fold unquoted names. */
function columnsNamed(name: string, columns: readonly Column[]): Column[] {
  const exact = columns.filter((column) => column.name === name);
  return exact.length > 0 ? exact : columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
}

/** Whether the zone's offset differs between any two months of these years. */
function hasClockChanges(zone: string): boolean {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  const offsets = new Set<string>();
  for (let month = 0; month < 24; month++) {
    const parts = format.formatToParts(Date.UTC(2024, month, 15));
    offsets.add(parts.find((part) => part.type === "timeZoneName")!.value);
  }
  return offsets.size > 1;
}
