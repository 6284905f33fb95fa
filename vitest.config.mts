/**
 * Three kinds of tests: `unit` runs pure code in Node, `worker` and `worker-alone` run inside workerd with real D1, KV, R2
 * and queues from wrangler.toml, and `e2e` starts the whole product and drives it with real clients.
 * One kind: `npm test -- --project unit`.
 */
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig, type Plugin, type TestProjectConfiguration } from "vitest/config";
import { inOneFile } from "./test/setup/in-one-file.ts";
import { LongestFirst } from "./test/setup/longest-first.ts";

const TEST_SOURCES = [
  { id: "web", writeKey: "wk_demo", secretKey: "sk_demo", origins: ["https://app.example"] },
];

/** Thousands of runs each. */
const COMPUTING = [
  "test/worker/identity/erasures.test.ts",
  "test/worker/identity/erasures-more.test.ts",
  "test/worker/identity/histories.test.ts",
  "test/worker/consent/interleavings.test.ts",
  "test/worker/subjects/crashes.test.ts",
];

/** What files before it have left in memory is in the way of the first; thousands of runs leave too much there for files after them. */
const ALONE = ["test/worker/openapi.test.ts", ...COMPUTING];

const worker = (
  name: string,
  files: { include: string[]; exclude?: string[]; isolate?: false },
  plugins: Plugin[] = [],
): TestProjectConfiguration => ({
  plugins: [
    ...plugins,
    cloudflareTest(async () => ({
      main: "./test/worker/main.ts", // of the source: wrangler.toml names what is built of it
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        bindings: {
          DEV: "1",
          MASTER_SECRET: "test-master-secret-0123456789abcdef",
          ADMIN_TOKEN: "admin_test",
          SOURCES: JSON.stringify(TEST_SOURCES),
          TEST_MIGRATIONS: await readD1Migrations("migrations"),
        },
      },
    })),
  ],
  test: {
    name,
    ...files,
    globalSetup: ["test/setup/assets.ts"],
    setupFiles: ["test/worker/setup.ts"],
    maxWorkers: 3,
    // Whoever is first loads the whole Worker, on a machine that may have much else to do.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

// .ci/run asks for a report to count from.
const jsonReport = process.env.VITEST_JSON;

export default defineConfig({
  test: {
    ...(jsonReport && { reporters: ["default", ["json", { outputFile: jsonReport }]] }),
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          environment: "node",
          // Pure code: what one file has loaded serves the next.
          isolate: false,
          maxWorkers: 3,
          // Of tests that compute for a second on a machine of one's own, and share two cores elsewhere.
          testTimeout: 60_000,
        },
      },
      // Half of a file's time would be to load the Worker anew: these share one, their stores are emptied for each file, and what
      // the isolate remembers of the file before does not matter to them.
      worker("worker", { include: ["test/worker/**/*.test.ts"], exclude: ALONE, isolate: false }),
      worker("worker-alone", { include: ALONE }, [
        inOneFile([...COMPUTING, "test/worker/main.ts", "test/worker/setup.ts"]),
      ]),
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          environment: "node",
          globalSetup: ["test/setup/built.ts"],
          // After the others. Each file has a Worker and a browser of its own: with more than four on two cores, they wait
          // for each other. The times are those of a machine a few times slower.
          sequence: { groupOrder: 1 },
          isolate: false,
          maxWorkers: 4,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
