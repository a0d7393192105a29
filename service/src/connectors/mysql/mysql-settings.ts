import { z } from "zod";
import { loginFields, reference, refuseMissing } from "../login-settings.ts";

/** Declared once: validation, JSON Schema, docs and the CLI's questions come from it. */
export const mysqlSettings = z
  .strictObject({
    secret: reference.optional().describe("reference to a JSON text with username, password, host, port and db; the fields below win over it"),
    host: z.string().min(1).max(253).optional().describe("name or address of the server, or the path of its Unix socket"),
    port: z.int().min(1).max(65_535).optional().describe("default 3306, or the secret's"),
    database: z.string().min(1).max(64).optional().describe("name of the database"),
    user: z.string().min(1).max(80).optional().describe("user to log in as; it needs SELECT on what the query reads, nothing more"),
    ...loginFields,
    timestampType: z
      .enum(["datetime", "timestamp"])
      .default("datetime")
      .describe("what the query compares :start and :end with. datetime: wall-clock time in the dataset's zone, which suits both types but for the hour that clocks repeat; timestamp: instants, exact in that hour too, and the server needs no time zone tables"),
  })
  .superRefine(refuseMissing)
  .describe("A MySQL or MariaDB database.");

export type MysqlSettings = z.infer<typeof mysqlSettings>;
