import { formatInstant, USER_ZONE } from "../format/format-time.ts";

/** An instant in the user's zone; what the data's zone says is in the title, and beside it when asked for. */
export function Instant({ at, zone, both = false }: { at: string | null; zone?: string; both?: boolean }) {
  if (at === null) return <>–</>;
  const differs = zone !== undefined && formatInstant(at, zone) !== formatInstant(at);
  return (
    <time dateTime={at} title={differs ? `${formatInstant(at, zone)} in ${zone}` : at}>
      {formatInstant(at)}
      {both && differs && <small className="other-zone"> ({otherZoneText(at, zone)})</small>}
    </time>
  );
}

/** "11:00 in Europe/Berlin", with the date where that is another day. */
function otherZoneText(at: string, zone: string): string {
  const [ownDay] = formatInstant(at).split(", ");
  const [day, time] = formatInstant(at, zone).split(", ");
  return `${day === ownDay ? time : `${day}, ${time}`} in ${zone}`;
}

/** Says once per page which zone the times are in. */
export function ZoneNote({ zone }: { zone?: string }) {
  return (
    <p className="note">
      Times are in your zone, {USER_ZONE}.{zone !== undefined && zone !== USER_ZONE && ` The data's intervals follow ${zone}.`}
    </p>
  );
}
