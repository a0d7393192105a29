/**
 * How well scores find labelled events. One threshold for a whole set; what is counted is what a person would see: an
 * alarm is a run of high scores, an event a run of labelled rows.
 *
 * - Alarm: a maximal set of points with score ≥ t, consecutive members with at most 3 points below t between them.
 * - An alarm is true when it overlaps [s − 1, e + 2] of an event [s, e]; an event is found when some alarm overlaps that.
 * - Delay-F1 (the adjusted rule of the IOPS competition, delay 3): when a point of [s, s + 3] reaches t, all rows of the
 *   event are true positives, else all are missed; points ≥ t outside events are false positives.
 * - Alarms may cover at most max(10 %, 2 × labelled share) of the scored points: one endless alarm can't win.
 */
export interface ScoredSeries {
  /** [interval] scores of the scored part; NaN = not scored */
  readonly scores: Float64Array;
  /** [interval] 1 = anomalous */
  readonly labels: Uint8Array;
  /** [interval] 1 = a row was given */
  readonly present: Uint8Array;
}

export interface Counts {
  readonly alarms: number;
  readonly trueAlarms: number;
  readonly events: number;
  readonly foundEvents: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  /** intervals from the first to the last member of each alarm, summed */
  readonly covered: number;
}

const GAP = 3;
const EARLY = 1;
const LATE = 2;
const DELAY = 3;

interface Prepared {
  readonly starts: number[];
  readonly ends: number[];
  readonly rows: number[]; // labelled rows per event
  readonly at: Int32Array; // points that can matter, in time order
  readonly score: Float64Array;
  readonly event: Int32Array; // index of the event a point lies in, −1 outside
}

export class EventScorer {
  readonly pointCount: number;
  readonly eventCount: number;
  private readonly prepared: Prepared[];
  private readonly coverageMax: number;
  readonly thresholds: Float64Array;

  constructor(series: readonly ScoredSeries[]) {
    let points = 0;
    let labelled = 0;
    const pooled: number[] = [];
    for (const { scores, labels, present } of series) {
      for (let t = 0; t < scores.length; t++) {
        if (present[t] === 0) continue;
        points++;
        labelled += labels[t];
        if (scores[t] > 0) pooled.push(scores[t]);
      }
    }
    const sorted = Float64Array.from(pooled).sort().reverse();
    this.pointCount = points;
    this.coverageMax = Math.max(0.1, (2 * labelled) / points) * points;
    // A threshold that more points reach than alarms may cover can't be chosen: such points never matter.
    const lowest = sorted.length > this.coverageMax ? sorted[Math.floor(this.coverageMax)] : 0;
    this.thresholds = chooseThresholds(sorted, lowest);
    this.prepared = series.map((each) => prepare(each, lowest));
    this.eventCount = this.prepared.reduce((sum, each) => sum + each.starts.length, 0);
  }

  /** Everything that is counted at one threshold. */
  at(threshold: number): Counts {
    let alarms = 0;
    let trueAlarms = 0;
    let foundEvents = 0;
    let truePositives = 0;
    let falsePositives = 0;
    let falseNegatives = 0;
    let covered = 0;
    for (const { starts, ends, rows, at, score, event } of this.prepared) {
      const found = new Uint8Array(starts.length);
      const inTime = new Uint8Array(starts.length);
      let first = -1;
      let last = -1;
      let next = 0; // first event that may still be overlapped
      const close = () => {
        if (first < 0) return;
        alarms++;
        covered += last - first + 1;
        while (next < starts.length && ends[next] + LATE < first) next++;
        let isTrue = false;
        for (let e = next; e < starts.length && starts[e] - EARLY <= last; e++) {
          found[e] = 1;
          isTrue = true;
        }
        if (isTrue) trueAlarms++;
      };
      for (let i = 0; i < at.length; i++) {
        if (!(score[i] >= threshold)) continue;
        const t = at[i];
        if (first < 0 || t - last > GAP + 1) {
          close();
          first = t;
        }
        last = t;
        const e = event[i];
        if (e < 0) falsePositives++;
        else if (t <= starts[e] + DELAY) inTime[e] = 1;
      }
      close();
      for (let e = 0; e < starts.length; e++) {
        foundEvents += found[e];
        if (inTime[e] === 1) truePositives += rows[e];
        else falseNegatives += rows[e];
      }
    }
    const events = this.eventCount;
    return { alarms, trueAlarms, events, foundEvents, truePositives, falsePositives, falseNegatives, covered };
  }

  /** Whether alarms cover no more than they may at this threshold. */
  allowed(counts: Counts): boolean {
    return counts.covered <= this.coverageMax;
  }

  eventF1(counts: Counts): number {
    if (!this.allowed(counts) || counts.trueAlarms === 0) return 0;
    const precision = counts.trueAlarms / counts.alarms;
    const recall = counts.foundEvents / counts.events;
    return (2 * precision * recall) / (precision + recall);
  }

  delayF1(counts: Counts): number {
    if (!this.allowed(counts)) return 0;
    return (2 * counts.truePositives) / (2 * counts.truePositives + counts.falsePositives + counts.falseNegatives);
  }

  /** Best F1s over all thresholds and the area under the event precision–recall curve. */
  best(): { eventF1: number; eventThreshold: number; delayF1: number; averagePrecision: number } {
    let eventF1 = 0;
    let eventThreshold = NaN;
    let delayF1 = 0;
    let averagePrecision = 0;
    let recallBefore = 0;
    for (const threshold of this.thresholds) {
      const counts = this.at(threshold);
      const f1 = this.eventF1(counts);
      if (f1 > eventF1) {
        eventF1 = f1;
        eventThreshold = threshold;
      }
      delayF1 = Math.max(delayF1, this.delayF1(counts));
      if (counts.alarms === 0 || !this.allowed(counts)) continue;
      const recall = counts.foundEvents / counts.events;
      if (recall > recallBefore) {
        averagePrecision += (counts.trueAlarms / counts.alarms) * (recall - recallBefore);
        recallBefore = recall;
      }
    }
    return { eventF1, eventThreshold, delayF1, averagePrecision };
  }
}

/** By rank and by value in steps of at most 1.5 %, from high to low: by rank alone one runaway series hides the best. */
function chooseThresholds(sorted: Float64Array, lowest: number): Float64Array {
  const chosen = new Set<number>();
  for (let rank = 1; rank <= sorted.length && sorted[rank - 1] >= lowest; rank = Math.max(rank + 1, Math.floor(rank * 1.015))) {
    chosen.add(sorted[rank - 1]);
  }
  const top = sorted.length > 0 ? sorted[0] : 0;
  const bottom = Math.max(lowest, 1e-3 * top, 0.01);
  for (let value = Math.min(top, 1e4); value >= bottom; value /= 1.015) chosen.add(value);
  return Float64Array.from(chosen).sort().reverse();
}

function prepare({ scores, labels, present }: ScoredSeries, lowest: number): Prepared {
  const starts: number[] = [];
  const ends: number[] = [];
  const rows: number[] = [];
  const at: number[] = [];
  const event: number[] = [];
  let open = false;
  for (let t = 0; t < scores.length; t++) {
    if (present[t] === 0) continue;
    if (labels[t] === 1) {
      if (!open) {
        starts.push(t);
        ends.push(t);
        rows.push(0);
      }
      ends[ends.length - 1] = t;
      rows[rows.length - 1]++;
    }
    open = labels[t] === 1;
    if (scores[t] >= lowest && scores[t] > 0) {
      at.push(t);
      event.push(open ? starts.length - 1 : -1);
    }
  }
  return {
    starts,
    ends,
    rows,
    at: Int32Array.from(at),
    score: Float64Array.from(at, (t) => scores[t]),
    event: Int32Array.from(event),
  };
}

/** The one threshold, the same for all sets, with the best mean event F1, and what each set gets at it. */
export function commonThreshold(scorers: readonly EventScorer[]): { threshold: number; perSet: number[]; mean: number } {
  let best = { threshold: NaN, perSet: [] as number[], mean: -1 };
  for (let threshold = 1000; threshold > 0.05; threshold /= 1.015) {
    const perSet = scorers.map((scorer) => scorer.eventF1(scorer.at(threshold)));
    const mean = perSet.reduce((sum, x) => sum + x, 0) / perSet.length;
    if (mean > best.mean) best = { threshold, perSet, mean };
  }
  return best;
}
