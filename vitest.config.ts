import { defineConfig } from "vitest/config";

// One project per room. Service tests share real servers and the two cores, so their files run a few at a time.
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { name: "engine", root: "engine", include: ["src/**/*.test.ts"], testTimeout: 180_000 } },
      {
        test: {
          name: "service",
          root: "service",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          pool: "forks",
          globalSetup: "test/global-setup.ts",
        },
      },
      {
        test: {
          name: "console",
          root: "console",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          pool: "forks",
          globalSetup: "../service/test/global-setup.ts",
        },
      },
      {
        test: {
          name: "test-kit",
          root: "test-kit",
          include: ["src/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          pool: "forks",
          globalSetup: "../service/test/global-setup.ts",
        },
      },
      { test: { name: "bench", root: "bench", include: ["src/**/*.test.ts"], testTimeout: 120_000 } },
    ],
  },
});
