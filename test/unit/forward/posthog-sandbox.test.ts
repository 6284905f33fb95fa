/** PostHog's sender over real HTTP, against the demo's sandbox: events, persons, and their deletion. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { exampleEvent } from "#forward/destinations/example-event";
import { posthogExamples } from "#forward/destinations/posthog/examples";
import { posthog } from "#forward/destinations/posthog/index";
import { reach } from "../../setup/reach.ts";
import { runningDemo } from "../demo/running-demo.ts";

const demo = runningDemo();
beforeEach(async () => {
  await demo.clearFaults();
  await demo.clear();
});

const PROFILE = "visitor_id:1.example";
const contextOf = (changes: Record<string, unknown> = {}) => ({
  settings: posthog.settings.parse({
    api_key: "phc_sandbox",
    host: `${demo.url()}/posthog`,
    project_id: "4711",
    personal_api_key: "phx_sandboxsandbox",
    ...changes,
  }),
  fetch: (url: string, init: RequestInit) => fetch(url, init),
  now: Date.now(),
  signal: AbortSignal.timeout(2_000),
  allowInsecure: true,
  id: "erasure-1",
  personal: true,
  ...reach,
});

/** Map and send as delivery does. */
async function deliver(
  events: readonly { event: DeliveryEvent; traits?: Traits | undefined }[],
  changes: Record<string, unknown> = {},
) {
  const context = contextOf(changes);
  const bodies = events.map(({ event, traits = {} }, n) => {
    const result = posthog.map(event, traits, context.settings);
    if (result.status !== "mapped") throw new Error(result.status);
    return { itemId: `item-${n}-${event.id}`, event, body: result.body };
  });
  return posthog.send(bodies, context);
}

const at = Date.now();
const recent = (
  name: string,
  properties: Record<string, unknown> = {},
  changes: Partial<DeliveryEvent> = {},
) => exampleEvent(name, properties, { occurredAt: at - 1_000, receivedAt: at, ...changes });
const known: Partial<DeliveryEvent> = { identityState: "authenticated" };
const requests = () => demo.received("posthog");
const persons = async () => {
  const response = await demo.get(`/posthog/api/projects/4711/persons/?distinct_id=${PROFILE}`, {
    authorization: "Bearer phx_sandboxsandbox",
  });
  return ((await response.json()) as { results: { properties: Record<string, unknown> }[] }).results;
};
const erase = (changes = {}) =>
  posthog.erase?.({ emails: [], phones: [], userIds: [], subjects: [PROFILE] }, contextOf(changes));

describe("PostHog's sandbox", () => {
  it("takes every core event, and warns of none", async () => {
    const mapped = posthogExamples.filter(({ expect: { status } }) => status === "mapped");
    const events = mapped.map(({ event, traits }) => ({
      event: { ...event, occurredAt: at, receivedAt: at },
      traits,
    }));
    expect(await deliver(events)).toEqual(events.map(() => ({ status: "delivered" })));
    expect(await requests()).toMatchObject([
      { status: 200, valid: true, warnings: [], events: events.length },
    ]);
  });

  it("counts a repetition once", async () => {
    for (let n = 0; n < 2; n += 1) await deliver([{ event: recent("scroll") }]);
    expect(await requests()).toMatchObject([{ duplicates: 0 }, { duplicates: 1 }]);
  });

  it("has no person of an anonymous visitor, and no trait of theirs", async () => {
    await deliver([{ event: recent("form_submit"), traits: { email: "ida@example.com" } }]);
    expect(await persons()).toEqual([]);
    expect(JSON.stringify(await requests())).not.toContain("ida@");
  });

  it("keeps what is proved of a person against what somebody claims", async () => {
    const claim = (email: string) => ({
      event: recent("identify", {}, { ...known, id: email }),
      traits: { email },
    });
    await deliver([claim("first@example.com")]);
    await deliver([claim("second@example.com")]);
    expect(await persons()).toMatchObject([{ properties: { email: "first@example.com" } }]);
    await deliver([
      { event: recent("login", {}, { ...known, verified: true }), traits: { email: "ida@example.com" } },
    ]);
    await deliver([claim("eve@example.com")]);
    expect(await persons()).toMatchObject([{ properties: { email: "ida@example.com" } }]);
  });

  it("knows a person's segments, stage and score as they change", async () => {
    const change = (version: number, to: number) =>
      recent(
        "profile_change",
        {
          version,
          changed: ["segments", "score"],
          segments: { entered: [], left: [], all: to > 10 ? ["fans"] : [] },
          score: { from: null, to },
        },
        { ...known, id: `change:${version}` },
      );
    await deliver([{ event: change(1, 20) }]);
    expect(await persons()).toMatchObject([
      { properties: { doorstep_segments: ["fans"], doorstep_score: 20 } },
    ]);
    await deliver([{ event: change(2, 5) }]);
    expect(await persons()).toMatchObject([{ properties: { doorstep_segments: [], doorstep_score: 5 } }]);
  });

  it("gets what is old as history", async () => {
    await deliver([
      { event: recent("scroll", {}, { occurredAt: at - 5 * 86_400_000 }) },
      { event: recent("scroll") },
    ]);
    expect(await requests()).toMatchObject([{ historical: false }, { historical: true }]);
  });

  it.each([
    ["500", { status: "retry", code: "http_500" }],
    ["429", { status: "retry", code: "http_429", afterSeconds: 1 }],
    ["unauthorized", { status: "unauthorized", detail: "http_401" }],
    ["forbidden", { status: "unauthorized", detail: "http_403" }],
    ["reset", { status: "retry", code: "network" }],
    ["hold", { status: "retry", code: "timeout" }],
  ])("fault %s", async (mode, outcome) => {
    await demo.arm({ vendor: "posthog", mode });
    expect(await deliver([{ event: recent("scroll") }])).toEqual([outcome]);
  });

  it("tells by its health what it does not tell by its answers: that nobody has this token", async () => {
    expect(await deliver([{ event: recent("scroll") }], { api_key: "phc_other" })).toEqual([
      { status: "delivered" },
    ]);
    expect(await requests()).toMatchObject([{ status: 200, valid: false }]);
    expect(await posthog.health(contextOf({ api_key: "phc_other" }))).toMatchObject({
      status: "unauthorized",
    });
    expect(await posthog.health(contextOf())).toEqual({ status: "ok" });
  });

  it("deletes a person, and has nobody left to delete the second time", async () => {
    await deliver([{ event: recent("login", {}, known) }]);
    await demo.arm({ vendor: "posthog", mode: "500" });
    expect(await erase()).toEqual({ status: "retry", code: "http_500" });
    expect(await persons()).toHaveLength(1);
    expect(await erase()).toEqual({ status: "requested", detail: "events_within_a_week" });
    expect(await persons()).toEqual([]);
    expect(await erase()).toEqual({ status: "none", detail: "no_person_profile_there" });
  });

  it("deletes nobody with a wrong key, which somebody must mend", async () => {
    expect(await erase({ personal_api_key: "phx_otherother" })).toMatchObject({
      status: "retry",
      code: "unauthorized",
    });
  });
});
