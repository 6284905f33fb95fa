/** Changes of profiles, from a batch of events to the item in the destination's queue. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { changeDeps } from "#console/identity/deps";
import { releaseSchema } from "#contracts/definitions/release";
import type { Traits } from "#contracts/event";
import type { DeliveryEnvelope, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { AcceptedEvent, IdentifierRef } from "#contracts/messages/event_envelope";
import { deliveryPlace } from "#forward/item-id";
import { makeChange, undoChange } from "#identity/changes/apply";
import { bindConsent } from "#identity/consent-store";
import { eraseSubjects } from "#identity/erasures";
import { identityShards } from "#identity/shards";
import { toldSince } from "#ingest/changes/since";
import { type TellDeps, tellChanges } from "#ingest/changes/tell";
import { ingest } from "#ingest/ingest";
import { openIngress, sealIngress } from "#privacy/ingress";
import { keyring } from "#privacy/keys";
import { holdRelease } from "#release/active";
import { emptyStores } from "../setup.ts";
import { accepted, claim, deps, envelope, failing, IDENTITY, proven, sent, visitor } from "./envelopes.ts";

const DOCUMENT = releaseSchema.parse({
  features: {
    leads: { event: "form_submit", agg: "count" },
    purchases: { event: "purchase", agg: "count" },
    spent_7d: { event: "purchase", agg: "sum", field: "value", window: "7d" },
  },
  segments: {
    interested: { when: { leads: { $gte: 1 } }, purpose: "marketing" },
    // Left again with the second lead: for what comes and goes.
    fresh: { when: { leads: 1 }, purpose: "marketing" },
  },
  profile: {
    stages: { lead: { leads: { $gte: 1 } }, customer: { purchases: { $gte: 1 } } },
    score: { points: { leads: 10, purchases: 30 } },
  },
  destinations: {
    crm: {
      type: "webhook",
      queue: "crm",
      purposes: ["marketing"],
      events: ["refund"],
      changes: { segments: "all", stage: true, score: true, traits: ["first_name"] },
      settings: {},
    },
  },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
});
const RELEASE = { version: 1, document: DOCUMENT };
const keys = await keyring("test-master-secret-0123456789abcdef");

const V = visitor("v");
const ANN = proven("user_id:1.ann");
const MAIL = proven("email:1.ann");
const CLAIMED = claim("email:1.someone");

/** The clock that all of it goes by. */
let now = Date.now();
const later = (seconds: number) => {
  now += seconds * 1000;
};
let n = 0;
const send = async (events: AcceptedEvent[], id = `x${++n}`, release = RELEASE) =>
  ingest([{ ...envelope(id, events), receivedAt: now }], await deps({ release, clock: () => now }));
const event = async (name: string, who: IdentifierRef[], traits?: Traits): Promise<AcceptedEvent> => {
  const id = `e${++n}`;
  const sealed = traits && (await sealIngress(keys.ingress, JSON.stringify(traits), ["event", id], now));
  const properties = name === "purchase" ? { order_id: id, value: 10, currency: "EUR" } : {};
  return accepted(id, name, who, properties, { occurredAt: now - 1000, ...(sealed && { sealed }) });
};
const lead = (who: IdentifierRef[], traits?: Traits) => event("form_submit", who, traits);

const tellDeps = async (more: Partial<TellDeps> = {}): Promise<TellDeps> => {
  const { queues, identity, lake, liveTail } = await deps();
  return { queues, identity, lake, liveTail, keys, document: DOCUMENT, clock: () => now, ...more };
};
const tell = async (more: Partial<TellDeps> = {}) => tellChanges(await tellDeps(more));

/** Items in the queue, the last of each id, oldest first. */
const items = (): DeliveryItem[] => [
  ...new Map(sent.flatMap((message) => message.items).map((item) => [item.id, item])).values(),
];
const told = () => items().map(({ event }) => event.properties);

const toldRows = async () =>
  (
    await env.IDENTITY_0.prepare("SELECT subject, told, version FROM profile_told ORDER BY subject").all<{
      subject: string;
      told: string;
      version: number;
    }>()
  ).results;

/** What is marked, with when it is looked at. */
const marks = async () =>
  (
    await env.IDENTITY_0.prepare(
      "SELECT due_at AS dueAt, m.value AS mark FROM profile_due d, json_each(d.marks) m ORDER BY 1, 2",
    ).all<{ dueAt: number; mark: string }>()
  ).results;

const decide = (subject: string, granted: ("marketing" | "personalization" | "analytics")[]) =>
  bindConsent(IDENTITY, subject, {
    receipt: `r-${++n}`,
    granted,
    regime: "gdpr",
    givenAt: now,
    expiresAt: now + 1e9,
    despiteGpc: false,
  });

beforeEach(async () => {
  await emptyStores();
  sent.length = 0;
  now = Date.now();
});

describe("a change of a profile", () => {
  it("is told once, after its debounce, with what is proved of the person", async () => {
    await send([await lead([V, ANN, MAIL], { email: "ann@x.example", first_name: "Ann", last_name: "Lee" })]);
    expect(await tell()).toBe(0);
    later(61);
    expect(await tell()).toBe(1);
    later(61);
    expect(await tell()).toBe(0);

    const [item] = items();
    expect(item).toMatchObject({
      attempt: 1,
      purposes: ["marketing"],
      event: {
        name: "profile_change",
        source: "doorstep",
        profile: V.key,
        verified: true,
        identityState: "authenticated",
        segments: ["fresh", "interested"],
        consent: { granted: ["marketing", "personalization"], receipt: "default:gdpr" },
        properties: {
          changed: ["segments", "stage", "score", "traits.first_name"],
          segments: { entered: ["fresh", "interested"], left: [], all: ["fresh", "interested"], out: [] },
          stage: { from: null, to: "lead" },
          score: { from: null, to: 10 },
        },
      },
    });
    expect(item?.event.id).toMatch(/^change:[0-9a-f]{32}$/);
    expect(item?.subjects).toEqual(expect.arrayContaining([ANN.key, MAIL.key, V.key]));
    const plain = await openIngress(keys.ingress, item?.event.sealed ?? "", deliveryPlace(item?.id ?? ""));
    expect(JSON.parse(plain ?? "")).toEqual({ email: "ann@x.example", first_name: "Ann" });

    const [row] = await toldRows();
    expect(row?.subject).toBe(ANN.key);
    expect(await marks()).toEqual([]);
    expect(row?.told).not.toContain("Ann");
    expect(row?.told).not.toContain("x.example");
  });

  it("leaves a receipt that says what was new and where it went", async () => {
    await send([await lead([V, ANN])]);
    later(61);
    await tell();
    const receipt = {
      stage: "change",
      subject: ANN.key,
      routed: { crm: "queued" },
      changed: ["segments", "stage", "score"],
    };
    const id = items()[0]?.event.id ?? "";
    const landed = await env.LAKE.list({ prefix: "landing/events/" });
    const texts = await Promise.all(landed.objects.map(async ({ key }) => (await env.LAKE.get(key))?.text()));
    const lines = texts
      .flatMap((text) => text?.trim().split("\n") ?? [])
      .map((line) => JSON.parse(line) as object);
    expect(lines).toContainEqual(expect.objectContaining({ ...receipt, eventId: id }));
    const trace = await env.LIVE_TAIL.get(env.LIVE_TAIL.idFromName("tail")).traceOf(id);
    expect(trace?.receipts).toMatchObject([receipt]);
  });

  it("says of the next one what is new since, and never goes a stage back", async () => {
    await send([await event("purchase", [V, ANN])]);
    later(61);
    await tell();
    await send([await lead([V, ANN])]);
    later(61);
    await tell();
    expect(told()).toMatchObject([
      { changed: ["stage", "score"], stage: { from: null, to: "customer" }, score: { to: 30 } },
      { changed: ["segments", "score"], score: { from: 30, to: 40 } },
    ]);
    const [first, second] = told();
    expect(Number(second?.version)).toBeGreaterThan(Number(first?.version));
  });

  it("that is undone within the debounce is never told", async () => {
    const crm = { ...DOCUMENT.destinations.crm, changes: { segments: ["fresh"] } };
    const document = releaseSchema.parse({ ...DOCUMENT, destinations: { crm } });
    const release = { version: 1, document };
    await send([await lead([V, ANN])], "entered", release);
    expect(await marks()).toEqual([{ dueAt: Math.ceil(now / 1000 + 60) * 1000, mark: `crm ${ANN.key}` }]);
    later(30);
    await send([await lead([V, ANN])], "left", release);
    later(31);
    expect(await tell({ document })).toBe(0);
    expect([...(await toldRows()), ...(await marks())]).toEqual([]);
  });

  it("is told once for a burst of events and a batch that comes again", async () => {
    const first = await lead([V, ANN]);
    await send([first], "again");
    await send([first], "again");
    later(20);
    await send([await lead([V, ANN])]);
    expect(await marks()).toHaveLength(1);
    later(41);
    expect(await tell()).toBe(1);
    expect(told()).toMatchObject([
      { segments: { entered: ["interested"], left: [], all: ["interested"] }, score: { to: 20 } },
    ]);
  });

  it("of nobody in particular is neither told nor written down", async () => {
    await send([await lead([V])]);
    later(61);
    expect(await tell()).toBe(0);
    expect([...(await toldRows()), ...(await marks())]).toEqual([]);
  });

  it("reads and writes nothing where no destination asks for changes", async () => {
    const none = { version: 1, document: { ...DOCUMENT, destinations: {} } };
    for (const table of ["profile_told", "profile_due"])
      await env.IDENTITY_0.prepare(`DROP TABLE ${table}`).run();
    await ingest([envelope("x-none", [await lead([V, ANN])])], await deps({ release: none }));
    expect(await tell({ document: none.document })).toBe(0);
  });

  it("that rests on claims goes as a claim, without what is proved of the one it names", async () => {
    await send([await lead([V, CLAIMED], { email: "someone@x.example" })]);
    later(61);
    await tell();
    expect(items()).toMatchObject([{ event: { verified: false, identityState: "pseudonymous" } }]);
    expect(await toldRows()).toMatchObject([{ subject: `${V.key}|${CLAIMED.key}` }]);
  });

  it("is told whole again once the claim is proved, so that it may overwrite", async () => {
    await send([await lead([V, CLAIMED])]);
    later(61);
    await tell();
    sent.length = 0;
    await send([await event("login", [V, ANN])]);
    later(61);
    await tell();
    expect(items()).toMatchObject([
      {
        event: {
          verified: true,
          properties: { segments: { all: ["fresh", "interested"] }, stage: { to: "lead" } },
        },
      },
    ]);
  });
});

describe("consent", () => {
  it("that is withdrawn before the change is due stops it, and what is new then waits for the next grant", async () => {
    await send([await lead([V, ANN])]);
    later(30);
    await decide(V.key, ["analytics"]);
    later(31);
    expect(await tell()).toBe(0);
    expect([...(await toldRows()), ...(await marks())]).toEqual([]);
    later(60);
    await decide(V.key, ["analytics", "marketing"]);
    const again = await event("page_view", [V, ANN]);
    await send([{ ...again, consent: { ...again.consent, decidedAt: now, receipt: "r2" } }]);
    later(61);
    expect(await tell()).toBe(1);
    expect(items()[0]?.event.consent).toMatchObject({ regime: "gdpr", granted: ["analytics", "marketing"] });
  });

  it("for another purpose than the destination's tells nothing", async () => {
    await decide(V.key, ["personalization", "analytics"]);
    await send([await lead([V, ANN])]);
    later(61);
    await tell();
    expect(await toldRows()).toEqual([]);
  });

  it("that has lapsed by then tells nothing", async () => {
    await decide(V.key, ["marketing"]);
    later(1);
    const fresh = await lead([V, ANN]);
    await send([{ ...fresh, consent: { ...fresh.consent, decidedAt: now } }]);
    later(366 * 86_400);
    expect(await tell()).toBe(0);
  });
});

describe("who is erased", () => {
  it("takes along what destinations were told, and no later mark brings it back", async () => {
    await send([await lead([V, ANN])]);
    later(61);
    await tell();
    const subjects = [V.key, ANN.key];
    await send([await event("purchase", [V, ANN]), await lead([visitor("w"), MAIL])]);
    expect(await marks()).toHaveLength(2);
    await eraseSubjects(IDENTITY, env.LAKE, { request: "req-1", subjects, whole: subjects, now });
    expect(await toldRows()).toEqual([]);
    expect(await marks()).toMatchObject([{ mark: `crm ${MAIL.key}` }]);
    sent.length = 0;
    await send([await lead([V, ANN])]);
    later(61);
    expect(await tell()).toBe(1);
    expect((await toldRows()).map(({ subject }) => subject)).toEqual([MAIL.key]);
  });
});

describe("a crash of the schedule", () => {
  /** To the database: what is due, the profile twice, what was told, decisions, the writing; the same again; the marks. */
  const CALLS = 11;
  const steps = [
    ...Array.from({ length: CALLS }, (_, n) => ["identity", "batch", n + 1] as const),
    ["queues", "sendBatch", 1] as const,
    ["lake", "put", 1] as const,
  ];
  const oneLead = async () => {
    await send([await event("page_view", [V])]);
    await decide(V.key, ["marketing", "analytics", "personalization"]);
    later(1);
    const fresh = await lead([V, ANN]);
    await send([{ ...fresh, consent: { ...fresh.consent, decidedAt: now } }]);
    later(61);
  };
  it.each(steps.flatMap((step) => (["before", "after"] as const).map((when) => [...step, when] as const)))(
    "tells it once by its id: at %s.%s, call %i, %s it took effect",
    async (dep, method, nth, when) => {
      await oneLead();
      const real = await tellDeps();
      const crash = <T extends object>(binding: T) => failing(binding, [method], nth, when);
      const broken = {
        identity: () => ({ identity: identityShards([crash(env.IDENTITY_0)]) }),
        queues: () => ({ queues: { ...real.queues, crm: crash(real.queues.crm) } }),
        lake: () => ({ lake: crash(real.lake) }),
      }[dep]();
      await expect(tellChanges({ ...real, ...broken })).rejects.toThrow("crashed");
      later(60);
      await tellChanges(real);
      later(60);
      expect(await tellChanges(real)).toBe(0);
      expect(new Set(sent.flatMap((message) => message.items.map(({ id }) => id))).size).toBe(1);
      const [item] = items();
      const [row] = await toldRows();
      expect(row?.version).toBe(item?.event.properties.version);
      expect(await marks()).toEqual([]);
    },
  );

  it("could come at no other call", async () => {
    await oneLead();
    const identity = identityShards([failing(env.IDENTITY_0, ["batch"], CALLS + 1, "before")]);
    expect(await tell({ identity })).toBe(1);
  });

  it("between ingest and the mark is made good when the batch comes again", async () => {
    const events = [await lead([V, ANN])];
    const real = await deps({ release: RELEASE, clock: () => now });
    // The graph's write is the second batch, the reading of what was told the next.
    const identity = identityShards([failing(env.IDENTITY_0, ["batch"], 3, "before")]);
    await expect(ingest([envelope("xc", events)], { ...real, identity })).rejects.toThrow("crashed");
    await ingest([envelope("xc", events)], real);
    later(61);
    expect(await tell()).toBe(1);
  });
});

describe("a profile that cannot be looked at", () => {
  it("harms only itself, and is looked at again later", async () => {
    await send([await lead([V, ANN], { email: "ann@x.example" })]);
    await send([await lead([visitor("w"), MAIL])]);
    await env.IDENTITY_0.prepare("UPDATE identifiers SET sealed = '{' WHERE key = ?1").bind(ANN.key).run();
    later(61);
    expect(await tell()).toBe(1);
    expect((await toldRows()).map(({ subject }) => subject)).toEqual([MAIL.key]);
    expect(await marks()).toMatchObject([{ mark: `crm ${ANN.key}` }]);
    expect((await marks())[0]?.dueAt).toBeGreaterThan(now + 500_000);
  });
});

describe("an event that comes while its profile is looked at", () => {
  it("is not lost: the profile is looked at again", async () => {
    await send([await lead([V, ANN])]);
    later(61);
    const real = await tellDeps();
    let isFirst = true;
    // Between the reading of the profile and the writing of what was told.
    const crm = {
      sendBatch: async (messages: Iterable<{ body: DeliveryEnvelope }>) => {
        if (isFirst) {
          isFirst = false;
          await send([await event("purchase", [V, ANN])]);
        }
        await real.queues.crm.sendBatch([...messages]);
      },
    } as unknown as Queue<DeliveryEnvelope>; // tellChanges calls sendBatch alone
    await tellChanges({ ...real, queues: { ...real.queues, crm } });
    later(61);
    await tell();
    expect(told()).toMatchObject([
      { stage: { to: "lead" } },
      { changed: ["stage", "score"], stage: { to: "customer" } },
    ]);
  });
});

describe("profiles that become one", () => {
  const W = visitor("w");
  it("are told once as one, and each side of a split knows what was told", async () => {
    await send([await lead([V, ANN])]);
    await send([await event("purchase", [W, MAIL])]);
    later(61);
    expect(await tell()).toBe(2);
    sent.length = 0;
    await send([await event("login", [ANN, MAIL])]);
    later(61);
    expect(await tell()).toBe(1);
    expect(told()).toMatchObject([
      { changed: ["stage", "score"], stage: { from: "lead", to: "customer" }, score: { from: 10, to: 40 } },
    ]);
    later(61);
    expect(await tell()).toBe(0);
    const versions = new Set((await toldRows()).map(({ version }) => version));
    expect((await toldRows()).map(({ subject }) => subject)).toEqual([MAIL.key, ANN.key]);
    expect(versions.size).toBe(1);
  });

  it("or are split again by an operator, are told of it", async () => {
    await send([await lead([V, ANN])]);
    await send([await event("purchase", [W, MAIL])]);
    later(61);
    await tell();
    sent.length = 0;
    holdRelease(env.EDGE, RELEASE, Date.now());
    const stores = { identity: IDENTITY, db: env.IDENTITY_0, kv: env.EDGE, bucket: env.LAKE };
    const change = { ...(await changeDeps({ ...stores, clock: () => Date.now() })), clock: () => now };
    const merge = { action: "merge", keys: [ANN.key, MAIL.key] } as const;
    const given = { id: "c1", actor: "ann", note: "" };
    await makeChange({ keys: merge.keys, asked: () => merge }, given, change);
    later(61);
    expect(await tell()).toBe(1);
    expect(told()).toMatchObject([{ score: { to: 40 }, stage: { to: "customer" } }]);
    sent.length = 0;
    await undoChange("c1", "ann", change);
    later(61);
    expect(await tell()).toBe(2);
    expect(told().map(({ score }) => score)).toEqual(
      expect.arrayContaining([expect.objectContaining({ to: 10 }), expect.objectContaining({ to: 30 })]),
    );
    // A stage that was told once is told of neither side again.
    for (const { stage } of told()) expect([undefined, "customer"]).toContain((stage as { to?: string })?.to);
  });
});

describe("a change that is out of date", () => {
  it("is known by the parts that were told since", async () => {
    await send([await lead([V, ANN])]);
    later(61);
    await tell();
    await send([await event("purchase", [V, ANN])]);
    later(61);
    await tell();
    const [first, second] = items();
    if (!first || !second) throw new Error("two were told");
    expect(await toldSince(IDENTITY, "crm", [first, second])).toEqual(
      new Map([
        [first.id, ["stage", "score"]],
        [second.id, []],
      ]),
    );
    expect(await toldSince(IDENTITY, "another", [first])).toEqual(new Map([[first.id, []]]));
  });
});
