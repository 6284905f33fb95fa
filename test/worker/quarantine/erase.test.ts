/** One person out of the quarantine: what is kept of them goes, the counts of the day stay, and nobody brings them back. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type ErasedEvents, eraseQuarantined } from "#collect/quarantine/erase";
import { readQuarantined } from "#collect/quarantine/read-subject";
import { finishReplays, replay } from "#collect/quarantine/replay";
import { dayOf } from "#collect/quarantine/status";
import { storeRefusals } from "#collect/quarantine/store";
import type { Refusal } from "#contracts/messages/event_envelope";
import { identityShards } from "#identity/shards";
import { failing } from "../ingest/envelopes.ts";
import { emptyStores } from "../setup.ts";
import { incoming, KEYS, quarantineApi, refusalsIn, refuse, statuses, textsUnder } from "./refused.ts";

beforeEach(async () => {
  await emptyStores();
});

const stores = { db: env.IDENTITY_0, bucket: env.LAKE };
const TODAY = dayOf(Date.now());
const SELECTION = { from: TODAY, to: TODAY };
const REPAIRS = {
  currency: {
    match: { name: "purchase", path: "properties.currency" },
    steps: [{ cast: { path: "properties.currency", to: "uppercase" as const } }],
  },
};
/** As refused.ts names the browser of all its events. */
const BROWSER = "visitor_id:1.v";

const purchaseOf = async (email: string | undefined, id?: string): Promise<Refusal> =>
  refuse(
    incoming(
      "purchase",
      { order_id: "A-1", value: 10, currency: "eur" },
      { traits: email && { email }, ...(id && { id }) },
    ),
  );
/** The key of the person that an event claims. */
const personIn = ({ subjects = [] }: Refusal): string =>
  subjects.find((key) => key.startsWith("email:")) ?? "";

async function eraseAll(subjects: string[], limit?: number) {
  const total = { events: 0, objects: 0, unreadable: 0, eventIds: [] as string[], calls: 0 };
  let cursor: string | undefined;
  do {
    const done: ErasedEvents = await eraseQuarantined(
      { ...stores, keys: KEYS },
      { subjects, cursor, ...(limit && { limit }) },
    );
    total.events += done.events;
    total.objects += done.objects;
    total.unreadable += done.unreadable;
    total.eventIds.push(...done.eventIds);
    total.calls++;
    cursor = done.cursor;
  } while (cursor !== undefined);
  return total;
}

const rowsOfEvent = async (id: string): Promise<number> =>
  (await env.IDENTITY_0.prepare("SELECT COUNT(*) AS n FROM quarantine_index WHERE id = ?")
    .bind(id)
    .first<number>("n")) ?? 0;

const suppress = (key: string) =>
  env.IDENTITY_0.prepare("INSERT INTO identifiers (key, suppressed, version, seen_at) VALUES (?, 1, 1, 0)")
    .bind(key)
    .run();

describe("an erased person", () => {
  it("is gone from what is kept and from the index; counts stay, and others' lines in their places", async () => {
    const [ann, ben, ann2, cleo] = await Promise.all([
      purchaseOf("ann@example.com"),
      purchaseOf("ben@example.com"),
      purchaseOf("ann@example.com"),
      purchaseOf("cleo@example.com"),
    ]);
    await storeRefusals(stores, [refusalsIn("e-1", [ann, ben, ann2, cleo])], "b-1");
    const before = (await textsUnder("quarantine/")).split("\n");

    const done = await eraseAll([personIn(ann)]);

    expect(done).toEqual({ events: 2, objects: 1, unreadable: 0, eventIds: [ann.id, ann2.id], calls: 1 });
    expect((await textsUnder("quarantine/")).split("\n")).toEqual(["null", before[1], "null", before[3], ""]);
    expect(await statuses()).toEqual({ kept: 2, erased: 2 });
    expect(await rowsOfEvent(ann.id)).toBe(0);
    const { body } = await quarantineApi().ask("/quarantine");
    expect(body.groups).toMatchObject([{ name: "purchase", kept: 2, erased: 2, lost: 0 }]);
    const api = quarantineApi(REPAIRS);
    expect((await api.ask("/quarantine/replay", { cause: {} })).body).toMatchObject({ sent: 2, lost: 0 });
    for (const one of [ben, cleo]) expect(api.messages.join()).toContain(one.id);
    expect(await eraseAll([personIn(ann)])).toMatchObject({ events: 0, objects: 0 });
  });

  it("is found by any version of a key, and by the browser", async () => {
    const one = await purchaseOf("ann@example.com");
    const older = { ...one, id: "older", subjects: [...(one.subjects ?? []), "email:0.old"] };
    await storeRefusals(stores, [refusalsIn("e-1", [older, await purchaseOf(undefined)])], "b-1");
    expect((await eraseAll(["email:0.old"])).eventIds).toEqual(["older"]);
    expect((await eraseAll([BROWSER])).events).toBe(1);
  });

  it("is found within the seal of a line from before lines named anybody; one that does not open is told", async () => {
    const { subjects: _, ...before } = await purchaseOf("ann@example.com");
    const { subjects: __, ...sealedElsewhere } = await purchaseOf("ben@example.com");
    const unreadable = { ...sealedElsewhere, id: "bound to another id" };
    await storeRefusals(stores, [refusalsIn("e-1", [before, unreadable])], "b-1");
    const ann = personIn(await purchaseOf("ann@example.com"));
    expect(await eraseAll([ann])).toMatchObject({ events: 1, unreadable: 1, eventIds: [before.id] });
    expect(await statuses()).toEqual({ erased: 1, kept: 1 });
  });

  it("is erased over many objects in bounded calls, whatever is in them", async () => {
    const ann = await purchaseOf("ann@example.com");
    for (let n = 0; n < 7; n++)
      await storeRefusals(
        stores,
        [refusalsIn(`e-${n}`, [{ ...ann, id: `a-${n}` }], { source: `s${n}` })],
        `b-${n}`,
      );
    await env.LAKE.put(
      `quarantine/${TODAY}/cut.ndjson`,
      `{"id":"x","subjects":["${personIn(ann)}"\nnot JSON\n`,
    );
    expect(await eraseAll([personIn(ann)], 3)).toMatchObject({ events: 8, objects: 8, calls: 3 });
    expect(await textsUnder("quarantine/")).not.toContain(personIn(ann));
    expect(await textsUnder("quarantine/")).toContain("not JSON");
  });

  it("after a crash between the rows and the object is erased by the next call", async () => {
    const ann = await purchaseOf("ann@example.com");
    await storeRefusals(stores, [refusalsIn("e-1", [ann])], "b-1");
    const crashing = { ...stores, keys: KEYS, bucket: failing(env.LAKE, ["put"], 1, "before") };
    await expect(eraseQuarantined(crashing, { subjects: [personIn(ann)] })).rejects.toThrow("crashed");
    expect(await eraseAll([personIn(ann)])).toMatchObject({ events: 1, eventIds: [ann.id] });
    expect(await statuses()).toEqual({ erased: 1 });
    expect(await textsUnder("quarantine/")).toBe("null\n");
  });

  it("leaves no row that was written after its line was erased", async () => {
    const ann = await purchaseOf("ann@example.com");
    const envelope = refusalsIn("e-1", [ann]);
    // Ingest has put the object, and is about to write the row.
    const slow = new Proxy(env.IDENTITY_0, {
      get(target, name) {
        const value = Reflect.get(target, name) as (...all: unknown[]) => unknown;
        if (name !== "prepare") return value.bind(target);
        return (sql: string) => {
          const statement = target.prepare(sql);
          if (!sql.includes("INSERT INTO quarantine_index")) return statement;
          return {
            bind: (...all: unknown[]) => ({
              run: async () => {
                await eraseAll([personIn(ann)]);
                return statement.bind(...all).run();
              },
            }),
          };
        };
      },
    });
    await storeRefusals({ ...stores, db: slow }, [envelope], "b-1");
    expect(await rowsOfEvent(ann.id)).toBe(1);
    await eraseAll([personIn(ann)]);
    expect(await rowsOfEvent(ann.id)).toBe(0);
    expect(await statuses()).toEqual({ erased: 1 });
  });
});

describe("a suppressed person", () => {
  it("is not kept, but counted, once however often the envelope comes; others keep their lines", async () => {
    const [ann, ben] = await Promise.all([purchaseOf("ann@example.com"), purchaseOf("ben@example.com")]);
    const envelope = refusalsIn("e-1", [ann, ben]);
    await storeRefusals(stores, [envelope], "b-1");
    const suppressed = new Set([personIn(ann)]);
    for (let time = 0; time < 2; time++) await storeRefusals(stores, [envelope], "b-1", { suppressed });
    expect(await statuses()).toEqual({ erased: 1, kept: 1 });
    expect(await rowsOfEvent(ann.id)).toBe(0);
    const kept = await textsUnder("quarantine/");
    expect(kept.startsWith('null\n{"id"')).toBe(true);
    expect(kept).not.toContain(personIn(ann));
    const api = quarantineApi(REPAIRS);
    expect((await api.ask("/quarantine/replay", { cause: {} })).body).toMatchObject({ sent: 1, lost: 0 });
    expect(api.messages.join()).toContain(ben.id);
  });

  it("alone in an envelope leaves no object at all", async () => {
    const ann = await purchaseOf("ann@example.com");
    await storeRefusals(stores, [refusalsIn("e-1", [ann])], "b-1", { suppressed: new Set([personIn(ann)]) });
    expect(await textsUnder("quarantine/")).toBe("");
    expect(await statuses()).toEqual({ erased: 1 });
  });

  it("does not come back by a replay, and is erased by it", async () => {
    const [ann, ben] = await Promise.all([purchaseOf("ann@example.com"), purchaseOf("ben@example.com")]);
    await storeRefusals(stores, [refusalsIn("e-1", [ann, ben])], "b-1");
    await suppress(personIn(ann));
    const api = quarantineApi(REPAIRS);
    const { body } = await api.ask("/quarantine/replay", { cause: {} });
    expect(body).toEqual({ sent: 1, failing: {}, lost: 1, next: null });
    expect(api.messages.join()).not.toContain(ann.id);
    expect(await statuses()).toEqual({ sent: 1, erased: 1 });
    expect(await textsUnder("quarantine/")).not.toContain(ann.id);
  });

  it("whom only the repair makes known does not come back either", async () => {
    const hidden = await refuse(
      incoming("purchase", { order_id: "A-1", value: 10, currency: "eur", mail: "ann@example.com" }),
    );
    await storeRefusals(stores, [refusalsIn("e-1", [hidden])], "b-1");
    await suppress(personIn(await purchaseOf("ann@example.com")));
    const api = quarantineApi({
      mail: {
        match: { name: "purchase" },
        steps: [
          { cast: { path: "properties.currency", to: "uppercase" } },
          { rename: { from: "properties.mail", to: "traits.email" } },
        ],
      },
    });
    expect((await api.ask("/quarantine/replay", { cause: {} })).body).toMatchObject({ sent: 0, lost: 1 });
    expect(api.messages).toEqual([]);
  });

  it("nobody is let back in while it cannot be known who is suppressed", async () => {
    await storeRefusals(stores, [refusalsIn("e-1", [await purchaseOf("ann@example.com")])], "b-1");
    const api = quarantineApi(REPAIRS);
    const blind = new Proxy(env.IDENTITY_0, {
      get(target, name) {
        const value = Reflect.get(target, name) as (...all: unknown[]) => unknown;
        if (name !== "prepare") return value.bind(target);
        return (sql: string) => {
          if (sql.includes("suppressed")) throw new Error("D1 is away");
          return target.prepare(sql);
        };
      },
    });
    const now = Date.now();
    const at = { limit: 10, after: undefined, now, newId: () => "r1" };
    const blinded = { ...api.stores, identity: identityShards([blind]) };
    await expect(replay(blinded, SELECTION, at)).rejects.toThrow("D1 is away");
    expect(api.messages).toEqual([]);
    await finishReplays(api.stores, now + 10 * 60_000);
    expect(api.messages).toHaveLength(1);
  });
});

describe("a person who asks", () => {
  it("is given what is kept of them, opened, and nothing of others", async () => {
    const [ann, ben] = await Promise.all([purchaseOf("ann@example.com"), purchaseOf("ben@example.com")]);
    await storeRefusals(stores, [refusalsIn("e-1", [ann, ben])], "b-1");
    const { events, cursor } = await readQuarantined(env.IDENTITY_0, env.LAKE, KEYS, [personIn(ann)]);
    expect(cursor).toBeUndefined();
    expect(events).toMatchObject([
      {
        id: ann.id,
        source: "web",
        name: "purchase",
        cause: "invalid_event properties.currency",
        status: "kept",
        kept: { properties: { order_id: "A-1", currency: "eur" }, traits: { email: "ann@example.com" } },
      },
    ]);
    expect(events).toHaveLength(1);
  });

  it("is not given twice what is back in the lake", async () => {
    const ann = await purchaseOf("ann@example.com");
    await storeRefusals(stores, [refusalsIn("e-1", [ann])], "b-1");
    const api = quarantineApi(REPAIRS);
    await api.ask("/quarantine/replay", { cause: {} });
    await api.drain();
    expect(await statuses()).toEqual({ back: 1 });
    expect((await readQuarantined(env.IDENTITY_0, env.LAKE, KEYS, [personIn(ann)])).events).toEqual([]);
  });
});
