/** A partial success from end to end: the HubSpot sandbox over real HTTP refuses seven contacts of a hundred. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { destinationSchema } from "#contracts/definitions/destination";
import { deliverGroup } from "#forward/deliver";
import { type Demo, startDemo } from "../../../demo/server.ts";
import { reach } from "../../setup/reach.ts";
import { itemOf } from "./items.ts";

let demo: Demo;
beforeAll(async () => {
  demo = await startDemo({ port: 0 });
});
afterAll(() => demo.close());

it("a 207 of 100 rows with 7 failures: 93 delivered, 7 failed with the vendor's reason", async () => {
  const now = Date.now();
  const bad = new Set([3, 14, 15, 40, 41, 77, 99]);
  const items = Array.from({ length: 100 }, (_, n) =>
    itemOf(`i${n}`, {
      occurredAt: now,
      receivedAt: now,
      verified: true,
      sealed: String(n),
      profile: `p${n}`,
      properties: { form_id: bad.has(n) ? "spoilt" : "newsletter" },
    }),
  );
  const { settlements, asked } = await deliverGroup(items, {
    definition: destinationSchema.parse({
      type: "hubspot",
      queue: "crm",
      purposes: ["marketing"],
      settings: { token: "pat-demo", endpoint: `${demo.url}/hubspot` },
      // The release gives these a stage that HubSpot does not know.
      mappings: [
        {
          events: ["form_submit"],
          when: { "properties.form_id": "spoilt" },
          set: { "properties.lifecyclestage": { value: "no_such_stage" } },
        },
      ],
    }),
    gate: { permit: async ({ want }) => ({ granted: want }), pause: async () => {} },
    consent: new Map(),
    toldSince: async () => new Map(),
    secretOf: () => undefined,
    unseal: async (n) => JSON.stringify({ email: `person${n}@example.com` }),
    fetch,
    clock: () => Date.now(),
    deadlineMs: 5_000,
    allowInsecure: true,
    ...reach,
  });
  const failed = settlements.flatMap((one, n) => (one.status === "failed" ? [{ n, ...one }] : []));
  expect(settlements.filter(({ status }) => status === "delivered")).toHaveLength(93);
  expect(failed).toEqual(
    [...bad].map((n) => ({
      n,
      status: "failed",
      code: "VALIDATION_ERROR",
      detail: "INVALID_OPTION:lifecyclestage",
    })),
  );
  expect(asked?.outcomes).toHaveLength(100);
  const contacts = (await (await fetch(`${demo.url}/_contacts`)).json()) as unknown[];
  expect(contacts).toHaveLength(93);
});
