// Runs the foretop command from source with the Node of the workspace (Node 24), whatever Node called npm.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
const child = spawn(node, [join(root, "service", "src", "main.ts"), ...process.argv.slice(2)], { stdio: "inherit" });

// A terminal sends Ctrl-C to the whole process group; a supervisor signals only us: pass it on, wait for the child.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
});
