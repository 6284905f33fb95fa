/**
 * A vendor may repeat in its answer whatever it was sent, in any field. Nothing of that may get into an outcome, whose code
 * and detail go into receipts, failures, the console and the proof of an erasure, or into a log.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { exampleEvent } from "#forward/destinations/example-event";
import { ga4Settings } from "#forward/destinations/ga4/settings";
import { mapHubspot } from "#forward/destinations/hubspot/map";
import { hubspotSettings } from "#forward/destinations/hubspot/settings";
import { destinationType } from "#forward/destinations/registry";
import { webhookSettings } from "#forward/destinations/webhook/settings";
import { reach } from "../../setup/reach.ts";
import { mappedOf } from "./items.ts";

const NEEDLE = "needle@example.com";
const SETTINGS = {
  hubspot: hubspotSettings.parse({ token: "pat" }),
  webhook: webhookSettings.parse({
    url: "https://hooks.example.com/in",
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  }),
  ga4: ga4Settings.parse({ measurement_id: "G-DEMO", api_secret: "s" }),
};

/** Every field of an error that any vendor documents, each holding an address. */
const echo = {
  status: NEEDLE,
  message: `Email ${NEEDLE} is not valid`,
  category: NEEDLE,
  subCategory: NEEDLE,
  policyName: NEEDLE,
  correlationId: NEEDLE,
  context: { ids: [NEEDLE], propertyName: [NEEDLE] },
  errors: [
    { code: NEEDLE, category: NEEDLE, message: NEEDLE, context: { ids: [NEEDLE], propertyName: [NEEDLE] } },
    { code: "INVALID_EMAIL", context: { propertyName: [NEEDLE, "email"] } },
  ],
  results: [{ id: NEEDLE, properties: { email: NEEDLE, doorstep_profile: NEEDLE }, objectWriteTraceId: "i" }],
};
const ANSWERS: [string, () => Response][] = [200, 207, 400, 401, 403, 404, 409, 410, 429, 500].flatMap(
  (status): [string, () => Response][] => [
    [`${status} JSON`, () => new Response(JSON.stringify(echo), { status })],
    [`${status} text`, () => new Response(`{"${NEEDLE}`, { status, headers: { "retry-after": NEEDLE } })],
  ],
);

const person = { emails: [NEEDLE], phones: [], userIds: [], subjects: [NEEDLE] };
const context = {
  id: "i",
  personal: true,
  now: 1_795_168_900_000,
  signal: new AbortController().signal,
  allowInsecure: false,
  ...reach,
};

const said: unknown[] = [];
for (const level of ["log", "info", "warn", "error", "debug"] as const)
  vi.spyOn(console, level).mockImplementation((...words: unknown[]) => void said.push(words));
afterEach(() => {
  expect(JSON.stringify(said)).not.toContain("needle");
});

describe.each(Object.keys(SETTINGS) as (keyof typeof SETTINGS)[])("%s", (name) => {
  const type = destinationType(name);
  const settings = SETTINGS[name];
  const event = exampleEvent("form_submit", { form_id: "f" });
  const body =
    name === "hubspot"
      ? mapHubspot(event, { email: NEEDLE }, SETTINGS.hubspot)
      : type?.map(event, {}, settings);

  it.each(ANSWERS)("keeps nothing of what a vendor repeats in a delivery: %s", async (_what, answer) => {
    if (body?.status !== "mapped") throw new Error("the example must be mapped");
    const outcomes = await type?.send([mappedOf("i", body.body)], {
      ...context,
      settings,
      fetch: async () => answer(),
    });
    expect(outcomes).toHaveLength(1);
    expect(JSON.stringify(outcomes)).not.toContain("needle");
  });

  it.each(ANSWERS)("keeps nothing of what a vendor repeats in an erasure: %s", async (_what, answer) => {
    const outcome = await type?.erase?.(person, { ...context, settings, fetch: async () => answer() });
    expect(outcome?.status).toBeDefined();
    expect(JSON.stringify(outcome)).not.toContain("needle");
  });

  it("keeps nothing of what a broken connection says", async () => {
    const fetch = () => Promise.reject(new TypeError(`cannot reach ${NEEDLE}`));
    expect(JSON.stringify(await type?.erase?.(person, { ...context, settings, fetch }))).not.toContain(
      "needle",
    );
  });
});

it("HubSpot's own words are kept", async () => {
  const type = destinationType("hubspot");
  const mapped = mapHubspot(exampleEvent("form_submit", {}), { email: NEEDLE }, SETTINGS.hubspot);
  if (mapped.status !== "mapped") throw new Error("the example must be mapped");
  const own = {
    category: "VALIDATION_ERROR",
    correlationId: "aeb5f871-7f07-4993-9211-075dc63e7cbf",
    errors: [{ code: "PROPERTY_DOESNT_EXIST", context: { propertyName: ["doorstep_profile"] } }],
  };
  const fetch = async () => new Response(JSON.stringify(own), { status: 400 });
  expect(
    await type?.send([mappedOf("i", mapped.body)], { ...context, settings: SETTINGS.hubspot, fetch }),
  ).toEqual([
    {
      status: "failed",
      code: "VALIDATION_ERROR",
      detail: "PROPERTY_DOESNT_EXIST:doorstep_profile correlation aeb5f871-7f07-4993-9211-075dc63e7cbf",
    },
  ]);
});
