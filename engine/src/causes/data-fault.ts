/**
 * Data fault or business change? A pipeline that lost a partition looks like a business that lost a country. What the
 * data itself says – rows, freshness, duplicates, nulls, partitions that are missing whole, all measures falling at once –
 * is weighed, and every reason is told.
 */
export interface DataSigns {
  /** rows of the interval, and how many are usual at this time; NaN where not known */
  readonly rowCount: number;
  readonly rowCountExpected: number;
  /** the newest timestamp that arrived reaches this far into the interval, 0–1; usual is near 1; NaN where not known */
  readonly reached: number;
  /** shares of rows, now and usually */
  readonly duplicateShare: number;
  readonly duplicateShareUsual: number;
  readonly nullShare: number;
  readonly nullShareUsual: number;
  /** single dimension values from which nothing arrived though they usually deliver */
  readonly missingPartitions: readonly { readonly dimension: string; readonly value: string | null }[];
  /** values of those dimensions that usually deliver */
  readonly partitionCount: number;
  /** measures of the detector that fell by about the same share, and how many there are */
  readonly measuresFallen: number;
  readonly measureCount: number;
  /** actual / expected − 1 of the group */
  readonly change: number;
}

export interface DataVerdict {
  readonly verdict: "probably the pipeline" | "possibly the pipeline" | "probably the business";
  /** the strongest first; for people */
  readonly reasons: readonly string[];
}

/** A sign weighs 1 when it alone makes a data fault probable. */
const PROBABLE = 1;
const POSSIBLE = 0.5;

export function dataVerdict(signs: DataSigns): DataVerdict {
  const { rowCount, rowCountExpected, reached, missingPartitions, partitionCount, measuresFallen, measureCount, change } = signs;
  const found: { weight: number; reason: string }[] = [];
  const add = (weight: number, reason: string) => found.push({ weight, reason });
  if (rowCount === 0) add(PROBABLE, "no row arrived");
  if (missingPartitions.length > 0 && missingPartitions.length < partitionCount) {
    const names = missingPartitions.slice(0, 3).map(({ dimension, value }) => `${dimension}=${value ?? "null"}`);
    const more = missingPartitions.length > names.length ? ` and ${missingPartitions.length - names.length} more` : "";
    add(PROBABLE, `${missingPartitions.length} of ${partitionCount} partitions ${missingPartitions.length === 1 ? "is" : "are"} missing (${names.join(", ")}${more})`);
  }
  if (reached < 0.9) add(reached < 0.7 ? PROBABLE : POSSIBLE, `the data ends after ${percent(reached)} of the interval`);
  const rowChange = rowCount / rowCountExpected - 1;
  // Fewer rows with values like before: a business that shrinks loses value too, a pipeline loses rows in step.
  if (rowCount > 0 && rowChange < -0.2 && change < 0 && Math.abs(rowChange - change) < 0.1) add(POSSIBLE, `rows fell ${percent(rowChange)}, in step with the measure`);
  if (rowChange > 0.2 && change > 0 && Math.abs(rowChange - change) < 0.1) add(POSSIBLE, `rows rose ${percent(rowChange)}, in step with the measure`);
  const duplicates = signs.duplicateShare - signs.duplicateShareUsual;
  if (duplicates > 0.02 && change > 0) add(duplicates > 0.1 ? PROBABLE : POSSIBLE, `${percent(signs.duplicateShare)} of the rows are duplicates, usually ${percent(signs.duplicateShareUsual)}`);
  const nulls = signs.nullShare - signs.nullShareUsual;
  if (nulls > 0.05) add(nulls > 0.2 ? PROBABLE : POSSIBLE, `${percent(signs.nullShare)} of the values are null, usually ${percent(signs.nullShareUsual)}`);
  if (measureCount > 2 && measuresFallen === measureCount) add(POSSIBLE, `all ${measureCount} measures fell by about the same share`);
  const weight = found.reduce((sum, sign) => sum + sign.weight, 0);
  found.sort((a, b) => b.weight - a.weight);
  if (weight < POSSIBLE) return { verdict: "probably the business", reasons: [healthyText(signs)] };
  return { verdict: weight >= PROBABLE ? "probably the pipeline" : "possibly the pipeline", reasons: found.map(({ reason }) => reason) };
}

function healthyText({ rowCount, rowCountExpected, reached }: DataSigns): string {
  const parts: string[] = [];
  if (Number.isFinite(rowCount / rowCountExpected)) parts.push(`${rowCount} rows arrived, about as usual`);
  if (reached >= 0.9) parts.push("the interval is complete");
  return parts.length === 0 ? "nothing speaks for a fault of the data" : `${parts.join(" and ")}: nothing speaks for a fault of the data`;
}

function percent(share: number): string {
  return `${Math.round(Math.abs(share) * 100)} %`;
}
