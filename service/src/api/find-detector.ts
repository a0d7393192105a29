import type { System } from "../pipeline/system.ts";
import type { Detector } from "../resources/detector.ts";
import { UserError } from "../telemetry/errors.ts";

const NAMES_LISTED_MAX = 10;

/** A detector by its id or its name. Throws UserError "NOT_FOUND" that lists what there is. */
export async function findDetector({ store }: Pick<System, "store">, idOrName: string): Promise<Detector> {
  const detector = (await store.detectors.get(idOrName)) ?? (await store.detectors.getByName(idOrName));
  if (detector !== null) return detector;
  const names = (await store.detectors.list()).map(({ config }) => config.name);
  const listed = names.slice(0, NAMES_LISTED_MAX).join(", ");
  throw new UserError(`there is no detector "${idOrName}"`, {
    code: "NOT_FOUND",
    where: "detector",
    advice: names.length === 0 ? "No detector has been applied yet." : `Detectors are: ${listed}${names.length > NAMES_LISTED_MAX ? " …" : ""}.`,
  });
}
