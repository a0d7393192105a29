// Builds the console into console/dist when its sources have changed since the last build: a hash of them is kept beside
// the result. What it says goes to stderr: stdout belongs to the command that called it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "console");
const stamp = join(folder, "dist", ".built-from");

const hash = createHash("sha256");
for (const file of [...sources(join(folder, "src")), ...sources(join(folder, "public")), "index.html", "vite.config.ts", "package.json", "../package-lock.json"].map((name) => join(folder, name))) {
  hash.update(`${relative(root, file)}\0`).update(readFileSync(file)).update("\0");
}
const wanted = hash.digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  const started = Date.now();
  process.stderr.write("Building the console …\n");
  rmSync(stamp, { force: true }); // a build that fails half-way must not look like one that is done
  const node = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  const result = spawnSync(existsSync(node) ? node : process.execPath, [vite, "build", "--logLevel", "warn"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    // Whoever calls: a test run says NODE_ENV=test, which would put React's development build into the bundle.
    env: { ...process.env, NODE_ENV: "production" },
  });
  if (result.status !== 0) {
    process.stderr.write(`The console could not be built (exit ${result.status ?? result.signal}); what vite said is above.\n`);
    process.exit(result.status || 1);
  }
  writeFileSync(stamp, wanted);
  process.stderr.write(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.\n`);
}

/** Files of a folder by path, sorted, so that the hash does not depend on the file system's order. */
function sources(start) {
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}
