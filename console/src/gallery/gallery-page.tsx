import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import { ContributionBar } from "../charts/contribution-bar.tsx";
import { SeriesChart } from "../charts/series-chart.tsx";
import { Timeline } from "../charts/timeline.tsx";
import { LearningProgress } from "../parts/detector-state.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Loading, TroubleNotice } from "../parts/states.tsx";
import { CONTRIBUTION_EXAMPLES, SERIES_EXAMPLES, TIMELINE_EXAMPLES } from "./examples.ts";

/** Every chart and every state with made-up data: to look at while changing one, and what the browser tests look at. */
export function GalleryPage() {
  return (
    <Page title="Chart gallery">
        {SERIES_EXAMPLES.map(({ name, input }) => (
          <Example key={name} name={name}>
            <SeriesChart title={name} input={input} range={null} />
          </Example>
        ))}
        {CONTRIBUTION_EXAMPLES.map(({ name, contribution }) => (
          <Example key={name} name={name}>
            <ContributionBar contribution={contribution} />
          </Example>
        ))}
        {TIMELINE_EXAMPLES.map(({ name, input }) => (
          <Example key={name} name={name}>
            <Timeline input={input} />
          </Example>
        ))}
        <Example name="state: loading">
          <Loading />
        </Example>
        <Example name="state: empty">
          <Empty title="Nothing of severity 70 or more" why="64 series in 336 intervals were judged; all were within their bands." />
        </Example>
        <Example name="state: learning">
          <LearningProgress learning={{ pointsSeen: 61, pointsNeeded: 239, readyAt: "2026-03-12T09:05:00Z" }} />
        </Example>
        <Example name="state: unreachable">
          <TroubleNotice trouble={{ kind: "unreachable" }} loadedMs={null} reload={() => {}} />
        </Example>
        <Example name="state: failed">
          <TroubleNotice trouble={{ kind: "broken", message: "something went wrong inside the service", advice: "Its log has the details." }} loadedMs={null} reload={() => {}} />
        </Example>
    </Page>
  );
}

function Example({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <section data-example={name}>
      <Container header={<Header variant="h2">{name}</Header>}>{children}</Container>
    </section>
  );
}
