import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { AnomaliesPanel } from "./anomalies-panel.tsx";

/** The inbox: what every detector has found. */
export function AnomaliesPage() {
  return (
    <ContentLayout header={<Header variant="h1">Anomalies</Header>}>
      <AnomaliesPanel detector={null} />
    </ContentLayout>
  );
}
