#!/usr/bin/env node
// The command as published: says clearly which Node it needs, before anything newer than that is loaded.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `foretop needs Node 22.12 or newer; this is ${process.versions.node} (${process.execPath}).\n` +
      "Install a newer Node, or run it with one: npx -p node@24 -p foretop foretop …\n",
  );
  process.exit(2);
}
await import("../dist/main.js");
