import { defineConfig } from "vitest/config";

/**
 * Two kinds of tests: `fast` ones run side by side, `asterisk` ones share a real telephone exchange's machine and run
 * one file after another.
 */
export default defineConfig({
  test: {
    // A test that waits for a fact which never comes must fail with its own message before this.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000, interval: 20 } },
    // What was seen is said whole, not cut off after forty characters.
    chaiConfig: { truncateThreshold: 2_000 },
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: ["test/asterisk/**"],
          // Many wait for another process, or for a deadline; left alone, vitest keeps a processor back.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: "asterisk",
          include: ["test/asterisk/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
