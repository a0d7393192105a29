import { z } from "zod";
import { operation } from "../operation.ts";
import { filesInput, planShape } from "../shapes/plan.ts";

export const planConfig = operation({
  name: "planConfig",
  method: "POST",
  path: "/v1/plan",
  doc: "What applyConfig would do with these files: changes, what is relearned, how much data it means, the exact SQL, warnings. Changes nothing.",
  input: z.strictObject(filesInput),
  output: planShape,
  handle: (_system, input, app) => app.plan(input),
});
