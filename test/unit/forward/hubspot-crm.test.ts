/** HubSpot over real HTTP against the demo's sandbox: partial success, changes of profiles, write modes, health. */
import { describe, expect, it } from "vitest";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { exampleEvent } from "#forward/destinations/example-event";
import { hubspot } from "#forward/destinations/hubspot/index";
import type { HubspotBody } from "#forward/destinations/hubspot/map";
import { hubspotSettings } from "#forward/destinations/hubspot/settings";
import { reach } from "../../setup/reach.ts";
import { hubspotPortal, ida, proved } from "./hubspot-portal.ts";

const portal = hubspotPortal();
const { deliver, contacts } = portal;

it("a batch of 100 of which HubSpot refuses 7 gives exactly 93 delivered and 7 failed with its reason", async () => {
  const wrong = new Set([0, 13, 14, 50, 77, 98, 99]);
  const people = Array.from({ length: 100 }, (_, n) =>
    proved(
      "form_submit",
      {},
      { email: wrong.has(n) ? `p${n}@localhost` : `p${n}@example.com` },
      { id: `e${n}` },
    ),
  );
  const outcomes = await deliver(people);
  for (const [n, outcome] of outcomes.entries())
    expect(outcome).toEqual(
      wrong.has(n)
        ? { status: "failed", code: "VALIDATION_ERROR", detail: "INVALID_EMAIL:email" }
        : { status: "delivered", detail: expect.stringMatching(/^\d+$/) },
    );
  const upserts = (await portal.received()).filter(({ path }) => path.endsWith("/upsert"));
  expect(upserts.map(({ status }) => status)).toEqual([207]);
  expect(await contacts()).toHaveLength(93);
});

describe("a change of a profile", () => {
  const change = (properties: Record<string, unknown>, traits = ida, more: Partial<DeliveryEvent> = {}) =>
    proved("profile_change", { changed: [], ...properties }, traits, more);

  it("tells segments, stage, score and the traits that are new, and no other", async () => {
    const properties = {
      version: 3,
      changed: ["segments", "stage", "score", "traits.company"],
      segments: { entered: ["vip"], left: [], all: ["vip"] },
      stage: { from: "lead", to: "sql" },
      score: { from: null, to: 45 },
    };
    const traits = { ...ida, company: "Fjell", first_name: "Ida" };
    const segments = ["reader", "vip"];
    expect(await deliver([change(properties, traits, { segments })])).toMatchObject([
      { status: "delivered" },
    ]);
    const [contact] = await contacts();
    expect(contact?.properties).toMatchObject({
      company: "Fjell",
      lifecyclestage: "salesqualifiedlead",
      doorstep_segments: "reader;vip",
      doorstep_score: "45",
    });
    expect(contact?.properties).not.toHaveProperty("firstname");
    expect(contact?.properties).not.toHaveProperty("doorstep_last_event");
  });

  it("clears the segments of somebody who has left the last one", async () => {
    const of = (version: number, all: string[]) =>
      change({ version, segments: { entered: [], left: [], all } }, ida, {
        id: `v${version}`,
        segments: all,
      });
    await deliver([of(1, ["vip"])]);
    await deliver([of(2, [])]);
    expect((await contacts())[0]?.properties.doorstep_segments).toBe("");
  });

  it("never moves the stage back, nor anything of a person whom it only claims to be", async () => {
    await deliver([proved("purchase", { order_id: "A-1", value: 1, currency: "EUR" })]);
    await deliver([change({ version: 1, stage: { from: null, to: "mql" } })]);
    const claim = change({ version: 9, score: { from: null, to: 99 } }, ida, {
      verified: false,
      profile: "stranger",
    });
    await deliver([claim]);
    const [contact] = await contacts();
    expect(contact?.properties).toMatchObject({
      lifecyclestage: "customer",
      doorstep_profile: "visitor_id:1.example",
    });
  });

  it("whose properties are no change fails", () => {
    const settings = hubspotSettings.parse({ token: "t" });
    expect(hubspot.map(exampleEvent("profile_change", { version: 0 }), ida, settings)).toEqual({
      status: "failed",
      code: "not_a_profile_change",
    });
  });
});

describe("write modes of a mapping", () => {
  const traits = (first_name: string) => ({ ...ida, first_name });
  it.each<[NonNullable<HubspotBody["modes"]>[string], string, string, string]>([
    ["overwrite", "Old", "New", "New"],
    ["if_empty", "Old", "New", "Old"],
    ["append", "a;b", "b;c", "a;b;c"],
    ["never_backward", "7", "12", "12"],
    ["never_backward", "12", "7", "12"],
  ])("%s: %s and %s are %s", async (mode, is, comes, becomes) => {
    await deliver([proved("login", {}, traits(is))]);
    const given = { ...proved("login", {}, traits(comes)), modes: { "properties.firstname": mode } };
    expect(await deliver([given])).toMatchObject([{ status: "delivered" }]);
    expect((await contacts())[0]?.properties.firstname).toBe(becomes);
  });
});

describe("whose a contact is", () => {
  const settings = (properties: Record<string, string | false> = {}) =>
    hubspotSettings.safeParse({ token: "t", properties });
  const mapped = hubspot.map(exampleEvent("login", {}), ida, hubspotSettings.parse({ token: "t" }));
  const fitted = (properties: Record<string, string>, renamed: Record<string, string> = {}) => {
    const { data } = settings(renamed);
    if (mapped.status !== "mapped" || !data) throw new Error("not mapped");
    const body = { ...mapped.body, properties: { ...mapped.body.properties, ...properties } };
    return hubspot.fit?.(body, data);
  };

  it.each([
    [{ email: "eve@example.com" }],
    [{ hs_additional_emails: "eve@example.com" }],
    [{ hs_object_id: "1" }],
    [{ doorstep_profile: "somebody-else" }],
    [{ ds_profile: "somebody-else" }, { doorstep_profile: "ds_profile" }],
  ])("is no mapping's to say: %j", (properties, renamed?: Record<string, string>) => {
    expect(fitted(properties, renamed)).toEqual({ status: "failed", code: "field_reserved" });
    expect(fitted({ nickname: "Eve" })).toMatchObject({ status: "mapped" });
  });

  it("is said by no other property under its name", () => {
    for (const last_topic of ["email", "doorstep_profile", "hs_object_id"])
      expect(settings({ doorstep_last_topic: last_topic }).success).toBe(false);
    expect(settings({ doorstep_last_topic: "topic", doorstep_profile: false }).success).toBe(true);
  });
});

describe("its health", () => {
  const ask = (token: string, at = portal.url()) =>
    hubspot.health({
      settings: hubspotSettings.parse({ token, endpoint: `${at}/hubspot` }),
      fetch: (url, init) => fetch(url, init),
      now: 0,
      signal: AbortSignal.timeout(2_000),
      allowInsecure: true,
      ...reach,
    });

  it("is told by a request that changes nothing", async () => {
    expect(await ask("pat-demo")).toEqual({ status: "ok" });
    expect(await ask("wrong")).toEqual({ status: "unauthorized", code: "http_401" });
    expect(await ask("pat-demo", "http://127.0.0.1:1")).toEqual({ status: "unreachable", code: "network" });
  });
});
