import type { Secrets } from "../../secrets/secrets.ts";
import { resolveAddress } from "../resolve-address.ts";
import type { Address } from "../resolve-address.ts";
import type { PostgresSettings } from "./postgres-settings.ts";

/** Throws UserError naming the reference or the field, never a value. */
export function resolveSettings(settings: PostgresSettings, secrets: Secrets): Promise<Address> {
  return resolveAddress(settings, secrets, { defaultPort: 5432 });
}
