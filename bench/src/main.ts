/** `npm run bench -- NAME …`: accuracy and speed, measured; results are committed so that a change is a diff. */

const BENCHES: Readonly<Record<string, () => Promise<(args: readonly string[]) => void | Promise<void>>>> = {
  accuracy: async () => (await import("./accuracy/accuracy.ts")).accuracy,
  store: async () => (await import("./store/store.ts")).store,
  calibration: async () => (await import("./calibration/calibration.ts")).calibration,
  kinds: async () => (await import("./kinds/kinds.ts")).kinds,
  "demo-data": async () => (await import("./demo-data/demo-data.ts")).demoData,
  "demo-seeds": async () => (await import("./demo-seeds/demo-seeds.ts")).demoSeeds,
  speed: async () => (await import("./speed/speed.ts")).speed,
  pictures: async () => (await import("./pictures/pictures.ts")).pictures,
  causes: async () => (await import("./causes/causes.ts")).causes,
  truth: async () => (await import("./truth/truth.ts")).truth,
  connectors: async () => (await import("./connectors/connectors.ts")).connectors,
  spine: async () => (await import("./spine/spine.ts")).spine,
};

const [name, ...args] = process.argv.slice(2);
const bench = BENCHES[name ?? ""];
if (bench === undefined) {
  console.error(`usage: npm run bench -- NAME …, where NAME is one of: ${Object.keys(BENCHES).join(", ")}`);
  process.exitCode = 2;
} else {
  await (await bench())(args);
}
