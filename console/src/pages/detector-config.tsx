import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { DetectorDetail } from "../api/types.ts";
import { follow, hrefs } from "../app/route.ts";
import { formatNumber } from "../format/format-number.ts";
import { Sql } from "../parts/sql.tsx";

/** What was applied, without secrets. */
export function DetectorConfig({ detector }: { detector: DetectorDetail }) {
  const { source, statements, measureSettings, dimensions, alerts, relations, links, timestampColumn, zone, generation, configHash, limits } = detector;
  return (
    <SpaceBetween size="l">
      <Container header={<Header description="Secrets are references; what they stand for is not stored.">Data</Header>}>
        <SpaceBetween size="m">
          <KeyValuePairs
            columns={4} minColumnWidth={180}
            items={[
              { label: "Source", value: source.kind },
              ...Object.entries(source.settings).map(([name, value]) => ({ label: name, value: <code>{String(value)}</code> })),
              { label: "Timestamp", value: `${timestampColumn}, in ${zone}` },
              { label: "Dimensions", value: dimensions.join(", ") || "none" },
              { label: "Generation", value: `${generation} (${configHash.slice(0, 12)})` },
            ]}
          />
          {statements.map(({ title, file, sql }) => (
            <Sql key={title} title={file === null ? title : `${title}, ${file}`} text={sql} />
          ))}
        </SpaceBetween>
      </Container>
      <Container header={<Header>Measures</Header>}>
        <KeyValuePairs
          columns={3} minColumnWidth={220}
          items={measureSettings.map(({ name, aggregation, severityMin, direction, whenAbsent, effectMin, effectShareMin, volumeMin }) => ({
            label: `${name} (${aggregation})`,
            value: [`severity ${severityMin} or more`, direction === "both" ? "up and down" : direction, `absent means ${whenAbsent}`, effectMin > 0 && `effect ${formatNumber(effectMin)}`, effectShareMin > 0 && `effect ${effectShareMin * 100} %`, volumeMin > 0 && `volume ${formatNumber(volumeMin)}`].filter(Boolean).join(", "),
          }))}
        />
      </Container>
      {relations.length + links.length > 0 && (
        <Container header={<Header description="What measures are made of, and which other detectors are looked at together with this one.">Relations</Header>}>
          <KeyValuePairs
            columns={3} minColumnWidth={220}
            items={[
              ...relations.map((relation) => ({ label: "By definition", value: relation })),
              ...links.map(({ detector: other, measures, declaredBy }) => ({
                label: `Linked with${declaredBy === detector.name ? "" : ", as declared there"}`,
                value: (
                  <>
                    <Link href={hrefs.detector(other)} onFollow={follow}>{other}</Link>: {measures.length === 0 ? "all measures" : measures.join(", ")}
                  </>
                ),
              })),
            ]}
          />
        </Container>
      )}
      <Container header={<Header counter={`(${alerts.length})`}>Alerts</Header>}>
        {alerts.length === 0 ? (
          <p className="note">No alerts: groups are found and shown, nobody is told.</p>
        ) : (
          <KeyValuePairs columns={3} minColumnWidth={220} items={alerts.map(({ name, severityMin, measures, channel }) => ({ label: name, value: `${channel.kind}: severity ${severityMin} or more, ${measures.length === 0 ? "all measures" : measures.join(", ")}` }))} />
        )}
      </Container>
      <Container header={<Header>Limits</Header>}>
        <KeyValuePairs columns={4} minColumnWidth={180} items={Object.entries(limits).map(([label, value]) => ({ label, value: formatNumber(value) }))} />
      </Container>
    </SpaceBetween>
  );
}
