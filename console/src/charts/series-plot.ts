/**
 * From a picture to uPlot's options: pure but for the drawing hooks that uPlot calls with its canvas. Each state has a
 * look of its own, told by shape and not by colour alone:
 * filled disc = anomaly of this group · ring = another anomaly · diamond = held back · hatching = missing · grey = learning.
 */
import uPlot from "uplot";
import { formatCompact } from "../format/format-number.ts";
import type { Palette } from "./palette.ts";
import type { Mark, SeriesPicture, Span } from "./series-picture.ts";

export interface PlotSettings {
  readonly width: number;
  readonly height: number;
  readonly palette: Palette;
  readonly zone: string;
  /** x range at first, epoch seconds; null = all */
  readonly range: readonly [number, number] | null;
  readonly onCursor: (index: number | null) => void;
}

const FONT = '12px "Open Sans", "Helvetica Neue", Roboto, Arial, sans-serif';

export function plotData({ x, actual, expected, lower, upper, compared }: SeriesPicture): uPlot.AlignedData {
  return [x, upper, lower, expected, compared, actual];
}

export function plotOptions(picture: SeriesPicture, { width, height, palette, zone, range, onCursor }: PlotSettings): uPlot.Options {
  const line = (label: string, stroke: string, lineWidth: number, dash?: number[]): uPlot.Series => ({
    label,
    stroke,
    width: lineWidth,
    spanGaps: false,
    points: { show: false },
    ...(dash !== undefined && { dash }),
  });
  const axis = { stroke: palette.axis, font: FONT, grid: { stroke: palette.grid, width: 1 }, ticks: { stroke: palette.grid, width: 1 } };
  return {
    width,
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false }, points: { size: 8 } },
    scales: { x: range === null ? {} : { min: range[0], max: range[1] }, y: { range: (_, __, max) => yRange(picture, max) } },
    series: [
      {},
      line("upper", "transparent", 0),
      line("lower", "transparent", 0),
      line("expected", palette.expected, 1.25, [5, 4]),
      line("compared", palette.compared, 1.25, [2, 3]),
      line("actual", palette.actual, 1.75),
    ],
    bands: [{ series: [1, 2], fill: palette.band }],
    axes: [
      { ...axis, space: 72, values: (_, splits, __, ___, step) => splits.map((seconds) => tickText(seconds, step, zone)) },
      { ...axis, size: 56, space: 36, values: (_, splits) => splits.map(formatCompact) },
    ],
    hooks: {
      drawClear: [(plot) => drawSpans(plot, picture.spans, palette)],
      draw: [(plot) => drawMarks(plot, picture, palette)],
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
    },
  };
}

/**
 * Zero is always in the picture, so that a fall looks as deep as it is; with room below it for a mark that sits there.
 * The band does not count downwards: what is never negative needs no negative axis for its lower edge.
 */
function yRange({ actual, expected }: SeriesPicture, max: number | null): uPlot.Range.MinMax {
  const least = [...actual, ...expected].reduce<number>((low, value) => Math.min(low, value ?? 0), 0);
  const most = Math.max(0, max ?? 0);
  if (most === least) return [0, 1]; // nothing but zeros, or nothing at all
  const room = (most - least) * 0.05;
  return [least - room, most + room];
}

function tickText(seconds: number, stepSeconds: number, zone: string): string {
  const date = new Date(seconds * 1000);
  const day = new Intl.DateTimeFormat("en-GB", { timeZone: zone, day: "numeric", month: "short" }).format(date);
  if (stepSeconds >= 86_400) return day;
  const time = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date);
  return time === "00:00" ? day : time;
}

function drawSpans(plot: uPlot, spans: readonly Span[], palette: Palette): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { what, from, to } of spans) {
    const left = plot.valToPos(from, "x", true);
    const width = Math.max(2, plot.valToPos(to, "x", true) - left);
    if (left > bbox.left + bbox.width || left + width < bbox.left) continue;
    if (what === "missing") hatch(ctx, { left, top: bbox.top, width, height: bbox.height }, palette.missing);
    else if (what !== "history") {
      ctx.fillStyle = what === "group" ? palette.group : palette.learning;
      ctx.fillRect(left, bbox.top, width, bbox.height);
    }
    if (what === "learning" || what === "history") label(ctx, what === "learning" ? "learning: not judged yet" : "history: learned from", { left, width, top: bbox.top, bbox, colour: palette.axis });
  }
  ctx.restore();
}

function label(ctx: CanvasRenderingContext2D, text: string, { left, width, top, bbox, colour }: { left: number; width: number; top: number; bbox: uPlot.BBox; colour: string }): void {
  const ratio = devicePixelRatio;
  const shownLeft = Math.max(left, bbox.left);
  const shownWidth = Math.min(left + width, bbox.left + bbox.width) - shownLeft;
  ctx.font = `${12 * ratio}px "Open Sans", sans-serif`;
  if (ctx.measureText(text).width + 12 * ratio > shownWidth) return;
  ctx.fillStyle = colour;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.fillText(text, shownLeft + 6 * ratio, top + 5 * ratio);
}

function hatch(ctx: CanvasRenderingContext2D, { left, top, width, height }: uPlot.BBox, colour: string): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.globalAlpha = 0.55;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  const step = 7 * devicePixelRatio;
  for (let offset = -height; offset < width; offset += step) {
    ctx.moveTo(left + offset, top + height);
    ctx.lineTo(left + offset + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

function drawMarks(plot: uPlot, { marks, lonely, x, actual }: SeriesPicture, palette: Palette): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = palette.actual;
  for (const index of lonely) disc(ctx, plot.valToPos(x[index]!, "x", true), plot.valToPos(actual[index]!, "y", true), 2.2 * ratio);
  for (const mark of marks) drawMark(ctx, mark, { left: plot.valToPos(mark.x, "x", true), top: plot.valToPos(mark.y, "y", true), ratio, palette });
  ctx.restore();
}

function drawMark(
  ctx: CanvasRenderingContext2D,
  { heldBack, inGroup, valueMissing }: Mark,
  { left, top, ratio, palette }: { left: number; top: number; ratio: number; palette: Palette },
): void {
  ctx.lineWidth = 1.75 * ratio;
  if (heldBack !== null) {
    const r = 5 * ratio;
    ctx.strokeStyle = palette.heldBack;
    ctx.fillStyle = palette.background;
    ctx.beginPath();
    ctx.moveTo(left, top - r);
    ctx.lineTo(left + r, top);
    ctx.lineTo(left, top + r);
    ctx.lineTo(left - r, top);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
    return;
  }
  ctx.strokeStyle = palette.anomaly;
  ctx.fillStyle = inGroup && !valueMissing ? palette.anomaly : palette.background;
  disc(ctx, left, top, 4.5 * ratio);
  ctx.stroke();
  if (!valueMissing) return;
  // A cross in the ring: nothing arrived here, although this much was expected.
  const r = 2.5 * ratio;
  ctx.beginPath();
  ctx.moveTo(left - r, top - r);
  ctx.lineTo(left + r, top + r);
  ctx.moveTo(left + r, top - r);
  ctx.lineTo(left - r, top + r);
  ctx.stroke();
}

function disc(ctx: CanvasRenderingContext2D, left: number, top: number, radius: number): void {
  ctx.beginPath();
  ctx.arc(left, top, radius, 0, 2 * Math.PI);
  ctx.fill();
}
