import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";
import { postJson } from "../api/call.ts";
import type { DetectorDetail } from "../api/types.ts";

/** Activate or deactivate, mute or unmute: each can be taken back, so none asks twice. */
export function DetectorActions({ detector, reload }: { detector: DetectorDetail; reload: () => void }) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const { name, status, muted } = detector;
  const act = (verb: string, body: object = {}) => {
    setBusy(true);
    setTrouble(null);
    void postJson(`/v1/detectors/${encodeURIComponent(name)}/${verb}`, body)
      .catch((error: unknown) => setTrouble(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        setBusy(false);
        reload();
      });
  };
  return (
    <SpaceBetween direction="horizontal" size="xs" alignItems="center">
      {trouble !== null && <StatusIndicator type="error">{trouble}</StatusIndicator>}
      <Button loading={busy} onClick={() => act("mute", { muted: !muted })}>
        {muted ? "Unmute" : "Mute"}
      </Button>
      {(status === "INACTIVE" || status === "FAILED") && (
        <Button variant="primary" loading={busy} onClick={() => act("activate")}>
          Activate
        </Button>
      )}
      {(status === "ACTIVE" || status === "LEARNING") && (
        <Button loading={busy} onClick={() => act("deactivate")}>
          Deactivate
        </Button>
      )}
    </SpaceBetween>
  );
}
