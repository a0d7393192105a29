import { Page } from "../parts/page.tsx";
import { AnomaliesPanel } from "./anomalies-panel.tsx";

/** The inbox: what every detector has found. */
export function AnomaliesPage() {
  return (
    <Page title="Anomalies">
      <AnomaliesPanel detector={null} />
    </Page>
  );
}
