import { expect, test } from "vitest";
import { fileFailure } from "./file-failure.ts";

const failure = (code: string) => fileFailure(Object.assign(new Error(`${code}: something about /secret/path`), { code }), "/data/out");

test("a full disk passes, and is named", () => {
  expect(failure("ENOSPC")).toEqual({ outcome: "failed", transient: true, detail: "/data/out: the disk is full (ENOSPC)" });
  expect(failure("EMFILE")).toMatchObject({ transient: true });
});

test("a folder that may not be written to needs somebody", () => {
  for (const code of ["EACCES", "EPERM", "EROFS", "ENOTDIR"]) expect(failure(code), code).toMatchObject({ transient: false });
});

test("what is unknown is tried again", () => {
  expect(failure("EIO")).toEqual({ outcome: "failed", transient: true, detail: "/data/out: the file system refused (EIO)" });
  expect(fileFailure(new Error("odd"), "/data/out")).toEqual({ outcome: "failed", transient: true, detail: "/data/out: odd" });
});
