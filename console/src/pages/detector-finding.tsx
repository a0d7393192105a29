import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import type { Trouble } from "../api/types.ts";
import { Instant } from "../parts/instant.tsx";

const HEADERS: Readonly<Record<Trouble["kind"], string>> = {
  failed: "This detector has failed and reads nothing",
  behind: "This detector is behind",
  silent: "This detector reads nothing",
};

/** Something that is wrong with the detector itself: what, since when, what to do. Its alerts have been told the same. */
export function DetectorFinding({ finding: { kind, since, message, advice }, zone }: { finding: Trouble; zone: string }) {
  return (
    <Alert type={kind === "failed" ? "error" : "warning"} header={HEADERS[kind]} data-finding={kind}>
      <Box color="inherit">It {message}.</Box>
      <Box color="inherit">
        Since <Instant at={since} zone={zone} both />. {kind === "failed" ? null : "It is looked at all the time; this goes away by itself when it is over."}
      </Box>
      <Box color="inherit">
        <strong>What to do:</strong> <Advice text={advice} />
      </Box>
    </Alert>
  );
}

/** Between back quotes stand commands. */
function Advice({ text }: { text: string }) {
  return text.split("`").map((piece, i) => (i % 2 === 1 ? <code key={i}>{piece}</code> : piece));
}
