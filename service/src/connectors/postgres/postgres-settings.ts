import { z } from "zod";
import { NOT_A_REFERENCE, SECRET_REFERENCE } from "../../secrets/secret-reference.ts";

const reference = z
  .string()
  .regex(SECRET_REFERENCE, NOT_A_REFERENCE);

/** Declared once: validation, JSON Schema, docs and the CLI's questions come from it. */
export const postgresSettings = z
  .strictObject({
    secret: reference
      .optional()
      .describe("reference to a JSON text with username, password, host, port and db, as the original connector kept it; the fields below win over it"),
    host: z.string().min(1).max(253).optional().describe("name or address of the server, or the folder of its Unix socket"),
    port: z.int().min(1).max(65_535).optional().describe("default 5432, or the secret's; Redshift has 5439"),
    database: z.string().min(1).max(127).optional().describe("name of the database"),
    user: z.string().min(1).max(127).optional().describe("role to log in as; it needs SELECT on what the query reads, nothing more"),
    password: reference.optional().describe("reference to the password"),
    ssl: z
      .enum(["disable", "require", "verify-full"])
      .optional()
      .describe("require: encrypted; verify-full: the server's certificate is checked, too; default: disable on this machine, require elsewhere"),
    sslRootCertificate: z.string().min(1).optional().describe("path of a PEM file with the authority that signed the server's certificate, for verify-full"),
    connectSecondsMax: z.number().min(1).max(120).default(10).describe("how long connecting may take"),
  })
  .superRefine((settings, context) => {
    if (settings.secret !== undefined) return;
    for (const field of ["host", "database", "user"] as const) {
      if (settings[field] === undefined) context.addIssue({ code: "custom", path: [field], message: `${field} is missing (or give all of it with secret: secret:NAME)` });
    }
  })
  .describe("A PostgreSQL or Amazon Redshift database.");

export type PostgresSettings = z.infer<typeof postgresSettings>;
