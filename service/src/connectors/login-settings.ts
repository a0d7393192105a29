/** Settings that are the same for every server one logs in to. */
import { z } from "zod";
import { NOT_A_REFERENCE, SECRET_REFERENCE } from "../secrets/secret-reference.ts";

export const reference = z.string().regex(SECRET_REFERENCE, NOT_A_REFERENCE);

export const loginFields = {
  password: reference.optional().describe("reference to the password"),
  ssl: z
    .enum(["disable", "require", "verify-full"])
    .optional()
    .describe("require: encrypted; verify-full: the server's certificate is checked, too; default: disable on this machine, require elsewhere"),
  sslRootCertificate: z.string().min(1).optional().describe("path of a PEM file with the authority that signed the server's certificate, for verify-full"),
  connectSecondsMax: z.number().min(1).max(120).default(10).describe("how long connecting may take"),
};

interface Place {
  readonly secret?: string | undefined;
  readonly host?: string | undefined;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
}

/** A secret may hold all of it; without one the fields have to. */
export function refuseMissing(settings: Place, context: z.core.$RefinementCtx): void {
  if (settings.secret !== undefined) return;
  for (const field of ["host", "database", "user"] as const) {
    if (settings[field] === undefined) context.addIssue({ code: "custom", path: [field], message: `${field} is missing (or give all of it with secret: secret:NAME)` });
  }
}
