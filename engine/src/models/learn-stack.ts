import * as constants from "./constants.ts";
import * as judged from "./judged.ts";
import * as slots from "./state-layout.ts";

// Copies, for speed: constants.ts says why.
const { STACK_COVARIANCE } = constants;
const { JUDGED, J_GATED, J_SPREAD, J_STACK_OUT, J_STACK_X, J_UNIT } = judged;
const { EXPERT_COUNT, F_COVARIANCE, F_WEIGHT } = slots;

const STACK_FORGETTING = 1 - 1 / 3000;
const STACK_COVARIANCE_FLOOR = 1e-7;

const covarianceTimesX = new Float64Array(EXPERT_COUNT);

/** One step of recursive least squares with bounded forgetting; the covariance is a triangle of 45 numbers. */
export function learnStack(f: Float32Array, c: number): void {
  const J = JUDGED;
  const unit = J[J_UNIT];
  if (!(unit > 0)) return;
  const px = covarianceTimesX;
  const covariance = (c + F_COVARIANCE) & 0x3fffffff;
  J[J_STACK_X + 8] = 1;
  let trace = 0;
  for (let i = 0, at = covariance; i < EXPERT_COUNT; i++) {
    const xi = J[J_STACK_X + i];
    let sum = 0;
    for (let j = 0; j < i; j++, at++) {
      const v = f[at];
      sum += v * J[J_STACK_X + j];
      px[j] += v * xi;
    }
    const v = f[at++];
    trace += v;
    px[i] = sum + v * xi;
  }
  const noise = J[J_SPREAD] / unit;
  let denominator = noise * noise;
  for (let i = 0; i < EXPERT_COUNT; i++) denominator += px[i] * J[J_STACK_X + i];
  const perDenominator = 1 / denominator;
  const error = ((J[J_GATED] - J[0]) / unit - J[J_STACK_OUT]) * perDenominator;
  const growth = trace > STACK_COVARIANCE * EXPERT_COUNT ? 1 : 1 / STACK_FORGETTING;
  for (let i = 0, at = covariance; i < EXPERT_COUNT; i++) {
    f[c + F_WEIGHT + i] += px[i] * error;
    const gain = px[i] * perDenominator;
    for (let j = 0; j < i; j++, at++) f[at] = (f[at] - gain * px[j]) * growth;
    const diagonal = (f[at] - gain * px[i]) * growth;
    f[at++] = diagonal > STACK_COVARIANCE_FLOOR ? diagonal : STACK_COVARIANCE_FLOOR;
  }
}
