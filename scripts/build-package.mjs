// Builds what is published as `foretop`: the service with the engine inside it as plain JavaScript, the console, the
// migrations and the examples. Dependencies stay dependencies.
//   node scripts/build-package.mjs        → service/dist
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const service = join(root, "service");
const dist = join(service, "dist");
const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(service, "package.json"), "utf8"));

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
await build({
  // The learning thread is a file of its own: main.js starts it by its URL.
  entryPoints: { main: join(service, "src/main.ts"), "learn-worker": join(service, "src/pipeline/learn-worker.ts") },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22",
  sourcemap: true,
  legalComments: "none",
  external: [...Object.keys(dependencies), ...Object.keys(optionalDependencies), "pg-native"],
});
const copies = [
  [join(service, "src/store/postgres/migrations"), join(dist, "migrations")],
  [join(root, "console/dist"), join(dist, "console")],
  [join(root, "examples"), join(dist, "examples")],
  [join(root, "README.md"), join(service, "README.md")],
  [join(root, "LICENSE"), join(service, "LICENSE")],
];
for (const [from, to] of copies) if (existsSync(from)) cpSync(from, to, { recursive: true });
process.stderr.write(`built ${dist}\n`);
