import { countEvidence, symmetricEvidence, medianOf, type Evidence } from "./evidence.ts";
import { scan, type Finding } from "./scan.ts";

export interface SearchInput {
  readonly sizes: readonly number[];
  readonly codes: readonly Int32Array[];
  readonly cellOf: Int32Array;
  readonly actual: Float64Array;
  readonly expected: Float64Array;
  readonly spread: Float64Array | null;
}

export function search(input: SearchInput): { total: number | null; findings: Finding[]; noise: number } {
  let { expected, spread } = input;
  const { actual, sizes, cellOf } = input;
  const evidenceOf = (quiet: Uint8Array | null): Evidence => (spread === null ? symmetricEvidence(actual, expected) : countEvidence(actual, expected, spread, quiet));
  const settle = (withTotal: boolean) => {
    let evidence = evidenceOf(null);
    let findings = scan(evidence, { sizes, cellOf }, { withTotal });
    for (let k = 0; k < 2 && spread !== null && evidence.noise > 1.02 && findings.length > 0; k++) {
      const again = evidenceOf(quietLeaves(input, findings));
      if (again.noise > evidence.noise * 0.99) break;
      evidence = again;
      findings = scan(evidence, { sizes, cellOf }, { withTotal });
    }
    return { findings, noise: evidence.noise };
  };
  const first = settle(true);
  const isTotal = (finding: Finding) => finding.segments.some((codes) => codes.every((code, d) => code === sizes[d]));
  if (!first.findings.some(isTotal)) return { total: null, ...first };
  const ratio = spread === null ? plainMedianRatio(actual, expected) : commonRatio(actual, expected, spread);
  expected = expected.map((f) => f * ratio);
  if (spread !== null) spread = spread.map((s) => s * Math.sqrt(ratio));
  return { total: ratio, ...settle(false) };
}

function plainMedianRatio(actual: Float64Array, expected: Float64Array): number {
  return medianOf(Float64Array.from(actual.map((v, i) => v / expected[i]!).filter((r) => r > 0 && r < Infinity)));
}

function quietLeaves({ sizes, codes }: SearchInput, findings: readonly Finding[]): Uint8Array {
  const quiet = new Uint8Array(codes[0]?.length ?? 0).fill(1);
  for (const { segments } of findings) {
    for (const segment of segments) {
      for (let i = 0; i < quiet.length; i++) {
        let inside = true;
        for (let d = 0; d < sizes.length && inside; d++) inside = segment[d] === sizes[d] || segment[d] === codes[d]![i];
        if (inside) quiet[i] = 0;
      }
    }
  }
  return quiet;
}

/** The ratio of all leaves by their weights, without those that clearly moved otherwise. */
function commonRatio(actual: Float64Array, expected: Float64Array, spread: Float64Array): number {
  let ratio = NaN;
  for (let round = 0; round < 6; round++) {
    let w = 0;
    let a = 0;
    for (let i = 0; i < actual.length; i++) {
      const f = expected[i]!;
      if (!(f > 0) || !(actual[i]! >= 0) || !(spread[i]! > 0)) continue;
      const variance = spread[i]! * spread[i]!;
      if (round > 0 && (actual[i]! - ratio * f) ** 2 > 16 * variance * Math.max(ratio, 0.05)) continue;
      w += (f * f) / variance;
      a += (actual[i]! * f) / variance;
    }
    if (w === 0) break;
    ratio = a / w;
  }
  return ratio;
}
