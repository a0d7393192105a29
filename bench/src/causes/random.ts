/** The engine's seeded randomness, so that instances are the same on every machine. */
export { normal, poisson } from "../../../engine/src/random/distributions.ts";
export { seededRandom, type Random } from "../../../engine/src/random/seeded-random.ts";
export { exp, ln, pow } from "../../../engine/src/stats/elementary.ts";
