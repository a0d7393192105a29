/**
 * Makes what upgrade.test.ts opens: the state of a small installation as an older Foretop left it – history, live hours
 * with incidents, late rows, groups with revisions, messages, merged files – and, beside it, what that version said of it.
 * The older version's own code does all of that; only the file is written by today's `backUp`, which knows no table.
 *
 *   node service/test/upgrade/make-fixture.ts v0.1.0
 *
 * Needs the tag in this checkout, git and tar. Writes service/test/upgrade/<tag>/{backup.tar,said.json}, which are committed.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { backUp } from "../../src/store/backup/back-up.ts";
import { FolderPlace } from "../../src/store/segments/folder-place.ts";
import { startEmbeddedPostgres } from "../../src/store/embedded/embedded-postgres.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..", "..", "..");
const WORKSPACES = "@foretop";

const tag = process.argv[2];
if (tag === undefined) throw new Error("usage: make-fixture.ts TAG");
const temporary = mkdtempSync(join(tmpdir(), "foretop-fixture-"));
const [checkout, home, target] = [join(temporary, "checkout"), join(temporary, "home"), join(HERE, tag)];
checkOut();
const postgres = await startEmbeddedPostgres(home, { durable: false });
try {
  for (const name of ["foretop", "warehouse"]) await postgres.createDatabase(name);
  const upgrade = join(checkout, "service", "test", "upgrade");
  const said = execFileSync(process.execPath, [join(upgrade, "live-through.ts"), postgres.url("foretop"), postgres.url("warehouse"), home], { encoding: "utf8" });
  mkdirSync(target, { recursive: true });
  const file = join(target, "backup.tar");
  rmSync(file, { force: true });
  const { version } = JSON.parse(said) as { version: string };
  const { bytes, rows, segments } = await backUp({ databaseUrl: postgres.url("foretop"), segments: new FolderPlace(join(home, "segments")), file, version, nowMs: 0 });
  writeFileSync(join(target, "said.json"), said);
  process.stdout.write(`${file}: ${bytes} bytes, ${rows} rows, ${segments} segments\n`);
} finally {
  await postgres.stop();
  rmSync(temporary, { recursive: true, force: true });
}

/** The tag's files, with today's packages but its own workspaces. */
function checkOut(): void {
  mkdirSync(join(checkout, "node_modules", WORKSPACES), { recursive: true });
  execFileSync("sh", ["-c", `git archive "$1" | tar -x -C "$2"`, "sh", tag!, checkout], { cwd: ROOT });
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (name !== WORKSPACES) symlinkSync(join(ROOT, "node_modules", name), join(checkout, "node_modules", name));
  }
  symlinkSync(join(checkout, "engine"), join(checkout, "node_modules", WORKSPACES, "engine"));
  mkdirSync(join(checkout, "service", "test", "upgrade"), { recursive: true });
  for (const name of ["live-through.ts", "said-of.ts"]) copyFileSync(join(HERE, name), join(checkout, "service", "test", "upgrade", name));
}
