import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { GroupDetail } from "../api/types.ts";
import { formatBytes, formatNumber } from "../format/format-number.ts";
import { Instant } from "../parts/instant.tsx";
import { Sql } from "../parts/sql.tsx";

/** What it takes to see the figures again in one's own database. */
export function Evidence({ evidence }: { evidence: GroupDetail["evidence"] }) {
  const { shown, attempt, interval, queryHash, configHash, modelVersion } = evidence;
  return (
    <Container header={<Header description="The statement that read the peak interval, with its bound values in place: run it to see the same rows.">Evidence</Header>}>
      <SpaceBetween size="m">
        <Sql text={shown} title="SQL" />
        <KeyValuePairs
          columns={4} minColumnWidth={180}
          items={[
            { label: "Interval read", value: <><Instant at={interval.start} /> to <Instant at={interval.end} /></> },
            ...(attempt === null
              ? [{ label: "Reading", value: "no longer in the ledger" }]
              : [
                  // In a replay the clock stands still while a statement runs: no duration then.
                  { label: "Read at", value: <Instant at={attempt.started} /> },
                  { label: "Rows", value: `${formatNumber(attempt.rows)} (${formatBytes(attempt.bytes)})` },
                  { label: "Took", value: attempt.milliseconds === null || attempt.milliseconds === 0 ? "–" : `${formatNumber(attempt.milliseconds)} ms` },
                  { label: "Statement at the source", value: attempt.statementId ?? "–" },
                ]),
            { label: "Query, configuration, model", value: <code className="hash">{[queryHash, configHash, modelVersion].map((hash) => hash.slice(0, 12)).join(" · ")}</code> },
          ]}
        />
      </SpaceBetween>
    </Container>
  );
}
