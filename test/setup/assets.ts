/** Builds the static assets once for all tests of a run that ask the Worker for them. Named by vitest.config.mts. */
import { buildAssets } from "../../scripts/build-assets.ts";

export const setup = buildAssets;
