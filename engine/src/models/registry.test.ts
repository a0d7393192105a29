import assert from "node:assert/strict";
import { test } from "vitest";
import { EngineError } from "./engine-error.ts";
import { testModel } from "./model-contract.ts";
import { MODELS, modelNamed } from "./registry.ts";

for (const model of MODELS) testModel(model, { test, ok: (holds, what) => assert.ok(holds, what) });

test("a model is found by its name; an unknown name is refused with the names there are", () => {
  assert.equal(modelNamed("ensemble"), MODELS[0]);
  assert.throws(
    () => modelNamed("prophet"),
    (error: unknown) => error instanceof EngineError && error.code === "UNKNOWN_MODEL" && /ensemble, Holt-Winters/.test(error.message),
  );
});
