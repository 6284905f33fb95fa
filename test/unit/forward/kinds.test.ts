/**
 * The contract carries more kinds of destination than there are: an ad audience, a provider of e-mail and a warehouse, as
 * docs/destinations/writing.md shows them, go through delivery as it is.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { destinationSchema } from "#contracts/definitions/destination";
import type { DeliveryItem } from "#contracts/messages/delivery_envelope";
import { checkDestination } from "#forward/check";
import { deliverGroup } from "#forward/deliver";
import type { DestinationType } from "#forward/destinations/contract";
import { exampleEvent } from "#forward/destinations/example-event";
import { DESTINATION_TYPES } from "#forward/destinations/registry";
import { reach } from "../../setup/reach.ts";
import { itemOf, json, vendor } from "./items.ts";
import { audience } from "./kinds/audience.ts";
import { mail } from "./kinds/mail.ts";
import { warehouse } from "./kinds/warehouse.ts";

/** The registry as a release finds types in it; test files share it, so that it is as it was afterwards. */
const types: Record<string, DestinationType> = DESTINATION_TYPES;
beforeAll(() => void Object.assign(types, { audience, mail, warehouse }));
afterAll(() => {
  for (const name of ["audience", "mail", "warehouse"]) delete types[name];
});

/** SHA-256 of ida@example.com, by sha256sum. */
const IDA = "2183cce8ca8f05aa3322c18bd1b547d42c11757e838b84a0d4d3e4b31bf4e1e1";

async function deliver(
  type: string,
  settings: Record<string, unknown>,
  items: readonly DeliveryItem[],
  ...answers: Parameters<typeof vendor>
) {
  const definition = destinationSchema.parse({
    ...{ type, queue: "crm", purposes: ["marketing"] },
    ...(type !== "warehouse" && { changes: { segments: "all" } }),
    settings: { token: { $secret: "TOKEN" }, ...settings },
  });
  expect(checkDestination("mine", definition, () => "secret")).toEqual([]);
  const { fetch, sent } = vendor(...answers);
  const { settlements } = await deliverGroup(items, {
    definition,
    gate: { permit: async () => ({ granted: 1_000 }), pause: async () => {} },
    consent: new Map(),
    toldSince: async () => new Map(),
    secretOf: () => "secret",
    unseal: async (sealed) => sealed,
    fetch,
    clock: () => 1_795_168_900_000,
    deadlineMs: 5_000,
    allowInsecure: false,
    ...reach,
  });
  return { settlements, sent };
}

const known = (email: string) => ({ sealed: JSON.stringify({ email, first_name: "Ida" }), verified: true });
const change = (id: string, email: string, segments: object) =>
  itemOf(id, {
    ...exampleEvent("profile_change", { version: 1, changed: ["segments"], segments }),
    ...{ id: `evt-${id}`, profile: `user_id:1.${id}` },
    ...known(email),
  });

describe("an ad audience", () => {
  it("gets members by their hashes, and loses those who have left, in a request each", async () => {
    const items = [
      change("a", "Ida@Example.com", { entered: ["vip"], left: [], all: ["vip"], out: [] }),
      change("b", "bea@example.com", { entered: [], left: ["vip"], all: [], out: ["vip"] }),
      change("c", "cyn@example.com", { entered: ["reader"], left: [], all: ["reader"], out: [] }),
      itemOf("d", { ...exampleEvent("page_view", {}), id: "evt-d" }),
    ];
    const { settlements, sent } = await deliver("audience", { segment: "vip" }, items, () => json(200, {}));
    expect(settlements).toEqual([
      { status: "delivered" },
      { status: "delivered" },
      { status: "skipped", reason: "other_segment" },
      { status: "skipped", reason: "no_change_of_segments" },
    ]);
    expect(sent.map(({ body }) => JSON.parse(body).hashes.length)).toEqual([1, 1]);
    expect(sent.map(({ body }) => body.includes("@"))).toEqual([false, false]);
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({ hashes: [IDA] });
  });
});

describe("a provider of e-mail", () => {
  it("sends a message for a proved address once, by the item's id, and none for one that is claimed", async () => {
    const order = exampleEvent("purchase", { order_id: "A-1" });
    const items = [
      itemOf("a", { ...order, ...known("ida@example.com") }),
      itemOf("b", { ...order, ...known("bea@example.com"), verified: false }),
      itemOf("c", { ...exampleEvent("search", {}), ...known("ida@example.com") }),
    ];
    const templates = { purchase: "thanks" };
    const { settlements, sent } = await deliver("mail", { templates }, items, () => json(202, {}));
    expect(settlements).toEqual([
      { status: "delivered" },
      { status: "skipped", reason: "no_proved_email" },
      { status: "skipped", reason: "no_template" },
    ]);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.headers["idempotency-key"]).toBe("a");
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({
      to: "ida@example.com",
      template: "thanks",
      fields: { order_id: "A-1", first_name: "Ida" },
    });
  });
});

describe("a warehouse", () => {
  const items = ["a", "b", "c", "d"].map((id) => itemOf(id));

  it("gets rows in one insert, and only the row that it names fails", async () => {
    const answer = () => json(200, { errors: [{ row: 1, reason: "no_such_column" }] });
    const { settlements, sent } = await deliver("warehouse", { table: "events" }, items, answer);
    expect(sent).toHaveLength(1);
    expect(settlements).toEqual([
      { status: "delivered" },
      { status: "failed", code: "no_such_column" },
      { status: "delivered" },
      { status: "delivered" },
    ]);
  });

  it("refuses a whole insert for one row: it alone fails", async () => {
    const { settlements } = await deliver("warehouse", { table: "events" }, items, ({ body }) =>
      body.includes('"id":"c"') ? json(400, {}) : json(200, { errors: [] }),
    );
    expect(settlements.map(({ status }) => status)).toEqual([
      "delivered",
      "delivered",
      "failed",
      "delivered",
    ]);
  });
});
