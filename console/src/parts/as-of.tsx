/** A look at the past: everything on the page as it was known at an instant, which is in the address. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { setQuery, useRoute } from "../app/route.ts";
import { formatInstant } from "../format/format-time.ts";

/** The instant that is asked about, ISO; undefined = now. Hand it to operations as `asOf`. */
export function useAsOf(): string | undefined {
  return useRoute().query.get("asOf") ?? undefined;
}

export function setAsOf(iso: string | null): void {
  setQuery({ asOf: iso });
}

/** Chooses the instant, in the user's zone; says so as long as the page shows the past. */
export function AsOf() {
  const asOf = useAsOf();
  const choose = (local: string) => {
    const at = new Date(local);
    if (!Number.isNaN(at.getTime())) setAsOf(at.toISOString());
  };
  return (
    <div className="as-of">
      <label>
        As known at{" "}
        <input type="datetime-local" step={1} value={asOf === undefined ? "" : localText(asOf)} max={localText(new Date().toISOString())} onChange={({ target }) => choose(target.value)} />
      </label>
      {asOf !== undefined && (
        <Alert type="info" header={`This is what was known on ${formatInstant(asOf)}`} action={<Button onClick={() => setAsOf(null)}>Back to now</Button>}>
          Rows that came later, corrections and messages sent since are left out. Configuration and names are today&apos;s.
        </Alert>
      )}
    </div>
  );
}

/** "2026-03-02T11:00:00" in the user's zone, as the input wants it. */
function localText(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
