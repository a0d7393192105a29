/**
 * The user's text with some places replaced, all else byte for byte: comments, spacing and case stay, so that a person
 * finds their own query in the database's log and in the evidence of an anomaly.
 *
 * Replaced are parameters, clock functions (when they are pinned), and on a PostgreSQL the Redshift functions that it
 * doesn't have. Those become plain arithmetic instead of calls, so that the planner can use an index on the timestamp.
 */
import { UserError } from "../../telemetry/errors.ts";
import { datePart } from "./clock-bounds.ts";
import type { DatePart } from "./clock-bounds.ts";
import { clockCalls } from "./clock-functions.ts";
import type { ClockType } from "./clock-functions.ts";
import type { Dialect } from "./dialect.ts";
import { namesIn, walk } from "./parse-select.ts";
import type { ParsedSelect } from "./parse-select.ts";
import { positionIn } from "./position.ts";
import { isCode } from "./tokenise.ts";
import type { Token } from "./tokenise.ts";

export interface SpliceOptions {
  readonly dialect: Dialect;
  /** the placeholder of an instant, e.g. "$1"; asked in the order of the text */
  readonly placeholder: (name: "start" | "end" | "clock") => string;
  /** replace the functions that read the database's clock by the clock parameter */
  readonly pinClock: boolean;
}

/** A semicolon at the end is left out, so that the result can be wrapped. */
export function splice(parsed: ParsedSelect, options: SpliceOptions): string {
  const clocks = new Map<number, ClockType>();
  for (const call of clockCalls(parsed)) if (call.type !== "unsupported") clocks.set(call.index, call.type);
  const calls = new Map<number, string>();
  walk({ [parsed.statement.type]: parsed.statement.fields }, (node) => {
    if (node.type === "FuncCall") calls.set(parsed.indexOf(node), namesIn(node.fields["funcname"]).at(-1) ?? "");
  });

  const render = (tokens: readonly Token[]): string => {
    let out = "";
    for (let i = 0; i < tokens.length; ) {
      const token = tokens[i]!;
      const clock = clocks.get(token.start);
      const functionName = calls.get(token.start);
      if (token.kind === "parameter") {
        out += instant(options.placeholder(token.text.toLowerCase() === ":start" ? "start" : "end"));
        i += 1;
      } else if (clock !== undefined && options.pinClock) {
        out += pinned(options.placeholder("clock"), clock);
        i = endOfCall(tokens, i);
      } else if (clock !== undefined && options.dialect === "postgres" && isRedshiftClock(token)) {
        out += "localtimestamp";
        i = endOfCall(tokens, i);
      } else if (functionName !== undefined && options.dialect === "postgres" && REDSHIFT_FUNCTIONS.has(functionName)) {
        const end = endOfCall(tokens, i);
        const args = argumentsOf(tokens.slice(i, end));
        out += REDSHIFT_FUNCTIONS.get(functionName)!({ args, render, where: positionIn(parsed.sql, token.start) });
        i = end;
      } else {
        if (token.text !== ";") out += token.text;
        i += 1;
      }
    }
    return out;
  };
  return render(parsed.tokens);
}

/** Always with zone: compared with a column without zone, the session's zone (the dataset's) is used on both sides. */
function instant(placeholder: string): string {
  return `${placeholder}::timestamptz`;
}

function pinned(placeholder: string, type: ClockType): string {
  return type === "timestamptz" ? instant(placeholder) : `${instant(placeholder)}::${type}`;
}

function isRedshiftClock(token: Token): boolean {
  return /^(getdate|sysdate)$/i.test(token.text);
}

/** The index after a name (with its schema) and, if there is one, its argument list. */
function endOfCall(tokens: readonly Token[], start: number): number {
  let end = start + 1;
  for (let i = start + 1; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (!isCode(token)) continue;
    const isPartOfName = token.text === "." || (tokens[i - 1]?.text === "." && (token.kind === "word" || token.kind === "quoted"));
    if (isPartOfName) {
      end = i + 1;
      continue;
    }
    return token.text === "(" ? closingParenthesis(tokens, i) + 1 : end;
  }
  return end;
}

function closingParenthesis(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (tokens[i]!.text === "(") depth += 1;
    else if (tokens[i]!.text === ")" && --depth === 0) return i;
  }
  throw new Error("a parsed query has balanced parentheses");
}

/** The token lists between the commas of a call. */
function argumentsOf(call: readonly Token[]): Token[][] {
  const open = call.findIndex((token) => token.text === "(");
  const args: Token[][] = [[]];
  let depth = 0;
  for (const token of call.slice(open + 1, -1)) {
    if (token.text === "(" || token.text === "[") depth += 1;
    else if (token.text === ")" || token.text === "]") depth -= 1;
    if (token.text === "," && depth === 0) args.push([]);
    else args.at(-1)!.push(token);
  }
  return args;
}

interface Call {
  readonly args: readonly (readonly Token[])[];
  readonly render: (tokens: readonly Token[]) => string;
  readonly where: string;
}

const REDSHIFT_FUNCTIONS: ReadonlyMap<string, (call: Call) => string> = new Map([
  ["dateadd", dateAdd],
  ["datediff", dateDiff],
  ["nvl", ({ args, render }: Call) => `coalesce(${args.map(render).join(",")})`],
]);

function dateAdd(call: Call): string {
  expectArguments(call, 3, "dateadd(part, number, timestamp)");
  const count = argument(call, 1);
  return `(${timeArgument(call, 2)} + make_interval(${MAKE_INTERVAL[partOf(call)](count)}))`;
}

const MAKE_INTERVAL: Readonly<Record<DatePart, (count: string) => string>> = {
  year: (count) => `years => ${count}`,
  quarter: (count) => `months => 3 * (${count})`,
  month: (count) => `months => ${count}`,
  week: (count) => `weeks => ${count}`,
  day: (count) => `days => ${count}`,
  hour: (count) => `hours => ${count}`,
  minute: (count) => `mins => ${count}`,
  second: (count) => `secs => ${count}`,
  millisecond: (count) => `secs => (${count}) / 1000.0`,
  microsecond: (count) => `secs => (${count}) / 1000000.0`,
};

/** Redshift counts how many boundaries of the part lie between the two. */
function dateDiff(call: Call): string {
  expectArguments(call, 3, "datediff(part, from, to)");
  const part = partOf(call);
  const [from, to] = [timeArgument(call, 1), timeArgument(call, 2)];
  const truncated = (value: string): string => `date_trunc('${part}', ${value})`;
  switch (part) {
    case "year":
      return `(extract(year from ${to}) - extract(year from ${from}))::bigint`;
    case "quarter":
    case "month": {
      const months = (value: string): string => `(extract(year from ${value}) * 12 + extract(month from ${value}) - 1)`;
      const per = part === "quarter" ? 3 : 1;
      return `(floor(${months(to)} / ${per}) - floor(${months(from)} / ${per}))::bigint`;
    }
    default:
      return `(extract(epoch from ${truncated(to)} - ${truncated(from)}) / ${SECONDS[part]})::bigint`;
  }
}

const SECONDS: Readonly<Record<Exclude<DatePart, "year" | "quarter" | "month">, string>> = {
  week: "604800",
  day: "86400",
  hour: "3600",
  minute: "60",
  second: "1",
  millisecond: "0.001",
  microsecond: "0.000001",
};

function partOf(call: Call): DatePart {
  const token = call.args[0]!.find(isCode);
  const part = datePart((token?.text ?? "").replace(/^['"]|['"]$/g, ""));
  if (part !== null) return part;
  throw new UserError(`${token?.text ?? "nothing"} is not a date part (${call.where})`, {
    code: "SQL",
    where: call.where,
    advice: "Use year, quarter, month, week, day, hour, minute or second.",
  });
}

/** A text alone would have no type in a sum: '2026-01-01' + an interval is an error. */
function timeArgument(call: Call, index: number): string {
  const code = call.args[index]!.filter(isCode);
  const text = argument(call, index);
  return code.length === 1 && code[0]!.kind === "string" ? `timestamp ${text}` : text;
}

function argument(call: Call, index: number): string {
  const text = call.render(call.args[index]!).trim();
  const code = call.args[index]!.filter(isCode);
  const endsInLineComment = call.args[index]!.findLast((token) => token.kind !== "space")?.text.startsWith("--") ?? false;
  const closed = endsInLineComment ? `${text}\n` : text;
  // Within a sum, what is itself a sum needs parentheses.
  return code.length > 1 && !isOneCall(code) && !isNegativeNumber(code) ? `(${closed})` : closed;
}

function isOneCall(code: readonly Token[]): boolean {
  return code[0]!.kind === "word" && code[1]!.text === "(" && closingParenthesis(code, 1) === code.length - 1;
}

function isNegativeNumber(code: readonly Token[]): boolean {
  return code.length === 2 && code[0]!.text === "-" && code[1]!.kind === "number";
}

function expectArguments(call: Call, count: number, form: string): void {
  if (call.args.length === count) return;
  throw new UserError(`${form} takes ${count} arguments, here are ${call.args.length} (${call.where})`, { code: "SQL", where: call.where });
}
