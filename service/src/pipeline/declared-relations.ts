/**
 * What measures are made of, as the configuration declares it, and what that says about one interval: which part moved,
 * and how much of the whole's change each contributed (engine: declared-split.ts).
 */
import { declaredSplit } from "@foretop/engine";
import type { DetectorConfig, MeasureConfig, RelationConfig } from "../resources/detector.ts";

/** The declared relations, and that of each ratio whose numerator and denominator are measures too. */
export function relationsOf({ measures, relations = [] }: Pick<DetectorConfig, "measures" | "relations">): RelationConfig[] {
  const sumOf = (column: string) => measures.find((measure) => measure.column === column && measure.aggregation === "SUM");
  const ofRatios = measures.flatMap(({ name, column, denominator }): RelationConfig[] => {
    const above = sumOf(column);
    const below = denominator === undefined ? undefined : sumOf(denominator);
    return above === undefined || below === undefined ? [] : [{ measure: name, kind: "product", parts: [{ measure: above.name, isInverse: false }, { measure: below.name, isInverse: true }] }];
  });
  return [...relations, ...ofRatios];
}

/** "revenue = orders × order_value" */
export function relationText({ measure, kind, parts }: RelationConfig): string {
  const [plus, minus] = kind === "sum" ? [" + ", " − "] : [" × ", " / "];
  const named = (inverse: boolean) => parts.filter(({ isInverse }) => isInverse === inverse).map((part) => part.measure);
  return `${measure} = ${[named(false).join(plus), ...named(true)].join(minus)}`;
}

export interface Figures {
  readonly actual: number;
  readonly expected: number;
}

export interface SplitPart extends Figures {
  readonly measure: MeasureConfig["name"];
  /** in the whole's unit */
  readonly amount: number;
  /** of the whole's change, in percent: below 0 or above 100 where parts offset each other */
  readonly share: number;
}

export interface RelationSplit {
  readonly relation: RelationConfig;
  /** of the whole as its own series has it, and as the parts give it: forecasts of parts and whole are made apart */
  readonly whole: Figures;
  readonly ofParts: Figures;
  readonly parts: readonly SplitPart[];
}

/** A relation that is off by more than this does not hold in the data, and nothing is concluded from it. */
const HOLDS_SHARE = 0.01;

/** @returns why not, for people, where the relation can't be used */
export function splitBy(relation: RelationConfig, whole: Figures, figuresOf: (measure: string) => Figures | null): RelationSplit | { readonly why: string } {
  const text = relationText(relation);
  const parts = relation.parts.map(({ measure, isInverse }) => ({ measure, isInverse, figures: figuresOf(measure) }));
  const unknown = parts.find(({ figures }) => figures === null);
  if (unknown !== undefined) return { why: `${text}: ${unknown.measure} has no series for this segment` };
  const split = declaredSplit(relation.kind, parts.map(({ isInverse, figures }) => ({ ...figures!, isInverse })));
  if (split === null) return { why: `${text}: a value is missing, a divisor is zero, or the parts did not change` };
  // Of no orders at all the value of each is missing, and so may revenue be: nothing contradicts the relation then.
  const gap = Number.isNaN(whole.actual) ? 0 : split.actual - whole.actual;
  if (Math.abs(gap) > HOLDS_SHARE * Math.max(Math.abs(whole.actual), Math.abs(split.actual))) {
    return { why: `${text} does not hold in the data: ${relation.measure} is ${figure(whole.actual)}, its parts give ${figure(split.actual)}` };
  }
  return {
    relation,
    whole,
    ofParts: { actual: split.actual, expected: split.expected },
    parts: parts.map(({ measure, figures }, k) => ({ measure, ...figures!, amount: split.amounts[k]!, share: split.shares[k]! })),
  };
}

function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}
