import type { SourcePolicy } from "../connector.ts";
import type { DuckdbSettings } from "./duckdb-settings.ts";

/** Files have no grants: the account that Foretop runs as reads them. */
export function policyFor({ folder }: DuckdbSettings): readonly SourcePolicy[] {
  return [{ title: "The account that Foretop runs as", kind: "text", text: `May read the files in ${folder} and pass through its folders (r on files, rx on folders); write nothing.` }];
}
