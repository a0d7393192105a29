/** A configuration and the files that it names, as texts: what plan and apply send, here or to a running serve. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, posix, relative, resolve, sep } from "node:path";
import type { ConfigFiles } from "../api/app.ts";
import { parseConfigFile, type ParsedConfig } from "../resources/parse-config.ts";
import { readFileFromDisk } from "../resources/read-file.ts";
import { UserError } from "../telemetry/errors.ts";

const ENTRY_NAMES = ["foretop.yaml", "foretop.yml", "params.json"];

/** Parses here first, so that a mistake in the file is told with its path as the user gave it. */
export function readConfigFiles(given: string, cwd: string, { strict }: { strict: boolean }): { files: ConfigFiles; parsed: ParsedConfig } {
  const entry = entryOf(given, cwd);
  const folder = dirname(resolve(cwd, entry));
  const texts = new Map<string, string>();
  const parsed = parseConfigFile(
    entry,
    (path) => {
      const text = readFileFromDisk(resolve(cwd, path));
      if (text !== null) texts.set(posix.normalize(relative(folder, resolve(cwd, path)).split(sep).join("/")), text);
      return text;
    },
    { strict },
  );
  return { files: { entry: basename(entry), files: Object.fromEntries(texts) }, parsed };
}

/** A folder stands for the one configuration in it. */
function entryOf(given: string, cwd: string): string {
  const path = resolve(cwd, given);
  if (!existsSync(path) || !statSync(path).isDirectory()) return given;
  const found = ENTRY_NAMES.filter((name) => existsSync(join(path, name)));
  if (found.length === 1) return join(given, found[0]!);
  throw new UserError(found.length === 0 ? `there is no configuration in ${given}` : `there are several configurations in ${given}: ${found.join(", ")}`, {
    code: "NOT_FOUND",
    where: given,
    advice: found.length === 0 ? `A folder should hold ${ENTRY_NAMES.join(" or ")}.` : "Name the file itself.",
  });
}
