/** The demo's steps: each is shown while it runs and timed for the document. */
import type { Progress, ProgressStep } from "../cli/progress.ts";
import type { DemoStep } from "./demo-document.ts";

export interface StepFigures {
  readonly rows: number | null;
  readonly series: number | null;
  readonly intervals: number | null;
}

/** What a step hands back: its result, its figures, and a line for people. */
export interface StepOutcome<T> {
  readonly result: T;
  readonly figures?: Partial<StepFigures>;
  readonly summary: string;
}

export class StepTimer {
  readonly steps: DemoStep[] = [];
  readonly #progress: Progress;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  /** `total` is what `update` counts to. */
  async run<T>(name: DemoStep["name"], total: number | undefined, work: (step: ProgressStep) => Promise<StepOutcome<T>>): Promise<T> {
    const step = this.#progress.step(name, total);
    const startedMs = performance.now();
    try {
      const { result, figures, summary } = await work(step);
      step.end(summary);
      this.add(name, (performance.now() - startedMs) / 1000, figures);
      return result;
    } catch (error) {
      step.fail();
      throw error;
    }
  }

  /** A step that was timed elsewhere. */
  add(name: DemoStep["name"], seconds: number, { rows = null, series = null, intervals = null }: Partial<StepFigures> = {}): void {
    this.steps.push({ name, seconds: Number(seconds.toFixed(3)), rows, series, intervals });
  }
}

/** `1,380,468 rows` */
export function countText(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}`;
}
