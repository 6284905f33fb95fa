/** The sandbox's own rules: it refuses and drops what PostHog does, in PostHog's form. */
import { beforeEach, describe, expect, it } from "vitest";
import { runningDemo } from "./running-demo.ts";

const demo = runningDemo();
beforeEach(() => demo.clear());

const UUID = "0199c1b2-7a10-8abc-9def-0123456789ab";
const event = (changes: Record<string, unknown> = {}) => ({
  event: "scroll",
  distinct_id: "ida",
  uuid: UUID,
  timestamp: new Date().toISOString(),
  properties: {},
  ...changes,
});
const send = (body: unknown) => demo.call("/posthog/batch/", { body });
const sendEvents = (...batch: unknown[]) => send({ api_key: "phc_sandbox", batch });
const last = async () => (await demo.received("posthog")).at(-1);

describe("a batch", () => {
  it("is taken", async () => {
    const response = await sendEvents(
      event(),
      event({ distinct_id: undefined, properties: { distinct_id: "eve" } }),
    );
    expect(await response.json()).toEqual({ status: "Ok" });
    expect(await last()).toMatchObject({ valid: true, events: 2, duplicates: 0 });
  });

  it.each<[string, unknown, number, string]>([
    ["that is no JSON", "{", 400, "failed to parse request"],
    ["without a token", { batch: [event()] }, 400, "failed to parse request"],
    ["with an empty token", { api_key: "", batch: [event()] }, 401, "API key is not valid: empty"],
    [
      "with a personal key",
      { api_key: "phx_x", batch: [event()] },
      401,
      "API key is not valid: personal_api_key",
    ],
    ["without an event", { api_key: "phc_sandbox", batch: [] }, 400, "request holds no event"],
    [
      "with an event without a name",
      { api_key: "phc_sandbox", batch: [event(), event({ event: "" })] },
      400,
      "empty event name",
    ],
    [
      "with nobody's event",
      { api_key: "phc_sandbox", batch: [event({ distinct_id: "" })] },
      400,
      "without a distinct_id",
    ],
    [
      "with a uuid that is none",
      { api_key: "phc_sandbox", batch: [event({ uuid: "1" })] },
      400,
      "failed to parse request",
    ],
  ])("%s is refused as a whole", async (_what, body, status, text) => {
    const response = await send(body);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(text);
    expect(await last()).toMatchObject({ valid: false });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["of more than a megabyte", { properties: { text: "x".repeat(1_000_000) } }, "message_size_too_large"],
    [
      "of the day after tomorrow",
      { timestamp: new Date(Date.now() + 2e8).toISOString() },
      "event_timestamp_in_future",
    ],
    ["of no moment", { timestamp: "soon" }, "ignored_invalid_timestamp"],
    ["of an id that is too long", { distinct_id: "i".repeat(201) }, "distinct_id_truncated"],
  ])("with an event %s is taken, and PostHog warns its user", async (_what, changes, warning) => {
    expect((await sendEvents(event(changes))).status).toBe(200);
    expect(await last()).toMatchObject({ valid: false, warnings: [warning] });
  });

  it("of nobody's token is taken like any other, and noted", async () => {
    expect((await send({ api_key: "phc_other", batch: [event()] })).status).toBe(200);
    expect(await last()).toMatchObject({ valid: false, error: "no project has this token" });
  });

  it("is told from a repetition by uuid, name, person and day", async () => {
    await sendEvents(
      event(),
      event(),
      event({ event: "other" }),
      event({ distinct_id: "eve" }),
      event({ uuid: undefined }),
    );
    expect(await last()).toMatchObject({ events: 5, duplicates: 1 });
  });
});

describe("persons", () => {
  const key = { authorization: "Bearer phx_sandboxsandbox" };
  const list = async () => {
    const response = await demo.get("/posthog/api/projects/4711/persons/", key);
    return ((await response.json()) as { results: unknown[] }).results;
  };
  const remove = (body: unknown, headers: Record<string, string> = key, project = "4711") =>
    demo.call(`/posthog/api/projects/${project}/persons/bulk_delete/`, { body, headers });

  it("are made by events, unless they ask for none", async () => {
    await sendEvents(
      event({ properties: { $set: { plan: "gold" }, $set_once: { plan: "free", first: 1 } } }),
      event({ distinct_id: "anonymous", properties: { $process_person_profile: false } }),
    );
    expect(await list()).toEqual([{ distinct_ids: ["ida"], properties: { plan: "gold", first: 1 } }]);
  });

  it("are deleted by their ids, with a personal key of the project", async () => {
    await sendEvents(event());
    expect((await remove({ distinct_ids: ["ida"] }, {})).status).toBe(401);
    expect((await remove({ distinct_ids: ["ida"] }, key, "1")).status).toBe(404);
    expect((await remove({ distinct_ids: [] })).status).toBe(400);
    expect((await remove({ distinct_ids: Array.from({ length: 1001 }, String) })).status).toBe(400);
    const answer = await remove({ distinct_ids: ["ida", "nobody"], delete_events: true });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ persons_found: 1, events_queued_for_deletion: true });
    expect(await list()).toEqual([]);
  });
});

it("flags are a known project's alone", async () => {
  const ask = (api_key: string) => demo.call("/posthog/flags?v=2", { body: { api_key, distinct_id: "x" } });
  expect((await ask("phc_sandbox")).status).toBe(200);
  expect((await ask("phc_other")).status).toBe(401);
});
