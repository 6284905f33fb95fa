import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { bindConsent } from "#identity/consent-store";
import { eraseSubjects } from "#identity/erasures";
import { valueRules } from "#identity/normalise/rules";
import { identityShards } from "#identity/shards";
import { tendDue } from "#ingest/due";
import { ingest } from "#ingest/ingest";
import { type Keyring, keyring } from "#privacy/keys";
import { identifierKey, knownKeys } from "#privacy/lookup";
import { readList } from "#segments/lists";
import { changeList } from "#segments/lists-store";
import { readAtEdge } from "#segments/store";
import { accepted, deps, envelope, IDENTITY, visitor } from "../ingest/envelopes.ts";
import { ringOf } from "../privacy/rings.ts";
import { publishRelease, request } from "../product.ts";
import { emptyStores } from "../setup.ts";

const DOCUMENT = {
  // Where nobody has decided, what some event has granted is told from the facts that it left.
  features: { views: { event: "page_view", agg: "count" } },
  lists: { vip: { description: "Invited by the shops" }, other: {} },
  segments: {
    invited: { when: { lists: { $in: ["vip"] } } },
    "invited-m": { when: { lists: { $in: ["vip"] } }, purpose: "marketing" },
  },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
};
const release = { version: 1, document: releaseSchema.parse(DOCUMENT) };
const keys = await keyring("test-master-secret-0123456789abcdef");
const keyOf = (email: string) => identifierKey(keys.lookup, "email", email);
const ANN = await keyOf("ann@shop.example");
const V = visitor("v");

let n = 0;
const send = async (
  who: Parameters<typeof accepted>[2],
  granted = ["analytics", "marketing", "personalization"],
) => {
  const consent = { receipt: "r1", regime: "gdpr", granted, grounds: {}, decidedAt: 1000 } as never;
  await ingest(
    [envelope(`x${++n}`, [accepted(`e${++n}`, "page_view", who, {}, { consent })])],
    await deps({ release }),
  );
};
const proven = (key: string) => ({ key, proof: "source" as const });
const claimed = (key: string) => ({ key, proof: "claim" as const });
const tend = () =>
  tendDue({
    identity: IDENTITY,
    kv: env.EDGE,
    lake: env.LAKE,
    keys,
    release,
    // The minute is over in which they were made due.
    clock: () => Date.now() + 60_000,
  });
const segments = async (who = V) => (await readAtEdge(env.EDGE, who.key)).snapshot?.segments ?? [];
const post = async (list: string, body: unknown, type = "application/json", query = "") => {
  const response = await request(`/admin/api/lists/${list}${query}`, {
    method: "POST",
    headers: { authorization: "Bearer admin_test", "content-type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const entry = (value: string, namespace = "email") => ({ namespace, value });
const onList = async (list = "vip"): Promise<string[]> => {
  const { results } = await env.IDENTITY_0.prepare(
    "SELECT key FROM list_members WHERE list = ?1 ORDER BY key",
  )
    .bind(list)
    .all<{ key: string }>();
  return results.map(({ key }) => key);
};

const erase = () =>
  eraseSubjects(IDENTITY, env.LAKE, {
    request: "00000000-0000-4000-8000-000000000001",
    subjects: [ANN],
    whole: [ANN],
    now: Date.now(),
  });

beforeEach(async () => {
  await emptyStores();
  await publishRelease(DOCUMENT);
});

describe("an import", () => {
  it("takes JSON and CSV, hashes what is named, and says by its line what names nobody", async () => {
    const csv =
      'namespace,value\nemail,Ann@Shop.example\n"email","ben@shop.example"\n\nemail,nobody\nvisitor_id,abc\njust text\nwhat,x\n';
    const imported = await post("vip", csv, "text/csv");
    expect(imported).toMatchObject({
      status: 200,
      body: {
        added: 2,
        removed: 0,
        refused: 4,
        issues: [
          { line: 5, reason: "invalid_identifier" },
          { line: 6, reason: "unknown_namespace" },
          { line: 7, reason: "not_two_fields" },
          { line: 8, reason: "unknown_namespace" },
        ],
      },
    });
    expect(await onList()).toEqual([ANN, await keyOf("ben@shop.example")].sort());
    const dump = JSON.stringify((await env.IDENTITY_0.prepare("SELECT * FROM list_members").all()).results);
    expect(dump).not.toContain("shop.example");
    expect((await post("vip", { entries: [entry("ann@shop.example")] })).body).toMatchObject({ added: 0 });
  });

  it("replaces, removes, and touches no other list", async () => {
    await post("vip", { entries: ["a", "b", "c"].map((name) => entry(`${name}@x.example`)) });
    await post("other", { entries: [entry("a@x.example")] });
    const replaced = await post("vip", {
      mode: "replace",
      entries: [entry("c@x.example"), entry("d@x.example")],
    });
    expect(replaced.body).toMatchObject({ added: 1, removed: 2 });
    expect((await post("vip", "email,c@x.example", "text/csv", "?mode=remove")).body).toMatchObject({
      removed: 1,
    });
    expect(await onList()).toEqual([await keyOf("d@x.example")]);
    expect(await onList("other")).toHaveLength(1);
    expect((await post("vip", { mode: "replace", entries: [] })).body).toMatchObject({ removed: 1 });
  });

  it("is refused where the release has no such list, or nothing of it names a person", async () => {
    expect((await post("nope", { entries: [] })).body.code).toBe("unknown_list");
    expect((await post("vip", { entries: [entry("nobody")] })).body.code).toBe("nothing_to_import");
    expect((await post("vip", { entries: [{ namespace: "email" }] })).body.code).toBe("invalid_body");
    expect((await post("vip", "a,b", "text/csv", "?mode=merge")).body.code).toBe("invalid_body");
  });

  it("is listed with who did it and when, and how many are on the list", async () => {
    await post("vip", { entries: [entry("ann@shop.example"), entry("nobody")] });
    const response = await request("/admin/api/lists", { headers: { authorization: "Bearer admin_test" } });
    expect(await response.json()).toMatchObject({
      lists: [
        {
          name: "vip",
          description: "Invited by the shops",
          identifiers: 1,
          imports: [{ by: "ADMIN_TOKEN", mode: "add", entries: 2, refused: 1 }],
        },
        { name: "other", identifiers: 0, imports: [] },
      ],
    });
  });

  it("of many entries is one import, over several chunks", async () => {
    const entries = Array.from({ length: 12_000 }, (_, place) => entry(`p${place}@x.example`));
    expect((await post("vip", { entries })).body).toMatchObject({ added: 12_000 });
    const half = entries.filter((_, place) => place % 2 === 0);
    expect((await post("vip", { mode: "replace", entries: half })).body).toMatchObject({
      added: 0,
      removed: 6_000,
    });
  });
});

describe("who is on a list", () => {
  it("is in its segments from the next event, also where the list came first", async () => {
    await post("vip", { entries: [entry("ann@shop.example")] });
    await send([V, proven(ANN)]);
    expect(await segments()).toEqual(["invited"]);
  });

  it("is in them without an event, and leaves them so", async () => {
    await send([V, proven(ANN)]);
    expect(await segments()).toEqual([]);
    await post("vip", { entries: [entry("ann@shop.example")] });
    expect(await tend()).toBe(1);
    expect(await segments()).toEqual(["invited"]);
    await post("vip", { mode: "remove", entries: [entry("ann@shop.example")] });
    await tend();
    expect(await segments()).toEqual([]);
  });

  it("is not whoever only claims to be them", async () => {
    await post("vip", { entries: [entry("ann@shop.example")] });
    await send([V, claimed(ANN)]);
    expect(await segments()).toEqual([]);
  });

  it("is in none of a purpose that was not granted", async () => {
    await post("vip", { entries: [entry("ann@shop.example")] });
    await send([V, proven(ANN)], ["analytics", "marketing"]);
    expect(await segments()).toEqual([]);
    const choice = {
      receipt: "r2",
      granted: ["personalization" as const],
      regime: "gdpr",
      givenAt: Date.now(),
    };
    await bindConsent(IDENTITY, V.key, { ...choice, expiresAt: Date.now() + 1e9, despiteGpc: false });
    await send([V, proven(ANN)], ["personalization"]);
    expect(await segments()).toEqual(["invited"]);
  });

  it("is due also where an ingest had read the lists before the import", async () => {
    await send([V, proven(ANN)]);
    let isFirst = true;
    const slow = new Proxy(env.IDENTITY_0, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name !== "batch") return typeof value === "function" ? value.bind(target) : value;
        return async (statements: D1PreparedStatement[]) => {
          const result = await target.batch(statements);
          if (isFirst) {
            isFirst = false;
            await changeList(IDENTITY, {
              list: "vip",
              mode: "add",
              id: 1,
              keys: [ANN],
              others: new Map(),
              now: Date.now(),
            });
          }
          return result;
        };
      },
    });
    await ingest(
      [envelope("slow", [accepted("slow", "page_view", [V, proven(ANN)])])],
      await deps({ release, identity: identityShards([slow]) }),
    );
    await tend();
    expect(await segments()).toEqual(["invited"]);
  });

  describe("through a rotation of the look-up key", () => {
    const list = { list: "vip", mode: "add" as const, id: 1, now: 1 };
    const importOf = async (ring: Keyring, value: string) => {
      const read = await readList(
        [{ line: 1, namespace: "email", value }],
        ring,
        valueRules(release.document),
      );
      return changeList(IDENTITY, { ...list, ...read });
    };

    it("is on it once, by the key that events will name them by", async () => {
      const [before, after] = [await ringOf(1), await ringOf(2)];
      await importOf(before, "ann@shop.example");
      expect(await importOf(after, "ann@shop.example")).toEqual({ added: 0, removed: 0 });
      expect(await onList()).toEqual([ANN]);
      const [key = "", ...older] = await knownKeys(after, "email", "ann@shop.example");
      await send([V, { key, older, proof: "source" }]);
      expect(await segments()).toEqual(["invited"]);
    });

    it("cannot be put back after an erasure by the key of before", async () => {
      await send([V, proven(ANN)]);
      await erase();
      await importOf(await ringOf(2), "ann@shop.example");
      expect(await onList()).toEqual([]);
    });
  });

  it("is on none after an erasure, and cannot be put on one again", async () => {
    await post("vip", { entries: [entry("ann@shop.example")] });
    await erase();
    expect(await onList()).toEqual([]);
    await post("vip", { entries: [entry("ann@shop.example")] });
    expect(await onList()).toEqual([]);
  });
});
