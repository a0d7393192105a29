import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { RawSegments } from "../store-contract.ts";

/** A folder of segments as the tests see it past the store. */
export function rawFolder(root: string): RawSegments {
  return {
    paths: () => readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ parentPath, name }) => relative(root, join(parentPath, name))),
    bytes: (path) => readFileSync(join(root, path)),
    put(path, content) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    },
    remove: (path) => rmSync(join(root, path)),
    age: (path) => utimesSync(join(root, path), new Date(1), new Date(1)),
  };
}
