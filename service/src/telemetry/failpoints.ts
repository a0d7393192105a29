/**
 * Named places where tests let the process die: `FORETOP_FAILPOINT=commit.before` ends it there as if the power had
 * gone, `commit.before:3` at the third pass. All names are in this list, so that a test can walk through every one.
 */
export const FAILPOINTS = [
  "crawl.before",
  "crawl.attempt-opened",
  "crawl.rows-read",
  "crawl.attempt-closed",
  "history.crawled",
  "history.learned",
  "segment.before-write",
  "segment.half-written",
  "segment.before-rename",
  "segment.after-rename",
  "commit.before",
  "commit.inside",
  "commit.after",
  "checkpoint.before",
  "checkpoint.written",
  "checkpoint.after",
  "delivery.before-send",
  "delivery.sent",
  "delivery.recorded",
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

const [armedName, armedPass = "1"] = (process.env["FORETOP_FAILPOINT"] ?? "").split(":");
let passesLeft = Number(armedPass);

/** Does nothing, unless a test has armed this name: then the process ends at once, without any clean-up. */
export function failpoint(name: Failpoint): void {
  if (name !== armedName) return;
  passesLeft -= 1;
  if (passesLeft > 0) return;
  // SIGKILL to ourselves: no exit handlers, no flush, like a power cut.
  process.kill(process.pid, "SIGKILL");
}
