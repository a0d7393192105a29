/** A severity as a number and a bar of that length; never by colour alone. */
export function Severity({ severity, large = false }: { severity: number; large?: boolean }) {
  return (
    <span className={large ? "severity severity-large" : "severity"}>
      <span className="severity-bar" aria-hidden="true">
        <span style={{ width: `${severity}%` }} />
      </span>
      <span>
        <b>{Math.round(severity)}</b>
        <span className="of">/100</span>
      </span>
    </span>
  );
}
