/** Follows an activation until the detector is no longer ACTIVATING, with a line of progress. */
import type { Client } from "../api/client.ts";
import type { OutputOf } from "../api/operations/index.ts";
import type { CommandContext } from "./commands.ts";
import type { ProgressStep } from "./progress.ts";

/** Often enough that seconds don't feel long, seldom enough that nobody notices the asking. */
const POLL_MS = 250;

export async function waitUntilSettled(detector: string, client: Client, { progress, signal }: Pick<CommandContext, "progress" | "signal">): Promise<OutputOf<"getDetector">> {
  // Not before it is needed: in this process the activation is over when this is called.
  let step: ProgressStep | null = null;
  try {
    for (;;) {
      signal.throwIfAborted();
      const now = await client.call("getDetector", { detector });
      if (now.status !== "ACTIVATING") {
        if (now.status === "FAILED") step?.fail();
        else step?.end(`${now.status}, ${now.series.leaves + now.series.rollUps} series`);
        return now;
      }
      step ??= progress.step("activate");
      step.update(0, "reading and learning the history");
      await pause(POLL_MS, signal);
    }
  } catch (error) {
    step?.fail();
    throw error;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal.addEventListener("abort", abort, { once: true });
  });
}
