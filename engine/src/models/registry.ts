import { EngineError } from "./engine-error.ts";
import { ensemble } from "./ensemble-model.ts";
import { holtWinters } from "./holt-winters.ts";
import type { Model } from "./model.ts";
import { seasonalNaive } from "./seasonal-naive.ts";

/** All models. The product uses the first; each of the others is a baseline in the bench. */
export const MODELS: readonly Model[] = [ensemble, holtWinters, seasonalNaive];

/** The model of that name. @throws EngineError UNKNOWN_MODEL, which names those there are */
export function modelNamed(name: string): Model {
  const model = MODELS.find((each) => each.name === name);
  if (model === undefined) {
    throw new EngineError("UNKNOWN_MODEL", `there is no model "${name}"; there are ${MODELS.map((each) => each.name).join(", ")}`);
  }
  return model;
}
