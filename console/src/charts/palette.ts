/** Colours of the charts. Each pair has at least 3:1 against its background; meaning never hangs on colour alone. */
import type { Theme } from "../app/theme.ts";

export interface Palette {
  readonly actual: string;
  readonly expected: string;
  readonly band: string;
  readonly compared: string;
  readonly anomaly: string;
  readonly heldBack: string;
  readonly missing: string;
  readonly learning: string;
  readonly group: string;
  readonly axis: string;
  readonly grid: string;
  readonly background: string;
  /** for contribution bars, in order; the last is for "others" */
  readonly values: readonly string[];
}

const LIGHT: Palette = {
  actual: "#0f3b57",
  expected: "#3a86c8",
  band: "rgba(58, 134, 200, 0.16)",
  compared: "#8a6d3b",
  anomaly: "#d13212",
  heldBack: "#8a5a00",
  missing: "#6b7280",
  learning: "rgba(107, 114, 128, 0.14)",
  group: "rgba(209, 50, 18, 0.09)",
  axis: "#424650",
  grid: "#e4e6ea",
  background: "#ffffff",
  values: ["#d13212", "#b5651d", "#2f6fb0", "#2e7d5b", "#7a4fa3", "#a33b6b", "#4f6b7a", "#9aa0a9"],
};

const DARK: Palette = {
  actual: "#dfeaf2",
  expected: "#62aef0",
  band: "rgba(98, 174, 240, 0.22)",
  compared: "#d9b56a",
  anomaly: "#ff7b66",
  heldBack: "#f0b53c",
  missing: "#9ba3af",
  learning: "rgba(155, 163, 175, 0.18)",
  group: "rgba(255, 123, 102, 0.16)",
  axis: "#c6c6cd",
  grid: "#2f3743",
  background: "#161d26",
  values: ["#ff7b66", "#e2a05a", "#62aef0", "#6cc7a0", "#b694dd", "#e084ad", "#93aebc", "#6f7783"],
};

export function paletteOf(theme: Theme): Palette {
  return theme === "dark" ? DARK : LIGHT;
}
