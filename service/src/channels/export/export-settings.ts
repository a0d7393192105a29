import { z } from "zod";

export const exportSettings = z
  .strictObject({
    folder: z.string().min(1).optional().describe("where to write; default `export` in FORETOP_HOME. A folder per detector is made in it"),
  })
  .describe("Two CSV files for each anomalous interval, in a folder.");
export type ExportSettings = z.infer<typeof exportSettings>;
