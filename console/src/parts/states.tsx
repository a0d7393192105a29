/** What a page shows when there is nothing to show: each reason looks and reads differently. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import type { ReactNode } from "react";
import type { Trouble } from "../api/call.ts";
import type { Query } from "../api/use-query.ts";
import { formatShort } from "../format/format-time.ts";

/** A query's data, or the reason why there is none; older data stays below its trouble. */
export function Loaded<T>({ query, children }: { query: Query<T>; children: (data: T) => ReactNode }) {
  const { data, trouble, loadedMs, reload } = query;
  if (data === null) return trouble === null ? <Loading /> : <TroubleNotice trouble={trouble} loadedMs={null} reload={reload} />;
  return (
    <SpaceBetween size="l">
      {trouble !== null && <TroubleNotice trouble={trouble} loadedMs={loadedMs} reload={reload} />}
      {children(data)}
    </SpaceBetween>
  );
}

export function Loading() {
  return (
    <div className="state state-loading" role="status">
      <Spinner /> Loading …
    </div>
  );
}

export function TroubleNotice({ trouble, loadedMs, reload }: { trouble: Trouble; loadedMs: number | null; reload: () => void }) {
  const retry = <Button onClick={reload}>Try again</Button>;
  if (trouble.kind === "unreachable") {
    return (
      <Alert type="error" header="The service does not answer" action={retry}>
        {loadedMs === null ? "Nothing could be loaded." : `What you see is as of ${formatShort(loadedMs)}.`} Is <code>foretop serve</code> still running? This page tries again every half minute.
      </Alert>
    );
  }
  const header = { "not found": "There is no such thing", refused: "The service refused this", broken: "The service failed" }[trouble.kind];
  return (
    <Alert type={trouble.kind === "not found" ? "warning" : "error"} header={header} action={retry}>
      {trouble.message}. {trouble.advice}
    </Alert>
  );
}

/** Looked, and there is nothing: `why` says what was looked at. */
export function Empty({ title, why }: { title: string; why: ReactNode }) {
  return (
    <div className="state state-empty">
      <Box variant="strong">{title}</Box>
      <Box color="text-body-secondary">{why}</Box>
    </div>
  );
}
