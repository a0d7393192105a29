import { z } from "zod";
import { loginFields, reference, refuseMissing } from "../login-settings.ts";

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
    ...loginFields,
  })
  .superRefine(refuseMissing)
  .describe("A PostgreSQL or Amazon Redshift database.");

export type PostgresSettings = z.infer<typeof postgresSettings>;
