import ProgressBar from "@cloudscape-design/components/progress-bar";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { DetectorStatus, DetectorSummary, Learning } from "../api/types.ts";
import { formatInstant } from "../format/format-time.ts";

const WORDS: Readonly<Record<DetectorStatus, { type: StatusIndicatorProps.Type; text: string }>> = {
  ACTIVE: { type: "success", text: "Active" },
  LEARNING: { type: "in-progress", text: "Learning" },
  ACTIVATING: { type: "loading", text: "Reading history" },
  INACTIVE: { type: "stopped", text: "Inactive" },
  DEACTIVATING: { type: "loading", text: "Stopping" },
  FAILED: { type: "error", text: "Failed" },
  DELETING: { type: "loading", text: "Deleting" },
};

/** A detector's status in a word, with what is special about it. */
export function DetectorState({ detector }: { detector: Pick<DetectorSummary, "status" | "learning" | "muted" | "lag" | "lastFailure"> }) {
  const { status, learning, muted, lag, lastFailure } = detector;
  const { type, text } = WORDS[status];
  const late = status === "ACTIVE" && lag.dueIntervals > 1;
  return (
    <span className="detector-state">
      {late || (status === "ACTIVE" && lastFailure !== null) ? <StatusIndicator type="warning">{lastFailure === null ? "Active, behind" : "Active, last reading failed"}</StatusIndicator> : <StatusIndicator type={type}>{text}</StatusIndicator>}
      {learning !== null && <small>{learning.pointsNeeded} more points needed</small>}
      {muted && <small>muted</small>}
    </span>
  );
}

export function LearningProgress({ learning }: { learning: Learning }) {
  const { pointsSeen, pointsNeeded, readyAt } = learning;
  const wanted = pointsSeen + pointsNeeded;
  return (
    <ProgressBar
      value={(100 * pointsSeen) / wanted}
      label="Learning"
      description={`${pointsSeen} of ${wanted} points seen, ${pointsNeeded} more needed before findings are reported.`}
      additionalInfo={readyAt === null ? undefined : `If every interval arrives, that is on ${formatInstant(readyAt)}.`}
    />
  );
}
