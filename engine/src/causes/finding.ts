/** Segments found together: one, or several of one set of dimensions that changed by one ratio. */
export interface Finding {
  /** [segment][dimension of the cube] a code, or the dimension's size for ANY */
  readonly segments: readonly (readonly number[])[];
  /** nats above the price, of all of them together */
  readonly gain: number;
  /** the common change: 1 = as expected */
  readonly ratio: number;
  /** set when the segments are some of the values of `dimension` below `parent`: all of them except the quiet ones */
  readonly within: { readonly parent: readonly number[]; readonly dimension: number } | null;
}

/** A finding and the segment that the greedy search gave. */
export interface Rooted extends Finding {
  readonly root: readonly number[];
  readonly rootGain: number;
}

export function segmentsText(findings: readonly Finding[]): string {
  return JSON.stringify(findings.map(({ segments }) => segments));
}
