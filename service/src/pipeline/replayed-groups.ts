/**
 * Groups while the past is told again. A correction walks over many intervals, and most groups come out as they were: what
 * explains a group is looked for when it is known that it has changed, not at each interval that it goes through.
 *
 * What explains it is that of its peak; the newest revision stored may tell of a later peak, which has just been taken back.
 */
import type { AnomalyGroup } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { StoredGroup } from "../store/store.ts";
import { evidenceOfAttempt } from "./evidence.ts";
import { explainGroups } from "./explain-groups.ts";
import type { ReplayStep } from "./replay.ts";
import { isSameGroup } from "./revise-groups.ts";
import type { SeriesTable } from "./series-table.ts";
import type { System } from "./system.ts";

/** Ended groups that wait for their explanation: bounds the intervals that are kept for it. */
const WAITING_MAX = 100;

export interface ReplayedGroupsContext {
  readonly detector: Detector;
  readonly table: SeriesTable;
  /** start of the first changed interval */
  readonly fromMs: number;
  readonly knownAtMs: number;
}

interface Walked {
  readonly group: AnomalyGroup;
  readonly step: ReplayStep;
  /** where this peak was first seen: at the peak itself, or at the first interval of the walk */
  readonly peak: { readonly group: AnomalyGroup; readonly step: ReplayStep };
}

export class ReplayedGroups {
  readonly #context: ReplayedGroupsContext;
  readonly #system: System;
  readonly #walked = new Map<string, Walked>();
  readonly #ended: Walked[] = [];
  readonly #changed: StoredGroup[] = [];
  readonly #ids = new Set<string>();

  constructor(context: ReplayedGroupsContext, system: System) {
    this.#context = context;
    this.#system = system;
  }

  /** Groups that an interval has changed, as they are after it. */
  async add(groups: readonly AnomalyGroup[], step: ReplayStep): Promise<void> {
    for (const group of groups) {
      const before = this.#walked.get(group.id);
      const walked = { group, step, peak: before !== undefined && before.group.peakMs === group.peakMs ? before.peak : { group, step } };
      if (group.status === "open") this.#walked.set(group.id, walked);
      else {
        this.#walked.delete(group.id);
        this.#ended.push(walked);
      }
    }
    if (this.#ended.length > WAITING_MAX) await this.#settle(this.#ended.splice(0));
  }

  /** @returns those that are not as the store has them, explained, and the ids of all that the changed intervals have */
  async finish(): Promise<{ readonly changed: readonly StoredGroup[]; readonly ids: ReadonlySet<string> }> {
    await this.#settle([...this.#ended.splice(0), ...this.#walked.values()]);
    return { changed: this.#changed, ids: this.#ids };
  }

  async #settle(walked: readonly Walked[]): Promise<void> {
    const { groups } = this.#system.store;
    const differing: Walked[] = [];
    const explained = new Map<string, StoredGroup>();
    for (const each of walked) {
      if (each.step.record.interval.startMs < this.#context.fromMs) continue; // nothing of it is new
      this.#ids.add(each.group.id);
      const stored = await groups.get(each.group.id);
      if (stored !== null && isSameGroup(stored.group, each.group)) continue;
      differing.push(each);
      if (each.peak.step.record.interval.startMs === each.group.peakMs) continue;
      const told = (await groups.revisions(each.group.id)).findLast(({ group }) => group.peakMs === each.group.peakMs);
      if (told !== undefined) explained.set(each.group.id, told);
    }
    const atPeak = differing.filter(({ group }) => !explained.has(group.id));
    for (const stored of await this.#explain(atPeak.map(({ peak }) => peak), () => null)) explained.set(stored.group.id, stored);
    const later = differing.filter(({ group, step, peak }) => step !== peak.step || explained.get(group.id)!.group !== group);
    for (const stored of await this.#explain(later, (id) => explained.get(id)!)) explained.set(stored.group.id, stored);
    this.#changed.push(...differing.map(({ group }) => explained.get(group.id)!));
  }

  /** Groups of one interval together: where a measure deviates in it is looked at once. */
  async #explain(groups: readonly Pick<Walked, "group" | "step">[], previous: (id: string) => StoredGroup | null): Promise<StoredGroup[]> {
    const { detector, table, knownAtMs } = this.#context;
    const explained: StoredGroup[] = [];
    for (const step of new Set(groups.map((each) => each.step))) {
      const { record, batch, judged } = step;
      const evidence = await evidenceOfAttempt(detector, record.interval, batch?.attemptId ?? record.attemptId, this.#system);
      const own = groups.filter((each) => each.step === step).map(({ group }) => group);
      explained.push(...(await explainGroups(own, { detector, table, judged, evidence, quality: batch?.quality ?? null, system: this.#system, previous: (id) => Promise.resolve(previous(id)), knownAtMs })));
    }
    return explained;
  }
}
