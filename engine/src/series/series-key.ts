/**
 * What a series is: a measure and sorted (dimension, value) pairs. A dimension that is absent is rolled up (summed
 * over); a value that is null in the data is kept apart from the text "null".
 */
export interface SeriesKey {
  readonly measure: string;
  /** sorted by name; a leaf has all dimensions of its dataset, the total has none */
  readonly dimensions: readonly DimensionValue[];
}

export interface DimensionValue {
  readonly name: string;
  readonly value: string | null;
}

/**
 * One text per key, injective, for maps, sorting and hashes: a JSON array `["views","platform","web"]`, where a null
 * value stays null.
 */
export function seriesKeyText(key: SeriesKey): string {
  const parts: (string | null)[] = [key.measure];
  for (const { name, value } of key.dimensions) parts.push(name, value);
  return JSON.stringify(parts);
}

/** Builds a key with its dimensions in order of name (code units, the same on every machine). */
export function seriesKey(measure: string, dimensions: readonly DimensionValue[]): SeriesKey {
  return { measure, dimensions: [...dimensions].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)) };
}
