/** A look at what a repair would do: what is shown, what is masked, and that nothing is changed by it. */
import { beforeEach, describe, expect, it } from "vitest";
import { emptyStores } from "../setup.ts";
import { incoming, quarantine, quarantineApi, refuse, statuses } from "./refused.ts";

beforeEach(async () => {
  await emptyStores();
});

const bought = () =>
  incoming(
    "Order Done",
    { orderNumber: "A-77", total: 42, note: "Ida Novak, Hlavna 5", currency: "EUR", newsletter: true },
    { traits: { mail: "ida@example.com" } },
  );
const REPAIR = {
  match: { name: "Order Done" },
  steps: [
    { event: "purchase" },
    { rename: { from: "properties.orderNumber", to: "properties.order_id" } },
    { rename: { from: "properties.total", to: "properties.value" } },
    { rename: { from: "traits.mail", to: "traits.email" } },
  ],
};
const fieldsOf = (side: { fields: { path: string; value: string; masked: boolean }[] }) =>
  Object.fromEntries(side.fields.map(({ path, value }) => [path, value]));

describe("a dry run", () => {
  it("shows before and after, masks what no contract calls behavioural, and says whether it would pass", async () => {
    await quarantine([await refuse(bought())]);
    const api = quarantineApi();
    const { status, body } = await api.ask("/quarantine/dry-run", {
      cause: { name: "Order Done" },
      repair: REPAIR,
    });
    expect(status).toBe(200);
    const [event] = body.events;
    expect(event.before.name).toBe("Order Done");
    expect(fieldsOf(event.before)).toEqual({
      "context.page.url": '"https://shop.example/cart"',
      "properties.currency": "text of 3 characters",
      "properties.newsletter": "yes or no",
      "properties.note": "text of 19 characters",
      "properties.orderNumber": "text of 4 characters",
      "properties.total": "a number",
      "traits.mail": "text of 15 characters",
    });
    expect(event.after.name).toBe("purchase");
    expect(fieldsOf(event.after)).toMatchObject({
      "properties.order_id": "text of 4 characters",
      "properties.value": "a number",
      "traits.email": "text of 15 characters",
    });
    expect(event.result).toEqual({ passes: true });
    expect(JSON.stringify(body)).not.toMatch(/ida@|Novak|A-77/);
    expect(await statuses()).toEqual({ kept: 1 });
    expect(api.messages).toEqual([]);
  });

  it("shows the values of a contract's own fields, as they were and as they would be", async () => {
    const event = incoming("purchase", { order_id: "A", value: "12.5", currency: "eur" });
    await quarantine([await refuse(event)]);
    const repair = {
      match: { name: "purchase" },
      steps: [{ cast: { path: "properties.currency", to: "uppercase" } }],
    };
    const { body } = await quarantineApi().ask("/quarantine/dry-run", {
      cause: { name: "purchase" },
      repair,
    });
    expect(fieldsOf(body.events[0].before)).toMatchObject({
      "properties.currency": '"eur"',
      "properties.value": '"12.5"',
    });
    expect(fieldsOf(body.events[0].after)).toMatchObject({ "properties.currency": '"EUR"' });
    expect(body.events[0].result).toMatchObject({
      passes: false,
      code: "invalid_event",
      issues: [{ path: "properties.value" }],
    });
  });

  it("without a repair of its own tries those of the release", async () => {
    await quarantine([await refuse(bought())]);
    const { body } = await quarantineApi({ "order-done": REPAIR }).ask("/quarantine/dry-run", { cause: {} });
    expect(body.events[0].result).toEqual({ passes: true });
    const { body: none } = await quarantineApi().ask("/quarantine/dry-run", { cause: {} });
    expect(none.events[0].result).toMatchObject({ passes: false, code: "unknown_event" });
  });

  it("says what consent did not allow to keep", async () => {
    await quarantine([await refuse(bought(), ["analytics"])]);
    const { body } = await quarantineApi().ask("/quarantine/dry-run", { cause: {}, repair: REPAIR });
    expect(body.events[0]).toMatchObject({
      left: ["properties.orderNumber", "properties.total", "properties.note", "properties.newsletter"],
      result: { passes: false },
    });
  });

  it("refuses a repair that can do nothing, by name", async () => {
    const repair = { ...REPAIR, steps: [{ event: "purchse" }] };
    const { status, body } = await quarantineApi().ask("/quarantine/dry-run", { cause: {}, repair });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: "invalid_repair", issues: [{ path: "steps.0.event" }] });
  });
});

describe("what is asked of the API", () => {
  it.each([
    ["/quarantine?from=yesterday", undefined, "invalid_day"],
    ["/quarantine/dry-run", { cause: { day: "x" } }, "invalid_body"],
    ["/quarantine/replay", { cause: {}, limit: 5_000 }, "invalid_body"],
    ["/quarantine/replay", { cause: {}, cursor: ["a"] }, "invalid_body"],
    ["/quarantine/discard", {}, "invalid_body"],
  ])("is refused where it cannot be read: %s %j", async (path, asked, code) => {
    const { status, body } = await quarantineApi().ask(path, asked);
    expect(status).toBe(400);
    expect(body.code).toBe(code);
  });
});

describe("hostile names, fields and values", () => {
  const HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "'); DROP TABLE quarantine_index; --",
    "\u0000\u202e%00{{7*7}}",
    "__proto__",
    "constructor",
    "a".repeat(3_000),
    "\ud800 alone",
  ];

  it("are kept, listed, tried and replayed as text", async () => {
    const refused = await Promise.all(
      HOSTILE.map((text) =>
        refuse(
          incoming(text, JSON.parse(JSON.stringify({ [text]: text, items: [{ [text]: text }] })), {
            id: `${text.slice(0, 50)}-1`,
          }),
        ),
      ),
    );
    await quarantine(refused);
    const api = quarantineApi({
      all: {
        match: { code: "unknown_event" },
        steps: [
          { event: "purchase" },
          { rename: { from: "properties.toString", to: "properties.order_id" } },
          { default: { path: "properties.value", value: 1 } },
          { default: { path: "properties.order_id", value: "A" } },
          { default: { path: "properties.currency", value: "EUR" } },
          { drop: "properties.items" },
        ],
      },
    });
    const { body } = await api.ask("/quarantine");
    expect(body.groups).toHaveLength(HOSTILE.length);
    expect((await api.ask("/quarantine/dry-run", { cause: {} })).body.events).toHaveLength(HOSTILE.length);
    expect((await api.ask("/quarantine/replay", { cause: {} })).body.sent).toBe(HOSTILE.length);
    await api.drain();
    expect(await statuses()).toEqual({ back: HOSTILE.length });
  });

  it("an event that is too large to keep leaves its count", async () => {
    const [chars, bytes] = ["x".repeat(25_000), "\u65e5".repeat(9_000)];
    await quarantine([await refuse(incoming("purchase", { value: chars }))]);
    await quarantine([await refuse(incoming("purchase", { value: bytes }))]);
    expect(await statuses()).toEqual({ lost: 2 });
  });
});
