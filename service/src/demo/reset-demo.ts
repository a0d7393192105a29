/**
 * `demo --reset`: both databases and the segments go, the next steps make everything anew, ids included. A folder that
 * also holds detectors of the user's own is left alone: nobody loses work to a demo.
 */
import { rmSync } from "node:fs";
import { UserError } from "../telemetry/errors.ts";
import type { DemoHost, DemoPostgres } from "./demo-host.ts";

export async function resetDemo(
  host: DemoHost,
  postgres: DemoPostgres,
  { detectorName, warehouse }: { detectorName: string; warehouse: string },
): Promise<void> {
  const others = (await host.detectorNames(postgres)).filter((name) => name !== detectorName);
  if (others.length > 0) {
    throw new UserError(`${host.homeFolder} also holds detectors that are not the demo's: ${others.join(", ")}`, {
      code: "IN_USE",
      where: "--reset",
      advice: "--reset would delete them. Set FORETOP_HOME to another folder for the demo, or delete them first.",
    });
  }
  await postgres.dropDatabase(warehouse);
  await postgres.dropDatabase(host.stateDatabase);
  for (const folder of host.stateFolders) rmSync(folder, { recursive: true, force: true });
}
