/** How a file of rows is written; the same words in settings, detection and parsers. */
export interface CsvFormat {
  readonly kind: "csv";
  /** one byte */
  readonly delimiter: string;
  /** one byte; null = nothing is quoted */
  readonly quote: string | null;
  readonly hasHeader: boolean;
  /** the columns' names where there is no header */
  readonly columns: readonly string[] | null;
  readonly charset: string;
  readonly compression: Compression;
}

export interface JsonLinesFormat {
  readonly kind: "json";
  readonly charset: string;
  readonly compression: Compression;
}

export interface ParquetFormat {
  readonly kind: "parquet";
}

export type RowFormat = CsvFormat | JsonLinesFormat | ParquetFormat;
export type Compression = "none" | "gzip";
