/** PostHog: ids, what leaves and what does not, and what each of its answers means for each item. */
import { describe, expect, it } from "vitest";
import { mappingSchema } from "#contracts/definitions/mapping";
import type { EraseContext, Mapped } from "#forward/destinations/contract";
import { EXAMPLE_AT, exampleEvent } from "#forward/destinations/example-event";
import { distinctIdOf, eventUuid, sessionUuid } from "#forward/destinations/posthog/ids";
import { posthog } from "#forward/destinations/posthog/index";
import type { PosthogBody } from "#forward/destinations/posthog/map";
import type { PosthogSettings } from "#forward/destinations/posthog/settings";
import { applyMappings } from "#forward/mapping/apply";
import { reach } from "../../setup/reach.ts";
import { json, type Sent, vendor } from "./items.ts";

const given = { api_key: "phc_sandbox" };
const parsed = posthog.settings.parse(given);
const deleting = { ...given, project_id: "4711", personal_api_key: "phx_sandboxsandbox" };

const context = (
  fetch: EraseContext<PosthogSettings>["fetch"],
  settings: Record<string, unknown> = given,
): EraseContext<PosthogSettings> => ({
  settings: posthog.settings.parse(settings),
  fetch,
  now: EXAMPLE_AT + 1_000,
  signal: new AbortController().signal,
  allowInsecure: false,
  id: "erasure-1",
  personal: true,
  ...reach,
});

const body = (changes: Partial<PosthogBody> = {}): PosthogBody => {
  const result = posthog.map(exampleEvent("scroll", { percent: 50 }), {}, parsed);
  if (result.status !== "mapped") throw new Error(result.status);
  return { ...result.body, ...changes };
};
const bodies = (...all: Partial<PosthogBody>[]): Mapped<PosthogBody>[] =>
  all.map((changes, n) => ({ itemId: `item-${n}`, event: exampleEvent("scroll", {}), body: body(changes) }));
const batchOf = ({ body: text }: Sent): { event: string; uuid: string }[] => JSON.parse(text).batch;
const taken = () => json(200, { status: "Ok" });

describe("ids", () => {
  const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

  it("of an event are the same however often it is sent, and another for another", () => {
    expect(eventUuid("a")).toBe(eventUuid("a"));
    expect(eventUuid("a")).not.toBe(eventUuid("b"));
    expect(UUID.exec(eventUuid("a"))?.[1]).toBe("8");
  });

  it("of a session begin with the moment that it began", () => {
    const id = sessionUuid("s-1", EXAMPLE_AT);
    expect(UUID.exec(id)?.[1]).toBe("7");
    expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(EXAMPLE_AT);
    expect(id).not.toBe(sessionUuid("s-2", EXAMPLE_AT));
  });

  it("of a person that PostHog would cut are hashed: two must not become one", () => {
    const long = "k".repeat(200);
    expect(distinctIdOf(long)).toBe(long);
    expect(distinctIdOf(`${long}1`)).not.toBe(distinctIdOf(`${long}2`));
  });
});

describe("an event", () => {
  it("of the future goes with the moment that it came", () => {
    const ahead = exampleEvent("scroll", {}, { occurredAt: EXAMPLE_AT + 9e7, receivedAt: EXAMPLE_AT });
    expect(posthog.map(ahead, {}, parsed)).toMatchObject({
      body: { timestamp: new Date(EXAMPLE_AT).toISOString() },
    });
  });

  it("of more than a megabyte is refused: PostHog would discard it without a word", () => {
    const huge = body({ properties: { text: "x".repeat(1_000_000) } });
    expect(posthog.fit?.(huge, parsed)).toEqual({ status: "failed", code: "too_large" });
  });

  it("keeps no field by which PostHog would read another project or person", () => {
    const fields = { token: "phc_other", distinct_id: "eve", $set: 1, steps: 5 };
    const result = posthog.map(exampleEvent("custom", { event: "Done", fields }), {}, parsed);
    expect(JSON.stringify(result)).not.toMatch(/phc_other|eve"/);
  });

  it("that is a claim says nothing of its group, which others have proved", () => {
    const fields = { group_id: "berg-co", plan: "free" };
    const said = (verified: boolean) => posthog.map(exampleEvent("group", fields, { verified }), {}, parsed);
    expect(said(false)).not.toHaveProperty("body.properties.$group_set");
    expect(said(true)).toHaveProperty("body.properties.$group_set", { plan: "free" });
  });

  it.each(["$create_alias", "$merge_dangerously"])(
    "is never made one that merges two persons: %s",
    (name) => {
      const fitted = posthog.fit?.(body({ event: name }), parsed);
      expect(fitted).toEqual({ status: "failed", code: "event_reserved" });
    },
  );

  it("that is a claim writes nothing over what is there, whatever a mapping says", () => {
    const set = {
      "properties.$set.plan": { value: "free" },
      "properties.$group_set": { path: "properties" },
    };
    const mappings = [mappingSchema.parse({ events: ["form_submit"], set })];
    const said = (verified: boolean) => {
      const event = exampleEvent("form_submit", {}, { verified, identityState: "authenticated" });
      const given = { event, traits: {}, type: posthog as never, settings: parsed };
      return applyMappings(mappings, given, posthog.map(event, {}, parsed));
    };
    expect(said(true)).toHaveProperty("body.properties.$set.plan", "free");
    expect(JSON.stringify(said(false))).not.toMatch(/plan|group_set/);
  });

  it("of a change that cannot be read is not sent as half of one", () => {
    const change = exampleEvent("profile_change", { version: 0 }, { identityState: "authenticated" });
    expect(posthog.map(change, {}, parsed)).toEqual({ status: "failed", code: "change_unreadable" });
  });
});

describe("settings", () => {
  it.each([
    ["a personal key for the project's", { api_key: "phx_personalpersonal" }],
    ["a project without a key", { ...given, project_id: "1" }],
    ["a key without a project", { ...given, personal_api_key: "phx_sandboxsandbox" }],
    ["a project's token for a personal key", { ...deleting, personal_api_key: "phc_sandbox" }],
    ["a file", { ...given, host: "file:///etc/passwd" }],
  ])("are not %s", (_what, settings) => {
    expect(posthog.settings.safeParse(settings).success).toBe(false);
  });
});

describe("a request", () => {
  it("says nothing of when it is sent, so that a repetition is the same event", async () => {
    const { fetch, sent } = vendor(taken);
    for (let n = 0; n < 2; n += 1)
      await posthog.send(bodies({}), { ...context(fetch), now: EXAMPLE_AT + n * 1000 });
    expect(sent[0]).toEqual(sent[1]);
    expect(sent[0]?.url).toBe("https://us.i.posthog.com/batch/");
  });

  it("carries what is older than two days apart, as history, and each outcome stays with its event", async () => {
    const old = { timestamp: new Date(EXAMPLE_AT - 3 * 86_400_000).toISOString() };
    const { fetch, sent } = vendor(taken, () => new Response("", { status: 503 }));
    const outcomes = await posthog.send(bodies(old, {}, old), context(fetch));
    expect(sent.map(({ body: text }) => JSON.parse(text).historical_migration)).toEqual([false, true]);
    const lost = { status: "retry", code: "http_503" };
    expect(outcomes).toEqual([lost, { status: "delivered" }, lost]);
  });

  it.each(["http://eu.i.posthog.com", "https://10.0.0.1", "https://localhost", "https://posthog.internal"])(
    "is never made to %s",
    async (host) => {
      const { fetch, sent } = vendor();
      const at = context(fetch, { ...given, host });
      expect(await posthog.send(bodies({}), at)).toMatchObject([{ status: "failed", code: "unsafe_url" }]);
      expect(await posthog.health(at)).toMatchObject({ status: "misconfigured" });
      expect(sent).toEqual([]);
    },
  );

  it("of more than 20 MB is halved before it leaves", async () => {
    const { fetch, sent } = vendor(taken);
    const large = { properties: { text: "x".repeat(900_000) } };
    const outcomes = await posthog.send(bodies(...Array.from({ length: 30 }, () => large)), context(fetch));
    expect(outcomes.every(({ status }) => status === "delivered")).toBe(true);
    expect(sent).toHaveLength(2);
  });
});

describe("an answer", () => {
  it.each<[string, () => Response, object]>([
    ["of older PostHogs", () => json(200, { status: 1 }), { status: "delivered" }],
    [
      "that has dropped them for a billing limit",
      () => json(200, { status: "Ok", quota_limited: ["events"] }),
      { status: "retry", code: "quota_limited", afterSeconds: 3600 },
    ],
    [
      "with another limit",
      () => json(200, { status: 1, quota_limited: ["recordings"] }),
      { status: "delivered" },
    ],
    ["with an error inside", () => json(200, { status: 0 }), { status: "retry", code: "answer_unexpected" }],
    ["of HTML", () => new Response("<html>"), { status: "retry", code: "answer_not_json" }],
    ["of nothing", () => new Response(""), { status: "retry", code: "answer_empty" }],
    [
      "of a bad token",
      () => new Response("x", { status: 401 }),
      { status: "unauthorized", detail: "http_401" },
    ],
    [
      "of a limit",
      () => new Response("x", { status: 429, headers: { "retry-after": "7" } }),
      { status: "retry", code: "http_429", afterSeconds: 7 },
    ],
    ["of a wrong event", () => new Response("x", { status: 400 }), { status: "failed", code: "http_400" }],
    [
      "elsewhere",
      () => new Response(null, { status: 301 }),
      { status: "failed", code: "redirected", detail: "http_301" },
    ],
    [
      "without an end",
      () => new Response("x".repeat(1_000_001)),
      { status: "retry", code: "answer_too_large" },
    ],
  ])("%s", async (_what, answer, outcome) => {
    const { fetch } = vendor(answer);
    expect(await posthog.send(bodies({}), context(fetch))).toEqual([outcome]);
  });

  it("that refuses all for one is halved until that one stands alone", async () => {
    const poison = (sent: Sent) =>
      batchOf(sent).some(({ event }) => event === "bad") ? new Response("x", { status: 400 }) : taken();
    const { fetch } = vendor(poison);
    const outcomes = await posthog.send(bodies({}, {}, { event: "bad" }, {}, {}), context(fetch));
    expect(outcomes.map(({ status }) => status)).toEqual([
      "delivered",
      "delivered",
      "failed",
      "delivered",
      "delivered",
    ]);
  });
});

describe("a deletion", () => {
  const person = {
    emails: ["ida@example.com"],
    phones: [],
    userIds: [],
    subjects: ["visitor_id:1.a", "user_id:1.b"],
  };
  const erase = (...args: Parameters<typeof context>) => posthog.erase?.(person, context(...args));

  it("names profiles alone, to the private host, with the key in a header", async () => {
    const { fetch, sent } = vendor(() => json(202, { persons_found: 2, deletion_errors: [] }));
    expect(await erase(fetch, { ...deleting, host: "https://eu.i.posthog.com" })).toEqual({
      status: "requested",
      detail: "events_within_a_week",
    });
    expect(sent[0]?.url).toBe("https://eu.posthog.com/api/projects/4711/persons/bulk_delete/");
    expect(sent[0]?.headers.authorization).toBe("Bearer phx_sandboxsandbox");
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({
      distinct_ids: person.subjects,
      delete_events: true,
      delete_recordings: true,
    });
  });

  it("has nobody to ask without a key", async () => {
    const { fetch, sent } = vendor();
    expect(await erase(fetch)).toEqual({ status: "none", detail: "deletion_not_set_up" });
    expect(sent).toEqual([]);
  });

  it("of more than 1,000 profiles takes several requests", async () => {
    const { fetch, sent } = vendor(() => json(202, { persons_found: 1 }));
    const subjects = Array.from({ length: 1001 }, (_, n) => `visitor_id:1.${n}`);
    await posthog.erase?.({ ...person, subjects }, context(fetch, deleting));
    expect(sent.map(({ body: text }) => JSON.parse(text).distinct_ids.length)).toEqual([1000, 1]);
  });

  it.each<[string, () => Response, object]>([
    [
      "nobody there",
      () => json(202, { persons_found: 0 }),
      { status: "none", detail: "no_person_profile_there" },
    ],
    ["202 and no more", () => new Response(null, { status: 202 }), { status: "requested" }],
    [
      "some left",
      () => json(202, { persons_found: 2, deletion_errors: [{}] }),
      { status: "retry", code: "deletion_incomplete" },
    ],
    ["a wrong key", () => json(401, {}), { status: "retry", code: "unauthorized", afterSeconds: 3600 }],
    ["no right to", () => json(403, {}), { status: "retry", code: "unauthorized", afterSeconds: 3600 }],
    ["a failure", () => json(500, {}), { status: "retry", code: "http_500" }],
    ["HTML", () => new Response("<html>"), { status: "retry", code: "answer_not_json" }],
    ["no such project", () => json(404, {}), { status: "failed", code: "http_404" }],
  ])("answered with %s", async (_what, answer, outcome) => {
    const { fetch } = vendor(answer);
    expect(await erase(fetch, deleting)).toMatchObject(outcome);
  });

  it("takes the key to one's own host only where the key itself names it", async () => {
    const { fetch, sent } = vendor(() => json(202, { persons_found: 1 }));
    const own = { ...deleting, host: "https://posthog.shop.example" };
    expect(await erase(fetch, own)).toMatchObject({ status: "failed", code: "unsafe_url" });
    const named = `${deleting.personal_api_key} https://posthog.shop.example`;
    expect(await erase(fetch, { ...own, personal_api_key: named })).toMatchObject({ status: "requested" });
    expect(
      await erase(fetch, { ...own, host: "https://evil.example", personal_api_key: named }),
    ).toMatchObject({
      status: "failed",
      code: "unsafe_url",
    });
    expect(sent).toHaveLength(1);
  });
});
