// Runs the foretop command from source with the Node of the workspace (Node 24), whatever Node called npm.
import { spawn } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
// npm moves to the workspace's root; paths on the command line are meant from where npm was called.
const cwd = process.env.INIT_CWD ?? process.cwd();
const home = process.env.FORETOP_HOME || join(root, ".foretop");
const child = spawn(node, [join(root, "service", "src", "main.ts"), ...process.argv.slice(2)], {
  cwd,
  stdio: "inherit",
  env: { ...process.env, FORETOP_HOME: resolve(cwd, home) },
});

// A terminal sends Ctrl-C to the whole process group, npm and a supervisor to us alone: passed on once, and the command
// takes a repeat within a second for the same one.
const passedOn = new Set();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (passedOn.has(signal)) return;
    passedOn.add(signal);
    setTimeout(() => passedOn.delete(signal), 1000).unref();
    child.kill(signal);
  });
}
child.on("exit", (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
});
