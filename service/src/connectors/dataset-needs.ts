import { isCounted, type DetectorConfig } from "../resources/detector.ts";
import type { DatasetNeeds } from "./connector.ts";

/** What a source of files needs to know of a configuration. */
export function datasetNeeds({ frequency, timestamp, measures, dimensions }: Pick<DetectorConfig, "frequency" | "timestamp" | "measures" | "dimensions">): DatasetNeeds {
  const numbers = [...new Set(measures.filter(({ aggregation }) => !isCounted(aggregation)).flatMap(({ column, denominator }) => (denominator === undefined ? [column] : [column, denominator])))];
  const counted = measures.filter(({ aggregation }) => isCounted(aggregation)).map(({ column }) => column);
  const texts = [...new Set([...dimensions, ...counted])].filter((column) => !numbers.includes(column) && column !== timestamp.column);
  return { frequency, timestamp, numbers, texts };
}
