import type { HealthFinding } from "../store/store.ts";

/** What a person does about a detector that is not in order, by what is wrong with it. */
export const TROUBLE_ADVICE: Readonly<Record<HealthFinding["kind"], string>> = {
  failed: "Put right what the reason names, then activate the detector again. `foretop doctor` checks the source, its secrets and the disk.",
  behind: "The detector log says why the due interval is not judged; it is tried again by itself, and what was missed is caught up in order. `foretop doctor` checks the source, its secrets and the disk. If nothing failed, is `foretop serve` running?",
  silent: "Has the job that fills the table run, and does the query still select what it writes? `foretop source test` shows what arrives. Rows that come later are found and judged. Where such silence is usual, raise health.silentIntervals.",
};
