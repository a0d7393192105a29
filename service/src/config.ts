/**
 * What an installation can set: flags win over environment variables, those over defaults. Declared once as data; the
 * table in docs/configuration.md comes from it. What belongs to one detector is in its file, not here.
 */
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { DEFAULT_HOST, DEFAULT_PORT } from "./api/listen.ts";
import { UserError } from "./telemetry/errors.ts";

export const THREADS_MAX = 64;
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

/** One setting: where it comes from, and what it means. */
export interface Setting {
  readonly flag: string | null;
  readonly variable: string | null;
  readonly schema: z.ZodType;
  readonly doc: string;
  /** of the default, when it isn't a fixed value */
  readonly defaultDoc?: string;
}

const wholeNumber = (min: number, max: number) =>
  z
    .union([z.number(), z.string().regex(/^\d+$/, "should be a whole number").transform(Number)])
    .pipe(z.int().min(min, `should be at least ${min}`).max(max, `should be at most ${max}`));

export const SETTINGS = {
  home: { flag: "--home", variable: "FORETOP_HOME", schema: z.string().min(1, "is empty").default(".foretop"), doc: "Folder of everything that is kept: database, segments, exports, secrets." },
  databaseUrl: {
    flag: null,
    variable: "DATABASE_URL",
    schema: z.string().regex(/^postgres(ql)?:\/\//, "should look like postgres://user:password@host:5432/database").optional(),
    doc: "PostgreSQL for Foretop's own state. An environment variable only: command lines are seen by others.",
    defaultDoc: "an embedded PostgreSQL in FORETOP_HOME",
  },
  secretsFolder: { flag: null, variable: "FORETOP_SECRETS", schema: z.string().min(1, "is empty").optional(), doc: "Folder of the JSON files that secret:NAME refers to.", defaultDoc: "secrets in FORETOP_HOME" },
  host: { flag: "--host", variable: "FORETOP_HOST", schema: z.string().min(1, "is empty").default(DEFAULT_HOST), doc: "Address that serve listens on; this machine only." },
  port: { flag: "--port", variable: "FORETOP_PORT", schema: wholeNumber(0, 65_535).default(DEFAULT_PORT), doc: "Port that serve listens on; 0 = any free one." },
  consoleUrl: { flag: null, variable: "FORETOP_URL", schema: z.url("should look like http://host:port").optional(), doc: "Where people see the page: used for links in messages.", defaultDoc: "the address that serve listens on" },
  threads: { flag: "--threads", variable: "FORETOP_THREADS", schema: wholeNumber(1, THREADS_MAX).optional(), doc: "Threads that learn history; results don't depend on it.", defaultDoc: "as many as the machine has cores, at most 8" },
  logLevel: { flag: "--log-level", variable: "FORETOP_LOG_LEVEL", schema: z.enum(LOG_LEVELS).default("info"), doc: "How much serve logs: debug, info, warn, error, silent." },
} as const satisfies Record<string, Setting>;

export interface ServiceConfig {
  /** absolute */
  readonly homeFolder: string;
  /** null = the embedded PostgreSQL */
  readonly databaseUrl: string | null;
  readonly secretsFolder: string;
  readonly host: string;
  readonly port: number;
  /** null = the address that serve listens on */
  readonly consoleUrl: string | null;
  readonly threads: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

export type ConfigFlags = Partial<Record<keyof typeof SETTINGS, string | number | undefined>>;

const THREADS_DEFAULT_MAX = 8; // more threads copy more history than they learn faster

/** Throws UserError with the flag or variable in `where`. */
export function serviceConfig(env: Readonly<Record<string, string | undefined>>, flags: ConfigFlags = {}, cwd: string = process.cwd()): ServiceConfig {
  const read = <Name extends keyof typeof SETTINGS>(name: Name): z.output<(typeof SETTINGS)[Name]["schema"]> => {
    const { flag, variable, schema } = SETTINGS[name];
    const fromFlag = flags[name];
    // An empty variable is an unset one, as `FORETOP_PORT= foretop serve` means it.
    const given = fromFlag ?? (env[variable] === "" ? undefined : env[variable]);
    const checked = schema.safeParse(given);
    // The table ties each name to its own schema, which has just parsed this value.
    if (checked.success) return checked.data as z.output<(typeof SETTINGS)[Name]["schema"]>;
    const where = fromFlag === undefined ? variable : (flag ?? variable);
    const [issue] = checked.error.issues;
    // The value of DATABASE_URL holds a password and is never quoted.
    const shown = name === "databaseUrl" ? "" : `, not ${JSON.stringify(given)}`;
    throw new UserError(`${where} ${issue!.code === "invalid_value" ? `should be one of ${LOG_LEVELS.join(", ")}` : issueText(issue!)}${shown}`, { code: "INVALID", where, advice: SETTINGS[name].doc });
  };
  const homeFolder = resolve(cwd, read("home"));
  const secretsFolder = read("secretsFolder");
  return {
    homeFolder,
    databaseUrl: read("databaseUrl") ?? null,
    secretsFolder: secretsFolder === undefined ? join(homeFolder, "secrets") : resolve(cwd, secretsFolder),
    host: read("host"),
    port: read("port"),
    consoleUrl: read("consoleUrl") ?? null,
    threads: read("threads") ?? Math.min(THREADS_DEFAULT_MAX, availableParallelism()),
    logLevel: read("logLevel"),
  };
}

/** Of a union the text's own complaint is the one that helps. */
function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_union") return issue.message;
  return issue.errors.flat().find((inner) => inner.code === "invalid_format")?.message ?? "should be a whole number";
}
