import { KINDS, seriesKeyText, STATUSES, type AnomalyGroup } from "@foretop/engine";
import type { Detector } from "../../../src/resources/detector.ts";
import { runBatch, type BatchRun } from "../batch-oracle.ts";
import type { SimWorld } from "../sim-world.ts";
import { iso, Violation } from "../violation.ts";

/** Bands are stored with 32 bits. */
const NEAR_SHARE = 1e-5;
/** Differences of groups below this are damped on purpose (revise-groups.ts): they make no revision. */
const SEVERITY_DAMPED = 0.51;
const FIGURE_DAMPED_SHARE = 0.021;

/**
 * When nothing has changed for a while, what was told interval by interval is what a batch run over the same rows tells:
 * every point, judgement and group.
 */
export async function streamingIsBatch(world: SimWorld, detector: Detector): Promise<void> {
  const batch = await runBatch(detector, world.table.visible({ startMs: 0, endMs: detector.headMs! }, world.scheduler.nowMs));
  await comparePoints(world, detector, batch);
  await compareGroups(world, detector, batch);
}

async function comparePoints({ store }: SimWorld, detector: Detector, { table, judged }: BatchRun): Promise<void> {
  const stored = await store.series.list(detector.id, detector.generation);
  const streamed = await store.segments.readSeries(detector.id, detector.generation, stored.map(({ number }) => number), { startMs: detector.liveFromMs!, endMs: detector.headMs! });
  const seen = new Set<string>();
  for (const points of streamed) {
    const { keyText } = stored[points.series];
    const s = table.numberOf(stored[points.series].key);
    // A series all of whose rows are gone again is one that batch never saw: it must hold nothing.
    if (s === undefined) continue;
    for (const { data, judgement, input } of judged) {
      const t = points.startMs.indexOf(input.startMs);
      const known = s < data.values.length;
      if (t < 0) {
        if (known) wrong(`${keyText} ${iso(input.startMs)} has no point`);
        continue;
      }
      if (!known) continue; // numbered earlier than in batch: a row that is gone again
      seen.add(`${s} ${input.startMs}`);
      const pairs: [string, number, number][] = [
        ["value", points.value[t], data.values[s]],
        ["expected", points.expected[t], judgement.expected[s]],
        ["severity", points.severity[t], judgement.severity[s]],
      ];
      for (const [what, is, should] of pairs) if (!isNear(is, should, NEAR_SHARE)) wrong(`${keyText} ${iso(input.startMs)}: ${what} is ${is}, batch says ${should}`);
      if (points.kind[t] !== judgement.kind[s]) wrong(`${keyText} ${iso(input.startMs)} is "${KINDS[points.kind[t]]}", batch says "${KINDS[judgement.kind[s]]}"`);
      if (points.status[t] !== judgement.status[s]) wrong(`${keyText} ${iso(input.startMs)} is "${STATUSES[points.status[t]]}", batch says "${STATUSES[judgement.status[s]]}"`);
    }
  }
  const last = judged.at(-1);
  if (last !== undefined) {
    for (let s = 0; s < last.data.values.length; s++) if (!seen.has(`${s} ${last.input.startMs}`)) wrong(`${seriesKeyText(table.keys[s])} is not known`);
  }
}

async function compareGroups({ store }: SimWorld, detector: Detector, { table, groups }: BatchRun): Promise<void> {
  const stored = await store.series.list(detector.id, detector.generation);
  const streamed = (await store.groups.list({ detectorId: detector.id, limit: 1000 })).groups.map(({ group }) => group);
  const name = (group: AnomalyGroup, keyOf: (s: number) => string): string =>
    `${group.measure} ${group.kind} ${group.direction} ${group.status} ${iso(group.startMs)}–${iso(group.lastMs)} ${group.head.map(keyOf).sort().join(" ")}`;
  const is = new Map(streamed.map((group) => [name(group, (s) => stored[s].keyText), group]));
  const should = new Map(groups.map((group) => [name(group, (s) => seriesKeyText(table.keys[s])), group]));
  const extra = [...is.keys()].filter((key) => !should.has(key));
  const lacking = [...should.keys()].filter((key) => !is.has(key));
  if (extra.length + lacking.length > 0) wrong(`groups differ\n${extra.map((key) => `  streaming: ${key}`).join("\n")}\n${lacking.map((key) => `  batch:     ${key}`).join("\n")}`);
  for (const [key, group] of is) {
    const other = should.get(key)!;
    const band = Math.max(group.upper - group.lower, other.upper - other.lower);
    if (Math.abs(group.severity - other.severity) > SEVERITY_DAMPED) wrong(`${key}: severity ${group.severity}, batch says ${other.severity}`);
    for (const what of ["actual", "expected"] as const) {
      if (isNear(group[what], other[what], NEAR_SHARE) || Math.abs(group[what] - other[what]) <= FIGURE_DAMPED_SHARE * band) continue;
      wrong(`${key}: ${what} is ${group[what]}, batch says ${other[what]}`);
    }
  }
}

function wrong(message: string): never {
  throw new Violation("streaming is batch", message);
}

function isNear(a: number, b: number, share: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= share * Math.max(Math.abs(a), Math.abs(b), 1e-9);
}
