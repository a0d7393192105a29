/** Lookout's S3SourceConfig (the same in its API and in params.json) → settings of the connector s3. */
import type { ParamsFile } from "./params-schema.ts";

export type S3SourceConfig = NonNullable<NonNullable<ParamsFile["metric_source"]>["S3SourceConfig"]>;

/**
 * What isn't given is found out from the files. RoleArn has no meaning here: its trust is for Lookout's service alone.
 *
 * @example s3SettingsOf({ TemplatedPathList: ["s3://b/{{yyyy}}/"] }) // → { path: "s3://b/{{yyyy}}/" }
 */
export function s3SettingsOf({ TemplatedPathList, HistoricalDataPathList, FileFormatDescriptor }: S3SourceConfig): Readonly<Record<string, unknown>> {
  const path = TemplatedPathList?.[0];
  const past = HistoricalDataPathList?.[0];
  const format = formatOf(FileFormatDescriptor);
  return {
    ...(path !== undefined && path !== "" && { path }),
    ...(past !== undefined && past !== "" && { historicalPath: past }),
    ...(format !== null && { format }),
  };
}

function formatOf(descriptor: S3SourceConfig["FileFormatDescriptor"]): Readonly<Record<string, unknown>> | null {
  const { CsvFormatDescriptor: csv, JsonFormatDescriptor: json } = descriptor ?? {};
  if (csv !== undefined) {
    const { Charset, ContainsHeader, Delimiter, FileCompression, HeaderList, QuoteSymbol } = csv;
    const hasHeader = ContainsHeader ?? HeaderList === undefined;
    return {
      kind: "csv",
      header: hasHeader,
      ...(!hasHeader && HeaderList !== undefined && { columns: HeaderList }),
      ...(Delimiter !== undefined && { delimiter: Delimiter }),
      ...(QuoteSymbol !== undefined && { quote: QuoteSymbol }),
      ...common(Charset, FileCompression),
    };
  }
  return json === undefined ? null : { kind: "json", ...common(json.Charset, json.FileCompression) };
}

function common(charset: string | undefined, compression: string | undefined): Readonly<Record<string, unknown>> {
  return { ...(charset !== undefined && { charset: charset.toLowerCase() }), ...(compression !== undefined && { compression: compression.toLowerCase() }) };
}
