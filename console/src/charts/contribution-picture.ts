/** One dimension's contributions as parts of a bar: the largest first, the small ones together. Pure; sums to 100. */
import type { Contribution } from "../api/types.ts";

export interface ContributionPart {
  /** "others" stands for several values */
  readonly label: string;
  readonly share: number;
  readonly direction: "up" | "down" | "none";
  readonly actual: number | null;
  readonly expected: number | null;
  readonly isOthers: boolean;
}

/** Values that get a part of their own. */
const PARTS_MAX = 7;
/** A smaller share is no wider than its border. */
const SHARE_MIN = 1;

export function contributionParts({ values }: Contribution): ContributionPart[] {
  const sorted = [...values].sort((a, b) => b.score - a.score);
  const own = sorted.filter(({ score }, i) => i < PARTS_MAX && score >= SHARE_MIN);
  const others = sorted.slice(own.length).filter(({ score }) => score > 0);
  const parts: ContributionPart[] = own.map(({ value, score, direction, actual, expected }) => ({
    label: value ?? "null",
    share: score,
    direction,
    actual,
    expected,
    isOthers: false,
  }));
  if (others.length === 0) return parts;
  const share = others.reduce((sum, { score }) => sum + score, 0);
  parts.push({ label: others.length === 1 ? (others[0]!.value ?? "null") : `${others.length} others`, share, direction: "none", actual: null, expected: null, isOthers: true });
  return parts;
}
