/** The option --as-of, the same wherever something can be shown as it was known then. */
import { instantMs } from "./run.ts";

export const AS_OF = "as it was known then, exactly, e.g. 2026-03-01T09:05:00Z";

export function asOfField({ asOf }: { readonly asOf?: string }): { asOf?: string } {
  return asOf === undefined ? {} : { asOf: new Date(instantMs(asOf, "--as-of")).toISOString() };
}
