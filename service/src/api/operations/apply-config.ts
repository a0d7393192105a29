import { z } from "zod";
import { operation } from "../operation.ts";
import { appliedShape, filesInput } from "../shapes/plan.ts";

export const applyConfig = operation({
  name: "applyConfig",
  method: "POST",
  path: "/v1/apply",
  doc: "Creates or changes the detector that these files describe; the same files twice change nothing.",
  input: z.strictObject({ ...filesInput, activate: z.boolean().default(true).describe("Whether to activate it too; true by default.") }),
  output: appliedShape,
  handle: (_system, { activate, ...files }, app) => app.apply(files, { activate }),
});
