/** The id that an event goes on by: a plain one as it is, any other as a keyed hash, the same each time. */
import { describe, expect, it } from "vitest";
import { eventIdOf } from "#collect/event-id";
import { eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { keyring } from "#privacy/keys";
import { BROWSER, queues, startWorld } from "../privacy/markers-world.ts";
import { ringOf, secretsOf } from "../privacy/rings.ts";

const [one, two] = await Promise.all([ringOf(1), ringOf(2)]);

describe("an event's id", () => {
  it.each([
    "0b7f7f0e-1d53-4b4e-9a43-2f6f0c7c9a01",
    "12345678-1234-1234-1234-123456789012",
    "evt_1",
    "ajs-next-1732233344556-0b7f7f0e-1d53-4b4e-9a43-2f6f0c7c9a01",
    "01J5Z3K8Q0W9Y2V4T6R8P0N2M4",
    "page_view:home~42",
    "order-1042",
    "a.b.c",
    "1042",
    "q-17",
  ])("goes on as it is: %s", (id) => {
    expect(eventIdOf(one, id)).toBe(id);
  });
  it.each([
    "ida@example.com",
    "ida%40example.com",
    "+421 905 123 456",
    "+421905123456",
    "0905123456",
    "tel-0905123456",
    "421905123456",
    "900101-1234",
    "4111-1111-1111-1111",
    "Ida Berg",
    "a/b",
    "a?email=x",
    'x"y',
    "x\ny",
    "é",
    "a".repeat(101),
    "hashed-ida@example.com",
  ])("is hashed under a key, the same each time: %s", async (id) => {
    const hashed = await eventIdOf(one, id);
    expect(hashed).toMatch(/^hashed-[\w-]{22}$/);
    expect(await eventIdOf(one, id)).toBe(hashed);
    expect(await eventIdOf(one, `${id}.`)).not.toBe(hashed);
    expect(await eventIdOf(await keyring("another-master-secret-0123456789abcdef"), id)).not.toBe(hashed);
    // A trace can be asked for by either.
    expect(eventIdOf(one, hashed)).toBe(hashed);
  });
  it("is the same before and after a rotation, until the version that hashed it is refused", async () => {
    const before = await eventIdOf(one, "ida@example.com");
    expect(await eventIdOf(two, "ida@example.com")).toBe(before);
    const refusing = await keyring({ ...secretsOf(2), MASTER_SECRETS_REFUSED: [1] });
    expect(await eventIdOf(refusing, "ida@example.com")).not.toBe(before);
  });
});

describe("an address as an event's id", () => {
  const world = startWorld(JSON.stringify([{ id: "web", writeKey: "wk_demo", origins: [] }]));
  const id = "ida.berg@example.com";
  const send = async (...names: string[]) => {
    const response = await world.request("/events", {
      method: "POST",
      headers: { ...BROWSER, cookie: "ds_dev_country=SK" },
      body: JSON.stringify({
        write_key: "wk_demo",
        consent: { analytics: "granted" },
        events: names.map((name) => ({ id, name, occurred_at: new Date().toISOString(), properties: {} })),
      }),
    });
    return response.text();
  };
  const idsSent = () =>
    queues.events.all
      .splice(0)
      .map((body) => eventEnvelopeSchema.parse(JSON.parse(String(body))))
      .flatMap(({ events, refused }) => [...events, ...refused].map((one) => one.id));

  it("is still known when it is sent again, in one request and in the next", async () => {
    const answer = await send("page_view", "page_view");
    expect(answer).toContain("duplicate_id");
    await send("page_view");
    const hashed = await eventIdOf(one, id);
    expect(idsSent()).toEqual([hashed, hashed]);
  });

  it("is in the answer to its sender, and behind the door nowhere", async () => {
    const answer = await send("no_such_event");
    expect(JSON.parse(answer)).toMatchObject({ rejected: [{ index: 0, id, code: "unknown_event" }] });
    expect(JSON.stringify(queues.events.all)).not.toContain("ida");
    expect(idsSent()).toEqual([await eventIdOf(one, id)]);
  });
});
