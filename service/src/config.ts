/**
 * What an installation can set: flags win over environment variables, those over defaults. Declared once as data; the
 * table in docs/configuration.md comes from it. What belongs to one detector is in its file, not here.
 */
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { DEFAULT_HOST, DEFAULT_PORT } from "./api/listen.ts";
import { splitS3Path } from "./aws/split-s3-path.ts";
import { NOT_A_REFERENCE, SECRET_REFERENCE } from "./secrets/secret-reference.ts";
import type { SegmentSettings } from "./store/segments/open-place.ts";
import { UserError } from "./telemetry/errors.ts";

/** Of points, scores and checkpoints, in FORETOP_HOME. */
export const SEGMENTS_FOLDER = "segments";
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
  segments: {
    flag: null,
    variable: "FORETOP_SEGMENTS",
    schema: z.string().min(1, "is empty").optional(),
    doc: "Where points, scores and checkpoints are kept: a folder, or s3://bucket/prefix/, which several machines can share.",
    defaultDoc: "segments in FORETOP_HOME",
  },
  segmentsRegion: { flag: null, variable: "FORETOP_SEGMENTS_REGION", schema: z.string().min(1, "is empty").optional(), doc: "Region of the segments' bucket.", defaultDoc: "`AWS_REGION`" },
  segmentsEndpoint: {
    flag: null,
    variable: "FORETOP_SEGMENTS_ENDPOINT",
    schema: z.url({ protocol: /^https?$/, error: "should look like https://host:port" }).optional(),
    doc: "Address that answers for the segments' bucket instead of AWS's own.",
    defaultDoc: "AWS",
  },
  segmentsPathStyle: {
    flag: null,
    variable: "FORETOP_SEGMENTS_PATH_STYLE",
    schema: z.enum(["true", "false"]).optional(),
    doc: "Whether the bucket's name goes into the path of the address (true) or before its host (false).",
    defaultDoc: "true with FORETOP_SEGMENTS_ENDPOINT, else false",
  },
  segmentsCredentials: {
    flag: null,
    variable: "FORETOP_SEGMENTS_CREDENTIALS",
    schema: z.string().regex(SECRET_REFERENCE, NOT_A_REFERENCE).optional(),
    doc: 'Reference to a JSON text {"accessKeyId", "secretAccessKey", "sessionToken"} for the segments\' bucket.',
    defaultDoc: "what the AWS SDK finds",
  },
  segmentsCacheMb: {
    flag: null,
    variable: "FORETOP_SEGMENTS_CACHE_MB",
    schema: wholeNumber(0, 1_000_000).default(1000),
    doc: "How much of the segments' bucket is kept as copies in FORETOP_HOME/cache; 0 = nothing.",
  },
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
  readonly segments: SegmentSettings;
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
    // The value of DATABASE_URL holds a password, that of a mistaken reference may be one: never quoted.
    const shown = name === "databaseUrl" || name === "segmentsCredentials" ? "" : `, not ${JSON.stringify(given)}`;
    throw new UserError(`${where} ${issueText(issue!)}${shown}`, { code: "INVALID", where, advice: SETTINGS[name].doc });
  };
  const homeFolder = resolve(cwd, read("home"));
  const secretsFolder = read("secretsFolder");
  const segmentSettings = (): SegmentSettings => {
    const place = read("segments");
    if (place === undefined) return { kind: "folder", folder: join(homeFolder, SEGMENTS_FOLDER) };
    if (!place.startsWith("s3:")) return { kind: "folder", folder: resolve(cwd, place) };
    const { bucket, prefix } = bucketOf(place);
    const pathStyle = read("segmentsPathStyle");
    return {
      kind: "s3",
      bucket,
      prefix,
      region: read("segmentsRegion") ?? null,
      endpoint: read("segmentsEndpoint") ?? null,
      isPathStyle: pathStyle === undefined ? null : pathStyle === "true",
      credentials: read("segmentsCredentials") ?? null,
      cacheFolder: join(homeFolder, "cache", SEGMENTS_FOLDER),
      cacheMb: read("segmentsCacheMb"),
    };
  };
  return {
    homeFolder,
    databaseUrl: read("databaseUrl") ?? null,
    secretsFolder: secretsFolder === undefined ? join(homeFolder, "secrets") : resolve(cwd, secretsFolder),
    segments: segmentSettings(),
    host: read("host"),
    port: read("port"),
    consoleUrl: read("consoleUrl") ?? null,
    threads: read("threads") ?? Math.min(THREADS_DEFAULT_MAX, availableParallelism()),
    logLevel: read("logLevel"),
  };
}

function bucketOf(place: string): { bucket: string; prefix: string } {
  try {
    const { bucket, path } = splitS3Path(place);
    return { bucket, prefix: path === "" || path.endsWith("/") ? path : `${path}/` };
  } catch {
    const variable = SETTINGS.segments.variable;
    throw new UserError(`${variable} should look like s3://bucket/prefix/, not ${JSON.stringify(place)}`, { code: "INVALID", where: variable, advice: SETTINGS.segments.doc });
  }
}

/** Of a union the text's own complaint is the one that helps, of a choice what there is to choose. */
function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return `should be ${issue.values.length === 2 ? issue.values.join(" or ") : `one of ${issue.values.join(", ")}`}`;
  if (issue.code !== "invalid_union") return issue.message;
  return issue.errors.flat().find((inner) => inner.code === "invalid_format")?.message ?? "should be a whole number";
}
