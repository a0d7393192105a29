/** A chart of one series as SVG text: actual, expected, band, severity. A pure function from data to picture. */
export interface ChartData {
  readonly title: string;
  /** [interval] NaN = missing */
  readonly actual: ArrayLike<number>;
  readonly expected: ArrayLike<number>;
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
  /** [interval] 0–100, NaN = none */
  readonly severity: ArrayLike<number>;
  /** [interval] name of the finding, "" where there is none */
  readonly kind: readonly string[];
}

const WIDTH = 760;
const HEIGHT = 260;
const LEFT = 46;
const RIGHT = 12;
const TOP = 34;
const MIDDLE = 190; // end of the values, then severity
const BOTTOM = 242;

export function chart(data: ChartData): string {
  const length = data.actual.length;
  let low = Infinity;
  let high = -Infinity;
  for (let t = 0; t < length; t++) {
    for (const column of [data.actual, data.lower, data.upper]) {
      if (!Number.isFinite(column[t])) continue;
      low = Math.min(low, column[t]);
      high = Math.max(high, column[t]);
    }
  }
  const x = (t: number) => LEFT + (t / (length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => MIDDLE - ((value - low) / (high - low)) * (MIDDLE - TOP);
  const s = (severity: number) => BOTTOM - (severity / 100) * (BOTTOM - MIDDLE - 10);
  const point = (t: number, value: number) => `${x(t).toFixed(1)},${y(value).toFixed(1)}`;

  const band = [
    ...Array.from({ length }, (_, t) => point(t, data.upper[t])),
    ...Array.from({ length }, (_, i) => point(length - 1 - i, data.lower[length - 1 - i])),
  ].join(" ");
  const expected = Array.from({ length }, (_, t) => point(t, data.expected[t])).join(" ");
  const lines = runs(data.actual).map(
    ([from, to]) =>
      `<polyline points="${Array.from({ length: to - from }, (_, i) => point(from + i, data.actual[from + i])).join(" ")}" fill="none" stroke="#0b3d66" stroke-width="1.6"/>`,
  );
  const marks: string[] = [];
  let said = "";
  for (let t = 0; t < length; t++) {
    const severity = data.severity[t];
    if (severity > 0) {
      const colour = data.kind[t] === "" ? "#b8c4ce" : data.kind[t] === "recovery" ? "#2e8540" : "#c0392b";
      marks.push(`<line x1="${x(t).toFixed(1)}" y1="${BOTTOM}" x2="${x(t).toFixed(1)}" y2="${s(severity).toFixed(1)}" stroke="${colour}" stroke-width="3"/>`);
    }
    if (data.kind[t] === "") continue;
    const value = Number.isFinite(data.actual[t]) ? data.actual[t] : data.expected[t];
    const colour = data.kind[t] === "recovery" ? "#2e8540" : "#c0392b";
    marks.push(`<circle cx="${x(t).toFixed(1)}" cy="${y(value).toFixed(1)}" r="3.4" fill="${colour}"/>`);
    if (data.kind[t] !== said) marks.push(`<text x="${x(t).toFixed(1)}" y="${TOP - 4}" font-size="11" fill="${colour}">${data.kind[t]}</text>`);
    said = data.kind[t];
  }
  const threshold = s(70).toFixed(1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" role="img" aria-label="${data.title}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="16" font-size="13" fill="#222222">${data.title}</text>`,
    `<polygon points="${band}" fill="#d6e6f2"/>`,
    `<polyline points="${expected}" fill="none" stroke="#5b9bd5" stroke-width="1" stroke-dasharray="4 3"/>`,
    ...lines,
    `<text x="4" y="${TOP + 8}" font-size="10" fill="#555555">${label(high)}</text>`,
    `<text x="4" y="${MIDDLE}" font-size="10" fill="#555555">${label(low)}</text>`,
    `<line x1="${LEFT}" y1="${threshold}" x2="${WIDTH - RIGHT}" y2="${threshold}" stroke="#c0392b" stroke-width="0.6" stroke-dasharray="3 3"/>`,
    `<text x="4" y="${Number(threshold) + 4}" font-size="10" fill="#555555">sev. 70</text>`,
    ...marks,
    `</svg>\n`,
  ].join("\n");
}

/** A bar chart: one group of bars per measure, one bar per method. */
export function bars(title: string, groups: readonly { name: string; values: readonly number[] }[], methods: readonly string[]): string {
  const colours = ["#0b3d66", "#5b9bd5", "#9cc3e6", "#b8b8b8", "#dddddd"];
  const width = 760;
  const groupWidth = (width - 60) / groups.length;
  const barWidth = (groupWidth - 14) / methods.length;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} 300" font-family="sans-serif" role="img" aria-label="${title}">`,
    `<rect width="${width}" height="300" fill="#ffffff"/>`,
    `<text x="46" y="18" font-size="13" fill="#222222">${title}</text>`,
  ];
  methods.forEach((method, m) => {
    parts.push(`<rect x="${46 + m * 142}" y="28" width="10" height="10" fill="${colours[m]}"/>`);
    parts.push(`<text x="${60 + m * 142}" y="37" font-size="10.5" fill="#333333">${method}</text>`);
  });
  groups.forEach(({ name, values }, g) => {
    values.forEach((value, m) => {
      const height = value * 200;
      const left = 46 + g * groupWidth + m * barWidth;
      parts.push(`<rect x="${left.toFixed(1)}" y="${(262 - height).toFixed(1)}" width="${(barWidth - 1).toFixed(1)}" height="${height.toFixed(1)}" fill="${colours[m]}"/>`);
      if (m === 0) parts.push(`<text x="${left.toFixed(1)}" y="${(258 - height).toFixed(1)}" font-size="9" fill="#0b3d66">${value.toFixed(2)}</text>`);
    });
    parts.push(`<text x="${(46 + g * groupWidth).toFixed(1)}" y="278" font-size="10.5" fill="#333333">${name}</text>`);
  });
  parts.push(`<line x1="46" y1="262" x2="${width - 14}" y2="262" stroke="#888888"/>`, `</svg>\n`);
  return parts.join("\n");
}

/** [from, to) of stretches without missing values. */
function runs(values: ArrayLike<number>): [number, number][] {
  const found: [number, number][] = [];
  let from = -1;
  for (let t = 0; t <= values.length; t++) {
    const there = t < values.length && Number.isFinite(values[t]);
    if (there && from < 0) from = t;
    if (!there && from >= 0) {
      found.push([from, t]);
      from = -1;
    }
  }
  return found;
}

function label(value: number): string {
  return String(Math.round(value * 10) / 10);
}
