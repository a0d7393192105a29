import type { Detector } from "../../../src/resources/detector.ts";
import type { SimWorld } from "../sim-world.ts";
import { iso, Violation } from "../violation.ts";

/** What was known at an instant, as it was answered when somebody first asked. */
export interface Answer {
  readonly asOfMs: number;
  readonly text: string;
}

/** Answers remembered; each is asked for again whenever the checker runs. */
const ANSWERS_MAX = 3;

/** "What did you know at 9:05?" is answered the same for ever after, whatever the clocks of those who commit say. */
export async function asOfAnswers(world: SimWorld, detector: Detector): Promise<void> {
  for (const { asOfMs, text } of world.answers) {
    const now = await answer(world, detector, asOfMs);
    if (now !== text) throw new Violation("as-of answers never change", `${iso(asOfMs)} was answered\n${firstDifference(text, now)}`);
  }
  if (world.answers.length === ANSWERS_MAX) world.answers.splice(Math.floor(world.random() * ANSWERS_MAX), 1);
  const asOfMs = world.scheduler.nowMs - Math.floor(world.random() ** 2 * world.lengthMs);
  world.answers.push({ asOfMs, text: await answer(world, detector, asOfMs) });
}

/** What the API would say: the instant is fixed first, so that nothing can become known in it any more. */
async function answer({ store, seriesCountMax }: SimWorld, { id, generation, liveFromMs, headMs }: Detector, asOfMs: number): Promise<string> {
  await store.fixInstant([id], asOfMs);
  const lines: string[] = [];
  const range = { startMs: liveFromMs!, endMs: headMs!, asOfMs };
  for (const { interval, version, status } of await store.intervals.list(id, { ...range, limit: 1000 })) lines.push(`interval ${iso(interval.startMs)} ${version} ${status}`);
  const numbers = Array.from({ length: seriesCountMax }, (_, s) => s);
  for (const { series, startMs, value, severity } of await store.segments.readSeries(id, generation, numbers, range)) {
    for (let t = 0; t < startMs.length; t++) lines.push(`point ${series} ${iso(startMs[t])} ${value[t]} ${severity[t]}`);
  }
  for (const { group } of (await store.groups.list({ detectorId: id, asOfMs, limit: 1000 })).groups) lines.push(`group ${group.id} ${group.revision} ${group.status} ${group.severity}`);
  for (const { key, status, attempts } of await store.deliveries.list({ detectorId: id, asOfMs, limit: 1000 })) lines.push(`delivery ${key} ${status} ${attempts}`);
  return lines.sort().join("\n");
}

function firstDifference(was: string, is: string): string {
  const [a, b] = [was.split("\n"), is.split("\n")];
  const gone = a.filter((line) => !b.includes(line)).slice(0, 3);
  const come = b.filter((line) => !a.includes(line)).slice(0, 3);
  return [...gone.map((line) => `- ${line}`), ...come.map((line) => `+ ${line}`)].join("\n");
}
