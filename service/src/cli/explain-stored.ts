/**
 * `foretop explain GROUP` and `foretop explain --detector …`: which segments did it, for a stored group or for any range
 * of judged intervals. The same sentence and table as for a file; the figures come from our own models.
 */
import type { OutputOf } from "../api/operations/index.ts";
import { UserError } from "../telemetry/errors.ts";
import type { CommandContext } from "./commands.ts";
import { instantMs } from "./commands/run.ts";
import { table, type TableCell } from "./table.ts";
import { timeText } from "./time-text.ts";

export type Explanation = OutputOf<"explain">;
type Causes = NonNullable<OutputOf<"getGroup">["causes"]>;

export interface RangeFlags {
  readonly detector?: string;
  readonly measure?: string;
  readonly from?: string;
  readonly to?: string;
}

const GROUP_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isGroupId(text: string): boolean {
  return GROUP_ID.test(text);
}

/** A group's own explanation; for one stored before causes were looked for, that of its peak as it is known now. */
export async function explainGroup(id: string, context: CommandContext): Promise<Explanation> {
  const client = await context.client();
  const group = await client.call("getGroup", { group: id });
  if (group.causes === null) {
    const to = new Date(Date.parse(group.peak) + 1000).toISOString();
    return { ...(await client.call("explain", { detector: group.detectorId, measure: group.measure, from: group.peak, to })), group: id, data: group.data };
  }
  return { ...group.causes, detector: group.detector, group: id, intervalCount: 1, contributions: group.contributions, data: group.data, known: group.revisions[0]?.knownAt ?? group.peak };
}

export async function explainRange({ detector, measure, from, to }: RangeFlags, context: CommandContext): Promise<Explanation> {
  for (const [flag, value] of [["--detector", detector], ["--measure", measure], ["--from", from], ["--to", to]] as const) {
    if (value === undefined) throw new UserError(`${flag} is missing`, { where: flag, advice: "A range needs --detector, --measure, --from and --to; a group needs its id, a file --dimensions." });
  }
  return (await context.client()).call("explain", {
    detector: detector!,
    measure: measure!,
    from: new Date(instantMs(from!, "--from")).toISOString(),
    to: new Date(instantMs(to!, "--to")).toISOString(),
  });
}

/** What is shown of the contributions of a dimension with many values. */
const VALUES_SHOWN_MAX = 5;

export function explanationText(one: Explanation, { io }: CommandContext): string {
  const columns = io.stdout.columns;
  const span = `${one.detector}, ${timeText(one.interval.start, io.zone)} to ${timeText(one.interval.end, io.zone)} (${io.zone})${one.intervalCount > 1 ? `, ${one.intervalCount} intervals together` : ""}`;
  const parts = [`${one.sentence}\n${span}\n`, ...causeParts(one, one.data, columns)];
  const rows: TableCell[][] = [["DIMENSION", "VALUE", "CONTRIBUTION", "EXPECTED", "ACTUAL"]];
  for (const { dimension, values } of one.contributions) {
    const shown = [...values].sort((a, b) => b.score - a.score).slice(0, VALUES_SHOWN_MAX).filter(({ score }) => score > 0);
    for (const { value, score, expected, actual } of shown) rows.push([dimension, value ?? "(null)", score, expected, actual]);
  }
  if (rows.length > 1) parts.push(table(rows, { columns }));
  for (const note of one.notes) parts.push(`${note}\n`);
  if (one.check !== null && one.check.sql !== null) parts.push(`-- the queries that counted them: this interval, and a calm one\n${one.check.sql}\n\n${one.check.comparedSql ?? ""}\n`);
  const [first] = one.causes;
  if (first?.sql !== undefined && first.sql !== null) parts.push(`-- ${first.name}: the SQL that shows it\n${first.sql}\n`);
  return parts.join("\n");
}

/** The table of causes and the verdict on the data: also part of `anomaly show`. */
export function causeParts({ causes, outOfBand, check, method }: Pick<Causes, "causes" | "outOfBand" | "check" | "method">, data: Explanation["data"], columns: number | null): string[] {
  const parts: string[] = [];
  if (data !== null && data.verdict !== "probably the business") parts.push(`${data.verdict}: ${data.reasons.join("; ")}\n`);
  if (causes.length > 0) {
    const rows: TableCell[][] = [["CAUSE", "EXPECTED", "ACTUAL", "CHANGE", "SHARE", "STRENGTH"]];
    for (const { name, expected, actual, change, share, strength } of causes) {
      rows.push([name, expected, actual, change === null ? "new" : `${change >= 0 ? "+" : "−"}${(100 * Math.abs(change)).toFixed(1)} %`, method === "distinct counts" ? null : `${(100 * share).toFixed(0)} %`, strength]);
    }
    parts.push(table(rows, { columns }));
  }
  if (check !== null) parts.push(`${check.text}\n`);
  if (outOfBand.length > 0) {
    parts.push(table([["SEGMENT", "ACTUAL", "LOWER", "UPPER"], ...outOfBand.map(({ name, actual, lower, upper }): TableCell[] => [name, actual, lower, upper])], { columns }));
  }
  return parts;
}
