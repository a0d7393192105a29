/**
 * `foretop.yaml`, declared once as data: the check of files, the published JSON Schema (docs/foretop.schema.json) and
 * the table in docs/configuration.md all come from this. The other format, the original connector's `params.json`, is
 * in params-schema.ts; both end in one DetectorConfig.
 */
import { DECLARED_PARTS_MAX, DEFAULT_MEASURE_SETTINGS, FREQUENCIES } from "@foretop/engine";
import { z } from "zod";
import { DEFAULT_LIMITS } from "./detector.ts";
import { DEFAULT_HEALTH, HEALTH_INTERVALS_MAX, type HealthSettings } from "./health-settings.ts";
import { DEFAULT_RETENTION, RETENTION_DAYS_MAX, RETENTION_DAYS_MIN, type Retention } from "./retention.ts";

export const NAME_PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9\-_]*$/;
export const NAME_LENGTH_MAX = 63;
export const DESCRIPTION_LENGTH_MAX = 256;
export const COLUMN_LENGTH_MAX = 128;
export const OFFSET_SECONDS_MAX = 432_000;
export const MEASURES_MAX = 50;
export const DIMENSIONS_MAX = 10;
export const ALERTS_MAX = 50;
export const FILTER_VALUES_MAX = 100;
export const RELATIONS_MAX = 50;
export const LINKS_MAX = 10;
export const SQL_LENGTH_MAX = 100_000;
export const HISTORY_INTERVALS_DEFAULT = 2_500;
export const HISTORY_INTERVALS_MAX = 100_000;
export const HORIZON_INTERVALS_MAX = 1_000;

export const name = z.string().min(1, "empty").max(NAME_LENGTH_MAX).regex(NAME_PATTERN, "may hold letters, digits, - and _, and begins with a letter or digit");
export const description = z.string().max(DESCRIPTION_LENGTH_MAX);
export const column = z.string().min(1, "empty").max(COLUMN_LENGTH_MAX);
export const frequency = z.enum(FREQUENCIES as [string, ...string[]]);
export const aggregation = z.enum(["SUM", "AVG", "COUNT", "MIN", "MAX"]);
/** Beside those of the original format. */
const ownAggregation = z.enum([...aggregation.options, "COUNT_DISTINCT"]);
export const severity = z.number().min(0).max(100);
export const offsetSeconds = z.int().min(0).max(OFFSET_SECONDS_MAX);
const sql = z.string().min(1, "empty").max(SQL_LENGTH_MAX);
const file = z.string().min(1, "empty").max(255).describe("Path of the file, relative to this one.");
const sqlOrFile = z.union([sql, z.strictObject({ file })]);

const judged = {
  severityMin: severity.describe("Severity from which a finding is an anomaly; lower finds more."),
  direction: z.enum(["up", "down", "both"]).describe("Which deviations count."),
  effectMin: z.number().min(0).describe("Smallest |actual − expected| worth telling, in the measure's unit; 0 = any."),
  effectShareMin: z.number().min(0).describe("Smallest |actual − expected| / |expected| worth telling; 0.1 = 10 %, 0 = any."),
  volumeMin: z.number().min(0).describe("Smallest volume (the larger of actual and expected) worth telling; 0 = any."),
};
const ofMeasure = <T extends z.ZodType>(type: T, key: keyof typeof judged) => type.optional().describe(`${judged[key].description} Default: as in measureDefaults.`);
const measureDefaults = z.strictObject({
  severityMin: judged.severityMin.default(DEFAULT_MEASURE_SETTINGS.severityMin),
  direction: judged.direction.default(DEFAULT_MEASURE_SETTINGS.direction),
  effectMin: judged.effectMin.default(DEFAULT_MEASURE_SETTINGS.effectMin),
  effectShareMin: judged.effectShareMin.default(DEFAULT_MEASURE_SETTINGS.effectShareMin),
  volumeMin: judged.volumeMin.default(DEFAULT_MEASURE_SETTINGS.volumeMin),
});

const measureFields = z.strictObject({
  name: column.describe("The measure's name in groups, alerts and on the wire."),
  column: column.optional().describe("Column of the query's result. Default: the name."),
  aggregation: ownAggregation.optional().describe("How the rows of one interval and one combination become one value. Default: SUM. COUNT_DISTINCT counts different values, e.g. of user_id; it does not add up, so that only full combinations are watched."),
  numerator: column.optional().describe("A ratio instead of column and aggregation: sum of this column over the sum of `denominator`, at every level."),
  denominator: column.optional().describe("The ratio's denominator, e.g. visits of orders per visit. Where it sums to 0 the ratio is missing."),
  whenAbsent: z.enum(["zero", "missing"]).optional().describe("What a watched series is worth in an interval without a row. Default: zero for COUNT, COUNT_DISTINCT and SUM, missing else."),
  severityMin: ofMeasure(judged.severityMin, "severityMin"),
  direction: ofMeasure(judged.direction, "direction"),
  effectMin: ofMeasure(judged.effectMin, "effectMin"),
  effectShareMin: ofMeasure(judged.effectShareMin, "effectShareMin"),
  volumeMin: ofMeasure(judged.volumeMin, "volumeMin"),
});
const measure = measureFields.superRefine(({ column: own, aggregation: how, numerator, denominator, whenAbsent }, context) => {
  const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
  if (numerator === undefined && denominator === undefined) return;
  if (denominator === undefined) refuse("numerator", "is given without a denominator; a ratio has both");
  else if (numerator === undefined) refuse("denominator", "is given without a numerator; a ratio has both");
  else if (own !== undefined) refuse("column", "is given beside numerator and denominator; a ratio has these two only");
  else if (how !== undefined) refuse("aggregation", "is given beside numerator and denominator; a ratio is always sum over sum");
  else if (whenAbsent === "zero") refuse("whenAbsent", "is zero for a ratio; without a denominator it has no value, so it can only be missing");
});

const parts = (doc: string) => z.array(column).min(1, "empty").max(DECLARED_PARTS_MAX).optional().describe(doc);
const relation = z
  .strictObject({
    measure: column.describe("The measure that the others make up."),
    product: parts("Measures that it is the product of, e.g. [orders, order_value] for revenue."),
    over: parts("Beside product: measures that it is divided by."),
    sum: parts("Measures that it is the sum of, e.g. [web_orders, app_orders]."),
    less: parts("Beside sum: measures that are subtracted."),
  })
  .superRefine(({ product, over, sum, less }, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    if (product !== undefined && sum !== undefined) refuse("sum", "is given beside product; a relation is one or the other");
    else if (product === undefined && sum === undefined) refuse("measure", "has neither product nor sum: what it is made of is missing");
    else if (over !== undefined && product === undefined) refuse("over", "is given without product");
    else if (less !== undefined && sum === undefined) refuse("less", "is given without sum");
    else if ((product ?? sum ?? []).length + (over ?? less ?? []).length > DECLARED_PARTS_MAX) refuse(product === undefined ? "less" : "over", `makes more than ${DECLARED_PARTS_MAX} parts`);
    else if ((product ?? sum ?? []).length + (over ?? less ?? []).length < 2) refuse(product === undefined ? "sum" : "product", "is one measure only; a relation has two parts or more");
  });

const link = z.strictObject({
  detector: name.describe("Another detector of the same frequency. A link holds in both directions: it is declared by one of the two."),
  measures: z.array(column).max(MEASURES_MAX).default([]).describe("Only these of its measures; empty = all."),
});

const alert = z.strictObject({
  name: name.describe("Unique in the installation."),
  description: description.optional().describe("Sent with each message."),
  severityMin: severity.default(70).describe("Groups of this severity or more are told."),
  measures: z.array(column).max(MEASURES_MAX).default([]).describe("Only these measures; empty = all."),
  dimensionFilters: z
    .array(z.strictObject({ dimension: column.describe("One of the detector's dimensions."), values: z.array(z.string()).min(1, "empty").max(FILTER_VALUES_MAX).describe("Any of these.") }))
    .max(DIMENSIONS_MAX)
    .default([])
    .describe("Only groups with a series that has one of the values, for every dimension named here; empty = all."),
  channel: z
    .looseObject({ kind: z.string().min(1, "empty").describe("How it is sent: one of the channels, e.g. log, webhook, export.") })
    .describe("Where it is sent. The other fields are the channel's own settings."),
});

const limit = (value: number, doc: string) => z.int().min(1).default(value).describe(doc);

const days = (doc: string, field: keyof Retention) => {
  const defaults = FREQUENCIES.map((each) => `${DEFAULT_RETENTION[each][field]} (${each})`).join(", ");
  return z.int().min(RETENTION_DAYS_MIN).max(RETENTION_DAYS_MAX).optional().describe(`${doc} Default by frequency: ${defaults}.`);
};

const intervalsOf = (doc: string, field: keyof HealthSettings) => {
  const defaults = FREQUENCIES.map((each) => `${DEFAULT_HEALTH[each][field]} (${each})`).join(", ");
  return z.int().min(0).max(HEALTH_INTERVALS_MAX).optional().describe(`${doc} Default by frequency: ${defaults}.`);
};

/** What a file holds; `z.output` of it has every default filled in. */
export const foretopSchema = z
  .strictObject({
    name: name.describe("The detector's name; unique in the installation, can't be changed later."),
    description: description.optional().describe("For people."),
    frequency: frequency.describe("How often the data is judged: every 5 or 10 minutes, hour, day."),
    zone: z.string().max(60).default("UTC").describe("IANA time zone whose local hours and days the intervals follow, and in which timestamps without a zone are read."),
    offsetSeconds: offsetSeconds.default(0).describe("How long to wait after an interval ends before reading it: as long as rows usually take to arrive."),
    source: z
      .looseObject({ kind: z.string().min(1, "empty").describe("Which connector reads it, e.g. postgres.") })
      .describe("Where the data is. The other fields are the connector's own settings; passwords only by reference: env:NAME, file:PATH, secret:NAME."),
    query: z
      .union([sql, z.strictObject({ file }), z.strictObject({ historical: sqlOrFile.describe("Reads the past."), continuous: sqlOrFile.optional().describe("Read the last interval in the original; kept to report what its window would have lost.") })])
      .optional()
      .describe("One SELECT with :start and :end (rows with :start <= timestamp < :end), as text or as {file}. Or the original connector's pair {historical, continuous}, whose clock functions are pinned. A source of files (s3) has none."),
    timestamp: z
      .union([column, z.strictObject({ column: column.describe("Column of the query's result."), format: z.string().min(1, "empty").max(63).optional().describe("Only for a text column, e.g. yyyy-MM-dd HH:mm:ss; UNIX for epoch seconds or milliseconds.") })])
      .describe("The column that says when."),
    measures: z.array(z.union([column, measure])).min(1, "empty").max(MEASURES_MAX).describe("What is watched; a bare name is a SUM of the column of that name."),
    measureDefaults: measureDefaults.prefault({}).describe("What holds for every measure that does not say otherwise."),
    dimensions: z.array(column).max(DIMENSIONS_MAX).default([]).describe("Columns that split the measures: every combination of their values is a series."),
    levels: z.enum(["all", "leaves"]).default("all").describe("all: totals and single dimension values are judged too; leaves: only full combinations."),
    history: z
      .strictObject({ intervalsMax: z.int().min(1).max(HISTORY_INTERVALS_MAX).default(HISTORY_INTERVALS_DEFAULT).describe("Intervals before now that are read at activation.") })
      .prefault({})
      .describe("What is learned from."),
    completeness: z
      .strictObject({
        rowShareMin: z.number().min(0).max(1).default(0.5).describe("An interval with less than this share of the usual rows is not judged yet; 0 = no check."),
        waitIntervalsMax: z.int().min(0).max(1_000).default(2).describe("How many intervals to wait for the rest before it is judged as it is."),
      })
      .prefault({})
      .describe("When an interval counts as arrived."),
    horizonIntervals: z.int().min(0).max(HORIZON_INTERVALS_MAX).optional().describe("How many of the last intervals are read again for late rows. Default by frequency: 12 (PT5M), 6 (PT10M), 24 (PT1H), 3 (P1D)."),
    retention: z
      .strictObject({
        pointsDays: days("Points of live intervals; older ones can't be shown or judged again.", "pointsDays"),
        scoresDays: days("What was expected of them, bands and severities; older points stay as a plain line.", "scoresDays"),
        checkpointsDays: days("Weekly states of the models, from which old intervals are judged again and evidence is verified.", "checkpointsDays"),
        ledgerDays: days("Lines of the ledger of readings.", "ledgerDays"),
        groupsDays: days("Groups that are over, and the messages about them.", "groupsDays"),
      })
      .optional()
      .describe("How many days what is known is kept."),
    health: z
      .strictObject({
        behindIntervals: intervalsOf("The detector is in trouble when an interval has waited for so many beyond its time; 0 = never.", "behindIntervals"),
        silentIntervals: intervalsOf("The detector is in trouble after so many intervals in a row without a row, more than there ever were; 0 = never.", "silentIntervals"),
      })
      .optional()
      .describe("When the detector's own alerts are told that something is wrong with it."),
    aggregateInDatabase: z.boolean().optional().describe("Default true: where it is the same to the last bit, the database aggregates, and one line for each series and interval leaves it. false: every row is read."),
    relations: z.array(relation).max(RELATIONS_MAX).default([]).describe("What measures are made of: where one deviates, each part's share is said exactly. A ratio's numerator and denominator need no relation."),
    links: z.array(link).max(LINKS_MAX).default([]).describe("Detectors whose measures are looked at together with this one's: related measures and incidents reach across them."),
    alerts: z.array(alert).max(ALERTS_MAX).default([]).describe("Who is told what."),
    limits: z
      .strictObject({
        rowsPerIntervalMax: limit(DEFAULT_LIMITS.rowsPerIntervalMax, "Rows that one interval's query may return."),
        rowsPerHistoryMax: limit(DEFAULT_LIMITS.rowsPerHistoryMax, "Rows that the history query may return."),
        seriesMax: limit(DEFAULT_LIMITS.seriesMax, "Series, roll-ups included."),
        querySecondsMax: limit(DEFAULT_LIMITS.querySecondsMax, "Seconds a query may take."),
        deliveriesPerHourMax: limit(DEFAULT_LIMITS.deliveriesPerHourMax, "Messages an hour and alert."),
      })
      .prefault({})
      .describe("Bounds that end in a clear error instead of a surprise."),
  })
  .describe("One detector of Foretop.");

export type ForetopFile = z.output<typeof foretopSchema>;
