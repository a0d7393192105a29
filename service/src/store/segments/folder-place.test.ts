import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FolderPlace } from "./folder-place.ts";
import { rawFolder } from "./raw-folder.ts";
import { testSegmentPlace } from "./segment-place-contract.ts";

testSegmentPlace("folder", async () => {
  const home = mkdtempSync(join(tmpdir(), "foretop-place-"));
  const root = join(home, "segments");
  const [place, other] = [new FolderPlace(root), new FolderPlace(root)];
  await place.remove((await place.write("first.parquet", [])).path.split("\n"));
  return {
    place,
    other,
    raw: rawFolder(root),
    clear() {
      for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
    },
    remove: () => Promise.resolve(rmSync(home, { recursive: true })),
  };
});
