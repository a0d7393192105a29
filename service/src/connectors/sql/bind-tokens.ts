/**
 * A query with :start and :end → one statement with placeholders, for the dialects that are read as tokens. Functions that
 * ask the clock get the interval's end instead, so that reading an interval again gives the same rows.
 */
import type { Interval } from "../../crawl/batch.ts";
import { UserError } from "../../telemetry/errors.ts";
import type { BoundQuery } from "../connector.ts";
import { checkTokens } from "./check-tokens.ts";
import type { TokenDialect } from "./check-tokens.ts";
import { positionIn } from "./position.ts";
import { isCode } from "./tokenise.ts";
import type { Token } from "./tokenise.ts";

/** Throws UserError, codes "SQL", "REFUSED" and "CLOCK". That both bounds are there is the caller's business. */
export function bindTokens(sql: string, range: Interval, dialect: TokenDialect): BoundQuery {
  const { tokens } = checkTokens(sql, dialect);
  const placeholders = new Placeholders(dialect, range);
  const clocks = new Map(clockCallsIn(sql, tokens, dialect).map((call) => [call.token.start, call]));
  let out = "";
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const clock = clocks.get(token.start);
    if (clock !== undefined) {
      out += clock.render(placeholders.of("end"));
      i = clock.lastIndex;
    } else if (token.kind === "parameter") {
      out += placeholders.of(token.text.toLowerCase() === ":start" ? "start" : "end");
    } else if (token.text !== ";") {
      out += token.text;
    }
  }
  return { sql: out.trimEnd(), parameters: placeholders.values };
}

/** The clock functions that would be pinned, as written. */
export function clockNamesIn(sql: string, dialect: TokenDialect): string[] {
  return clockCallsIn(sql, checkTokens(sql, dialect).tokens, dialect).map(({ token }) => token.text);
}

/**
 * MySQL: `from_unixtime(?)` is the instant as wall-clock time of the session's zone, which is how both DATETIME and
 * TIMESTAMP compare; each use is a parameter of its own. DuckDB's placeholders are numbered.
 */
class Placeholders {
  readonly values: number[] = [];
  readonly #dialect: TokenDialect;
  readonly #range: Interval;
  readonly #numbers = new Map<"start" | "end", number>();

  constructor(dialect: TokenDialect, range: Interval) {
    this.#dialect = dialect;
    this.#range = range;
  }

  of(name: "start" | "end"): string {
    const value = name === "start" ? this.#range.startMs : this.#range.endMs;
    if (this.#dialect === "mysql") {
      this.values.push(value);
      return "from_unixtime(?)";
    }
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.values.push(value);
      this.#numbers.set(name, number);
    }
    return `$${number}::timestamptz`;
  }
}

interface ClockCall {
  readonly token: Token;
  /** index of the call's last token */
  readonly lastIndex: number;
  readonly render: (instant: string) => string;
}

type Render = (instant: string) => string;
const same: Render = (instant) => instant;

/** Name → how the instant becomes what the function gives, null where it can't be pinned; "bare": also without parentheses. */
const CLOCKS: Readonly<Record<TokenDialect, Readonly<Record<string, { readonly bare: boolean; readonly render: Render | null }>>>> = {
  mysql: {
    now: { bare: false, render: same },
    sysdate: { bare: false, render: same },
    current_timestamp: { bare: true, render: same },
    localtime: { bare: true, render: same },
    localtimestamp: { bare: true, render: same },
    curdate: { bare: false, render: (instant) => `date(${instant})` },
    current_date: { bare: true, render: (instant) => `date(${instant})` },
    unix_timestamp: { bare: false, render: (instant) => `unix_timestamp(${instant})` },
    utc_timestamp: { bare: true, render: null },
    utc_date: { bare: true, render: null },
    utc_time: { bare: true, render: null },
    curtime: { bare: false, render: null },
    current_time: { bare: true, render: null },
  },
  duckdb: {
    now: { bare: false, render: same },
    get_current_timestamp: { bare: false, render: same },
    transaction_timestamp: { bare: false, render: same },
    current_timestamp: { bare: true, render: same },
    today: { bare: false, render: (instant) => `${instant}::date` },
    current_date: { bare: true, render: (instant) => `${instant}::date` },
    localtimestamp: { bare: true, render: (instant) => `${instant}::timestamp` },
    get_current_time: { bare: false, render: null },
    current_time: { bare: true, render: null },
    localtime: { bare: true, render: null },
  },
};

function clockCallsIn(sql: string, tokens: readonly Token[], dialect: TokenDialect): ClockCall[] {
  const calls: ClockCall[] = [];
  const nextCode = (from: number): number => tokens.findIndex((token, i) => i >= from && isCode(token));
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== "word" || tokens.slice(0, i).findLast(isCode)?.text === ".") continue;
    const known = CLOCKS[dialect];
    const name = token.text.toLowerCase();
    if (!Object.hasOwn(known, name)) continue;
    const open = nextCode(i + 1);
    const isCall = open >= 0 && tokens[open]!.text === "(";
    const clock = known[name]!;
    if (!isCall && !clock.bare) continue; // a column of that name
    if (clock.render === null) {
      const where = positionIn(sql, token.start);
      throw new UserError(`${token.text} asks the database's clock in a way that can't be moved to an interval (${where})`, { code: "CLOCK", where, advice: "Use :start and :end, or now()." });
    }
    let last = i;
    if (isCall) {
      // now(), now(6): a number of digits at most; unix_timestamp(ts) asks no clock
      const inside = nextCode(open + 1);
      const close = inside >= 0 && tokens[inside]!.kind === "number" ? nextCode(inside + 1) : inside;
      if (close < 0 || tokens[close]!.text !== ")") continue;
      last = close;
    }
    calls.push({ token, lastIndex: last, render: clock.render });
  }
  return calls;
}
