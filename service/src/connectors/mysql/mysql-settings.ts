import { z } from "zod";
import { NOT_A_REFERENCE, SECRET_REFERENCE } from "../../secrets/secret-reference.ts";

const reference = z
  .string()
  .regex(SECRET_REFERENCE, NOT_A_REFERENCE);

/** Declared once: validation, JSON Schema, docs and the CLI's questions come from it. */
export const mysqlSettings = z
  .strictObject({
    secret: reference.optional().describe("reference to a JSON text with username, password, host, port and db; the fields below win over it"),
    host: z.string().min(1).max(253).optional().describe("name or address of the server, or the path of its Unix socket"),
    port: z.int().min(1).max(65_535).optional().describe("default 3306, or the secret's"),
    database: z.string().min(1).max(64).optional().describe("name of the database"),
    user: z.string().min(1).max(80).optional().describe("user to log in as; it needs SELECT on what the query reads, nothing more"),
    password: reference.optional().describe("reference to the password"),
    ssl: z
      .enum(["disable", "require", "verify-full"])
      .optional()
      .describe("require: encrypted; verify-full: the server's certificate is checked, too; default: disable on this machine, require elsewhere"),
    sslRootCertificate: z.string().min(1).optional().describe("path of a PEM file with the authority that signed the server's certificate, for verify-full"),
    connectSecondsMax: z.number().min(1).max(120).default(10).describe("how long connecting may take"),
    timestampType: z
      .enum(["datetime", "timestamp"])
      .default("datetime")
      .describe("what the query compares :start and :end with. datetime: wall-clock time in the dataset's zone, which suits both types but for the hour that clocks repeat; timestamp: instants, exact in that hour too, and the server needs no time zone tables"),
  })
  .superRefine((settings, context) => {
    if (settings.secret !== undefined) return;
    for (const field of ["host", "database", "user"] as const) {
      if (settings[field] === undefined) context.addIssue({ code: "custom", path: [field], message: `${field} is missing (or give all of it with secret: secret:NAME)` });
    }
  })
  .describe("A MySQL or MariaDB database.");

export type MysqlSettings = z.infer<typeof mysqlSettings>;
