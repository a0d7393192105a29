import type { Cause } from "../api/types.ts";
import { useTheme } from "../app/theme.ts";
import { formatNumber, formatShare } from "../format/format-number.ts";
import { paletteOf } from "./palette.ts";

/** What was expected of a cause and what came, as two bars of one scale, with both figures in words. */
export function CauseBars({ cause, scale }: { cause: Pick<Cause, "name" | "expected" | "actual" | "change">; scale: number }) {
  const palette = paletteOf(useTheme());
  const rows = [
    { label: "expected", value: cause.expected, colour: palette.expected },
    { label: "actual", value: cause.actual, colour: palette.anomaly },
  ];
  return (
    <div className="cause-bars">
      {rows.map(({ label, value, colour }) => (
        <div key={label} className="cause-bar">
          <span className="cause-bar-label">{label}</span>
          <span className="cause-bar-track" aria-hidden="true">
            <span style={{ width: `${barWidth(value, scale)}%`, background: colour }} />
          </span>
          <span className="cause-bar-value">
            {formatNumber(value)} {label === "actual" && cause.change !== null && <b>{formatShare(cause.change)}</b>}
          </span>
        </div>
      ))}
    </div>
  );
}

/** 0 to 100; what is below zero has no bar, its figure says it. */
export function barWidth(value: number | null, scale: number): number {
  return value === null || !(scale > 0) ? 0 : Math.min(100, Math.max(0, (100 * value) / scale));
}
