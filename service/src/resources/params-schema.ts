/**
 * The original connector's `params.json`, every field of it. What has no meaning here is understood all the same, so
 * that it can be named in a note instead of being dropped in silence. Three fields are ours and optional: `timezone`
 * (the original had none: UTC) and the names of the query files.
 */
import { z } from "zod";
import { aggregation, column, description, DIMENSIONS_MAX, frequency, MEASURES_MAX, offsetSeconds, severity } from "./config-schema.ts";

const path = z.string().min(1, "empty").max(255);
const anyText = z.string();

export const paramsSchema = z
  .strictObject({
    database_type: z.string().min(1, "empty").max(40).describe("Kind of database, and the suffix of the detector's name as in the original: redshift, postgres."),
    detector_name: z.string().min(1, "empty").max(63).describe("The detector is called <detector_name>-<database_type>, as the original created it."),
    detector_description: description.optional().describe("For people."),
    detector_frequency: frequency.describe("PT5M, PT10M, PT1H or P1D."),
    timestamp_column: z.strictObject({ ColumnName: column.describe("Column of the result that says when."), ColumnFormat: z.string().max(63).optional().describe("Used for text columns only; typed columns are read as they are.") }).describe("The column that says when."),
    dimension_list: z.array(column).max(DIMENSIONS_MAX).default([]).describe("Columns that split the measures."),
    metrics_set: z
      .array(
        z.strictObject({
          MetricName: column.describe("Column of the result, and the measure's name."),
          AggregationFunction: aggregation.describe("SUM and AVG as in the original; COUNT, MIN and MAX too."),
          Namespace: anyText.optional().describe("No meaning: for CloudWatch only."),
        }),
      )
      .min(1, "empty")
      .max(MEASURES_MAX)
      .describe("What is watched."),
    metric_source: z
      .strictObject({
        S3SourceConfig: z
          .strictObject({
            FileFormatDescriptor: z
              .strictObject({
                CsvFormatDescriptor: z
                  .strictObject({
                    Charset: anyText.optional(),
                    ContainsHeader: z.boolean().optional(),
                    Delimiter: anyText.optional(),
                    FileCompression: anyText.optional(),
                    HeaderList: z.array(anyText).optional(),
                    QuoteSymbol: anyText.optional(),
                  })
                  .optional(),
                JsonFormatDescriptor: z.strictObject({ Charset: anyText.optional(), FileCompression: anyText.optional() }).optional(),
              })
              .optional(),
            HistoricalDataPathList: z.array(anyText).optional(),
            RoleArn: anyText.optional(),
            TemplatedPathList: z.array(anyText).optional(),
          })
          .optional(),
      })
      .optional()
      .describe("No meaning: rows are read from the database, no files travel through S3."),
    s3_bucket: anyText.optional().describe("No meaning: see metric_source."),
    s3_path_continuous_root: anyText.optional().describe("No meaning: see metric_source."),
    alert_name: z.string().max(63).optional().describe("An alert of this name writes the groups it tells to CSV files (channel export)."),
    alert_threshold: severity.optional().describe("Groups of this severity or more; default 70."),
    alert_description: description.optional().describe("Sent with each message."),
    alert_lambda_arn: anyText.optional().describe("Can't be invoked from here: a warning says so."),
    offset: offsetSeconds.default(0).describe("Seconds to wait after an interval ends before reading it."),
    secret_name: z.string().min(1, "empty").max(512).describe("Name of a file in the folder of secrets, in the original's JSON form."),
    timezone: z.string().max(60).default("UTC").describe("Ours: IANA zone of the dataset."),
    query_file: path.optional().describe("Ours: one SELECT with :start and :end instead of the two files."),
    historical_query_file: path.optional().describe("Ours: default historical.sql beside this file."),
    continuous_query_file: path.optional().describe("Ours: default continuous.sql beside this file."),
  })
  .describe("params.json of the original connector.");

export type ParamsFile = z.output<typeof paramsSchema>;
