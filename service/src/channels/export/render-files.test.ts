import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PARTS, RETRACTED, writeAtomically } from "./export-folder.ts";
import type { ExportPart } from "./export-part.ts";
import { renderFiles } from "./render-files.ts";

const STAMP = "2021-02-17_11:00:00";
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "foretop-render-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function addPart(groupId: string): Promise<void> {
  const part: ExportPart = { version: 1, groupId, revision: 1, measure: "views", measures: ["views"], dimensions: ["p"], score: 80, rows: [{ instant: "t", values: [groupId], actual: 1 }], contributions: null };
  return writeAtomically(root, join(PARTS, STAMP, `${groupId}.1.json`), JSON.stringify(part));
}
const rows = () => readFileSync(join(root, "metricValue_AnomalyScore", `${STAMP}_metricValue_AnomalyScore.csv`), "utf8").split("\n").slice(1, -1);

test("a part that another writer put down and rendered while this one was rendering is not lost", async () => {
  await addPart("a");
  let isFirst = true;
  await renderFiles(root, STAMP, async () => {
    // The other one came, wrote and went between our listing and our renaming: our file just replaced its file.
    if (isFirst) await addPart("b");
    isFirst = false;
  });
  expect(rows()).toHaveLength(2);
});

test("a group that another writer took back while this one was rendering is gone", async () => {
  await addPart("a");
  await addPart("b");
  let isFirst = true;
  await renderFiles(root, STAMP, async () => {
    if (isFirst) await writeAtomically(root, join(RETRACTED, "a"), "");
    isFirst = false;
  });
  expect(rows()).toHaveLength(1);
});

test("when nothing comes in between, it is written once", async () => {
  await addPart("a");
  let writings = 0;
  await renderFiles(root, STAMP, () => {
    writings += 1;
    return Promise.resolve();
  });
  expect(writings).toBe(1);
});

test("parts that never stop coming end in an error, not in an endless loop", async () => {
  let n = 0;
  await expect(renderFiles(root, STAMP, () => addPart(`g${(n += 1)}`))).rejects.toThrow(`parts of ${STAMP} kept coming while it was rendered`);
});
