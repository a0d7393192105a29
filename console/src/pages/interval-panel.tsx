import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Attempt, DetectorDetail, IntervalDetail } from "../api/types.ts";
import { useQuery } from "../api/use-query.ts";
import { formatBytes, formatNumber } from "../format/format-number.ts";
import { useAsOf } from "../parts/as-of.tsx";
import { Instant } from "../parts/instant.tsx";
import { Loaded } from "../parts/states.tsx";

/** One interval in full: data quality and every reading of it. */
export function IntervalPanel({ detector, start, close }: { detector: DetectorDetail; start: string; close: () => void }) {
  const query = useQuery<IntervalDetail>(`/v1/detectors/${encodeURIComponent(detector.name)}/intervals/${encodeURIComponent(start)}`, { asOf: useAsOf() });
  return (
    <Container header={<Header actions={<Button onClick={close}>Close</Button>}>Interval <Instant at={start} zone={detector.zone} both /></Header>}>
      <Loaded query={query}>
        {({ quality, attempts, rows, asked }) => (
          <SpaceBetween size="m">
            <KeyValuePairs
              columns={4} minColumnWidth={180}
              items={[
                ...quality.map(({ type, column, value, description }) => ({ label: words(type, column), value: <span title={description}>{figure(type, value)}</span> })),
                { label: "Asked of the source", value: <span title="Statements, those that ask for several intervals at once included; the ledger has all of them.">{`read ${formatNumber(asked.readings)}×, checked ${formatNumber(asked.checks)}×`}</span> },
                ...Object.entries(rows?.reasons ?? {}).map(([reason, count]) => ({ label: `Not used: ${reason}`, value: formatNumber(count) })),
              ]}
            />
            {attempts.map((attempt) => (
              <Reading key={attempt.id} attempt={attempt} />
            ))}
          </SpaceBetween>
        )}
      </Loaded>
    </Container>
  );
}

function Reading({ attempt: { attempt, purpose, outcome, rows, bytes, milliseconds, error, started } }: { attempt: Attempt }) {
  return (
    <p className={outcome === "failed" ? "reading failure" : "reading"}>
      Reading {attempt} ({purpose}), <Instant at={started} />: {outcome}
      {outcome === "succeeded" && `, ${formatNumber(rows)} rows, ${formatBytes(bytes)}`}
      {milliseconds !== null && `, ${formatNumber(milliseconds)} ms`}
      {error !== null && `: ${error}`}
    </p>
  );
}

/** "ROWS_PROCESSED" → "Rows processed" */
function words(type: string, column: string | null): string {
  const text = type.toLowerCase().replaceAll("_", " ");
  return `${text[0]!.toUpperCase()}${text.slice(1)}${column === null ? "" : `: ${column}`}`;
}

function figure(type: string, value: number): string {
  if (type === "COLUMN_COMPLETENESS") return `${(value * 100).toFixed(1)} %`;
  return formatNumber(value);
}
