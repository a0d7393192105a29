import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Cause, GroupDetail } from "../api/types.ts";
import { CauseBars } from "../charts/cause-bars.tsx";
import { formatNumber, formatPercent, formatShare } from "../format/format-number.ts";
import { Sql } from "../parts/sql.tsx";
import { foundTogether, type FoundTogether } from "./found-together.ts";

/** Causes that are open from the start; the rest is folded. */
const SHOWN_MAX = 3;

/** Which segments did it: one sentence, each cause with what was expected and came, and what its siblings did. */
export function Causes({ group }: { group: GroupDetail }) {
  const { causes, data } = group;
  if (causes === null) return null;
  const found = foundTogether(causes);
  const shown = found.slice(0, SHOWN_MAX);
  const folded = found.slice(SHOWN_MAX);
  const scale = Math.max(0, ...found.flatMap(({ cause: { expected, actual } }) => [expected ?? 0, actual ?? 0]));
  const hasShares = causes.method !== "distinct counts"; // they do not add up
  const foldedShare = folded.reduce((sum, { cause: { share } }) => sum + share, 0);
  return (
    <Container header={<Header description="The smallest set of segments that explains the deviation at the peak, of all segments of all dimensions.">What did it</Header>}>
      <SpaceBetween size="m">
        {data !== null && data.verdict !== "probably the business" && (
          <Alert type="warning" header={`${data.verdict === "probably the pipeline" ? "Probably" : "Possibly"} the pipeline, not the business`}>
            {data.reasons.join("; ")}.
          </Alert>
        )}
        <p className="causes-sentence">{causes.sentence}</p>
        {shown.length > 0 && (
          <ol className="causes">
            {shown.map((one) => (
              <OneCause key={one.cause.name} found={one} scale={scale} hasShares={hasShares} />
            ))}
          </ol>
        )}
        {folded.length > 0 && (
          <ExpandableSection headerText={`and ${folded.length} smaller${hasShares ? `, ${formatPercent(foldedShare)} of the deviation` : ""}`}>
            <ol className="causes" start={SHOWN_MAX + 1}>
              {folded.map((one) => (
                <OneCause key={one.cause.name} found={one} scale={scale} hasShares={hasShares} />
              ))}
            </ol>
          </ExpandableSection>
        )}
        {causes.check !== null && (
          <div>
            <p className="note">{causes.check.text}</p>
            {causes.check.sql !== null && (
              <ExpandableSection headerText="The queries that counted them" variant="footer">
                <SpaceBetween size="s">
                  <Sql text={causes.check.sql} title="SQL of this interval" />
                  {causes.check.comparedSql !== null && <Sql text={causes.check.comparedSql} title="SQL of the calm interval" />}
                </SpaceBetween>
              </ExpandableSection>
            )}
          </div>
        )}
        {causes.outOfBand.length > 0 && (
          <ul className="causes">
            {causes.outOfBand.map(({ name, actual, lower, upper }) => (
              <li key={name}>
                <b>{name}</b>: {formatNumber(actual)}, {formatNumber(lower)} to {formatNumber(upper)} would have been within its band
              </li>
            ))}
          </ul>
        )}
        {data !== null && data.verdict === "probably the business" && <p className="note">Data: {data.reasons.join("; ")}.</p>}
        {causes.notes.map((note) => (
          <p key={note} className="note">
            {note}
          </p>
        ))}
      </SpaceBetween>
    </Container>
  );
}

const STRENGTHS = { weak: "weak evidence", clear: "clear evidence", strong: "strong evidence" } as const;

function OneCause({ found: { cause, parts }, scale, hasShares }: { found: FoundTogether; scale: number; hasShares: boolean }) {
  const siblings = cause.siblings.filter(({ alikeCount, otherwiseCount, unclearCount }) => alikeCount + otherwiseCount + unclearCount > 0);
  return (
    <li>
      <section aria-label={`Cause: ${cause.name}`}>
        <h3>
          {cause.name === "total" ? "everything" : cause.name} {hasShares && <span className="tag">{formatPercent(cause.share)} of the deviation</span>} <span className="tag">{STRENGTHS[cause.strength]}</span>
          {!cause.inGroup && <span className="tag">outside of this group’s segments</span>}
        </h3>
        <CauseBars cause={cause} scale={scale} />
        {siblings.length > 0 && (
          <ul className="siblings" aria-label="Siblings that were looked at">
            {siblings.map((check) => (
              <li key={check.dimension}>
                <Siblings check={check} direction={cause.direction} />
              </li>
            ))}
          </ul>
        )}
        {parts.length > 0 && (
          <ExpandableSection headerText={`The ${parts.length} segments, found as one change`} variant="footer">
            <ul className="found-together">
              {parts.map((part) => (
                <li key={part.name}>
                  <b>{part.name}</b> {formatNumber(part.expected)} → {formatNumber(part.actual)}, {formatShare(part.change)}
                  {part.sql !== null && (
                    <ExpandableSection headerText="The SQL that shows it" variant="footer">
                      <Sql text={part.sql} title={`SQL of ${part.name}`} />
                    </ExpandableSection>
                  )}
                </li>
              ))}
            </ul>
          </ExpandableSection>
        )}
        {cause.sql !== null && (
          <ExpandableSection headerText="The SQL that shows it" variant="footer">
            <Sql text={cause.sql} title={`SQL of ${cause.name}`} />
          </ExpandableSection>
        )}
      </section>
    </li>
  );
}

/** "country (inside): us, de fell alike"; "platform (beside it): web did not". */
function Siblings({ check, direction }: { check: Cause["siblings"][number]; direction: Cause["direction"] }) {
  const { dimension, fixed, alike, otherwise, alikeCount, otherwiseCount, unclearCount } = check;
  const word = direction === "down" ? "fell" : "rose";
  const parts = [
    alikeCount > 0 ? { names: valuesText(alike, alikeCount), text: fixed ? `${word} too` : `${word} alike`, kind: "alike" } : null,
    otherwiseCount > 0 ? { names: valuesText(otherwise, otherwiseCount), text: "did not", kind: "otherwise" } : null,
    unclearCount > 0 ? { names: unclearCount === 1 ? "one value" : `${unclearCount} values`, text: "too small to tell", kind: "unclear" } : null,
  ].filter((part) => part !== null);
  return (
    <>
      <span className="siblings-dimension">
        {dimension} <small>{fixed ? "beside it" : "inside it"}</small>
      </span>{" "}
      {parts.map(({ names, text, kind }) => (
        <span key={kind} className={`sibling-${kind}`}>
          <b>{names}</b> {text}
        </span>
      ))}
    </>
  );
}

const NAMED_MAX = 8;

function valuesText(values: readonly (string | null)[], count: number): string {
  const named = values.slice(0, NAMED_MAX).map((value) => value ?? "null");
  return count > named.length ? `${named.join(", ")} and ${count - named.length} more` : named.join(", ");
}
