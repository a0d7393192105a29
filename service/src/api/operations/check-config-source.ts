import { z } from "zod";
import { checkConfiguredSource } from "../../resources/check-source.ts";
import { parseConfigFile } from "../../resources/parse-config.ts";
import { readFileFrom } from "../../resources/read-file.ts";
import { operation } from "../operation.ts";
import { filesInput } from "../shapes/plan.ts";
import { sourceFindings } from "../shapes/source-finding.ts";

export const checkConfigSource = operation({
  name: "checkConfigSource",
  method: "POST",
  path: "/v1/check",
  doc: "As checkSource, for the source that these files describe, applied or not. Changes nothing.",
  input: z.strictObject(filesInput),
  output: sourceFindings,
  async handle(system, { entry, files }) {
    const { config } = parseConfigFile(entry, readFileFrom(files));
    return { findings: [...(await checkConfiguredSource(config, system))] };
  },
});
