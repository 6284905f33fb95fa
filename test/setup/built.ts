/** Builds the Worker and its static assets, as they are uploaded, once for all end-to-end tests. Named by vitest.config.mts. */
import { buildAssets } from "../../scripts/build-assets.ts";
import { buildWorker } from "../../scripts/build-worker.ts";

export async function setup(): Promise<void> {
  await Promise.all([buildAssets(), buildWorker()]);
}
