/** A dimension of a list of leaves, dictionary-encoded. */
export interface DimensionColumn {
  readonly name: string;
  /** the values that occur; null is a value of its own */
  readonly values: readonly (string | null)[];
  /** [leaf] index into `values` */
  readonly codes: Int32Array;
}

/**
 * Dictionary-encodes the dimensions of leaves given as rows. Values are sorted (null first, then code units), so that
 * nothing computed from the columns depends on the order of rows.
 *
 * @example
 * dimensionColumns(["platform"], [["web"], ["ios"], ["web"]])
 * // → [{ name: "platform", values: ["ios", "web"], codes: Int32Array [1, 0, 1] }]
 */
export function dimensionColumns(names: readonly string[], rows: readonly (readonly (string | null)[])[]): DimensionColumn[] {
  return names.map((name, d) => {
    const values = [...new Set(rows.map((row) => row[d]!))].sort(compareValues);
    const codeOf = new Map(values.map((value, code) => [value, code]));
    return { name, values, codes: Int32Array.from(rows, (row) => codeOf.get(row[d]!)!) };
  });
}

export function compareValues(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
