/**
 * `@growthbook/edge-cloudflare` on the same page, as it comes: one experiment whose variation sets the HTML of the three
 * slots, decided at the edge. The payload is in memory, so that nothing is fetched but the page.
 */
import { VARS } from "bench:fixtures";
import { handleRequest } from "@growthbook/edge-cloudflare";
import type { FeatureApiResponse } from "@growthbook/growthbook";
import { PAGE_SLOTS } from "../fixtures/large-release.ts";

const HTML = `<div class="offer"><h2>Offer</h2><p>${"Something good. ".repeat(8)}</p></div>`;
const payload: FeatureApiResponse = {
  features: {},
  experiments: [
    {
      key: "page",
      changeId: "page",
      variations: [
        {},
        {
          domMutations: PAGE_SLOTS.map((name) => ({
            selector: `[data-doorstep-slot="${name}"]`,
            action: "set",
            attribute: "html",
            value: HTML,
          })),
        },
      ],
      weights: [0, 1],
      coverage: 1,
      hashAttribute: "id",
      hashVersion: 2,
      urlPatterns: [{ type: "simple", pattern: "/*", include: true }],
    },
  ],
};

const env = { PROXY_TARGET: VARS.ORIGIN ?? "" };

export default {
  fetch: (request: Request): Promise<Response> =>
    handleRequest(request, env, {
      payload,
      runVisualEditorExperiments: "edge",
    }),
};
