/**
 * Slots of visitors of whom KV has nothing: what their rows say is shown, and nothing that was withdrawn or erased; and the
 * person whom a token has just proved, before ingest has joined the browser to them. With real D1 and KV.
 */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { packPurposes } from "#consent/cookie";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import type { Purpose } from "#contracts/taxonomy";
import type { RequestContext } from "#door/context";
import type { Session } from "#door/session";
import { identityShards } from "#identity/shards";
import { compileFeatures } from "#segments/compile";
import { type FactState, foldEvent } from "#segments/features";
import type { EdgeSnapshot } from "#segments/snapshot";
import { withdrawSnapshot, writeSnapshot } from "#segments/store";
import { readVisitor, type VisitorDeps } from "#slots/read-visitor";
import { remembering } from "../../setup/remembering.ts";

const NOW = Date.UTC(2026, 10, 20, 12);
const MINUTE = 60_000;
const DECIDED = NOW - 60 * MINUTE;

const input: ReleaseInput = {
  features: { purchases: { event: "purchase", agg: "count" } },
  segments: {
    loyal: { when: { purchases: { $gte: 2 } } },
    important: { when: { lists: { $in: ["vip"] } } },
  },
  lists: { vip: {}, invited: {} },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
};
const document = releaseSchema.parse(input);
const features = compileFeatures(document);
const hash = features[0]?.hash ?? "";

const bought = (count: number, more: Partial<EdgeSnapshot> = {}): EdgeSnapshot => ({
  v: 1,
  version: 1,
  asOf: NOW - 30 * MINUTE,
  release: 1,
  state: "anonymous",
  segments: [],
  features: { [hash]: count },
  granted: "personalization",
  born: NOW - 30 * MINUTE,
  ...more,
});
const factsOf = (count: number): FactState =>
  Array.from({ length: count }).reduce<FactState>(
    (facts) =>
      foldEvent(facts, { name: "purchase", occurredAt: NOW - MINUTE, properties: {} }, features, NOW),
    {},
  );
const decided = (granted: Purpose[], at: number) =>
  JSON.stringify({ g: packPurposes(granted), t: at, r: `r${at}` });
const GRANTED = decided(["personalization"], DECIDED);

interface Stored {
  members?: string[];
  snapshot?: EdgeSnapshot;
  facts?: FactState;
  consent?: string;
  suppressed?: boolean;
  seenAt?: number;
}
const store = (key: string, row: Stored) =>
  env.IDENTITY_0.prepare(
    `INSERT INTO identifiers (key, members, snapshot, facts, consent, suppressed, version, seen_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7)
     ON CONFLICT(key) DO UPDATE SET members = ?2, snapshot = ?3, facts = ?4, consent = ?5, suppressed = ?6, seen_at = ?7`,
  )
    .bind(
      key,
      row.members ? JSON.stringify([...row.members].sort()) : null,
      row.snapshot ? JSON.stringify(row.snapshot) : null,
      JSON.stringify(row.facts ?? {}),
      row.consent ?? GRANTED,
      row.suppressed ? 1 : 0,
      row.seenAt ?? NOW - 30 * MINUTE,
    )
    .run();

const link = (node: string, other: string, kind: string) =>
  env.IDENTITY_0.prepare(
    "INSERT INTO links (node, other, kind, strength, event_id, source, at, state) VALUES (?1, ?2, ?3, 90, 'e', 'web', 1, 'live')",
  )
    .bind(node, other, kind)
    .run();

const session = (more: Partial<Session> = {}): Session => ({
  id: "s",
  number: 2,
  startedAt: NOW - 5 * MINUTE,
  lastAt: NOW - MINUTE,
  recent: [],
  impressions: {},
  first: false,
  ...more,
});

let visitor: string;
let person: string;
let asked: number;
let later: Promise<unknown>[];
let now: number;
beforeEach(() => {
  visitor = `visitor_id:1.${crypto.randomUUID().slice(0, 22)}`;
  person = `user_id:1.${crypto.randomUUID().slice(0, 22)}`;
  asked = 0;
  later = [];
  now = NOW;
});

const contextOf = (own: Session | undefined): RequestContext => ({
  settings: {} as RequestContext["settings"], // not read here
  keys: {} as RequestContext["keys"], // the cookies are opened before
  release: { version: 3, document },
  now,
  visitor: { id: "x", key: visitor, ...(own && { session: own }) },
  address: undefined,
  gpc: false,
  country: undefined,
  region: undefined,
  place: { country: undefined, region: undefined, address: undefined },
  choice: undefined,
  signals: [],
  hasSession: false,
  consent: { receipt: "r", regime: "gdpr", granted: ["personalization"], grounds: {}, decidedAt: DECIDED },
  device: { type: "desktop", bot: false },
});

/** The database, with what happens before each of its answers. */
const databaseThat = (before: () => Promise<unknown>) =>
  identityShards([
    new Proxy(env.IDENTITY_0, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== "function") return value;
        if (name !== "batch") return value.bind(target) as unknown;
        return async (...args: Parameters<D1Database["batch"]>) => {
          asked++;
          await before();
          return target.batch(...args);
        };
      },
    }),
  ]);
const depsWith = (identity: VisitorDeps["identity"]): VisitorDeps => ({
  kv: env.EDGE,
  lake: env.LAKE,
  identity,
  startTimer: (ms, fire) => {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
  waitUntil: (work) => void later.push(work),
});
const atOnce = () => databaseThat(async () => {});
const ask = async (own: Session | undefined = session(), identity = atOnce(), budgetMs = 5_000) => {
  const read = await readVisitor(contextOf(own), budgetMs, depsWith(identity));
  if (!read.known) return read.reason;
  return read.personal ? read.attributes : "nothing personal";
};

describe("a visitor who comes back, of whom KV has nothing", () => {
  it("is shown what their row says and what they did since, and a page's further requests do not ask again", async () => {
    await store(visitor, { snapshot: bought(1) });
    const identity = atOnce();
    const own = remembering(session(), [{ at: NOW - 2 * MINUTE, name: "purchase", fields: {} }]);
    expect(await ask(own, identity)).toMatchObject({ purchases: 2, segments: ["loyal"] });
    expect(await ask(session(), identity)).toMatchObject({ purchases: 1, segments: [] });
    expect(asked).toBe(1);
    now += 31_000;
    await store(visitor, { snapshot: bought(5) });
    expect(await ask(session(), identity)).toMatchObject({ purchases: 5 });
  });

  it("is not asked after while the session knows all there is, nor where KV has the snapshot", async () => {
    await store(visitor, { snapshot: bought(9) });
    expect(await ask(session({ first: true }))).toMatchObject({ purchases: 0 });
    await writeSnapshot(env.EDGE, visitor, bought(3));
    expect(await ask()).toMatchObject({ purchases: 3 });
    expect(asked).toBe(0);
  });

  it("is shown what the session knows where the row comes too late, or cannot be read", async () => {
    await store(visitor, { snapshot: bought(9) });
    const own = remembering(session(), [{ at: NOW - 2 * MINUTE, name: "purchase", fields: {} }]);
    let answer = () => {};
    const slow = databaseThat(
      () =>
        new Promise<void>((resolve) => {
          answer = resolve;
        }),
    );
    expect(await ask(own, slow, 20)).toMatchObject({ purchases: 1 });
    answer();
    await Promise.all(later);
    // The next page finds what came too late for this one.
    expect(await ask(own, slow, 20)).toMatchObject({ purchases: 10 });
    const broken = databaseThat(() => Promise.reject(new Error("D1 is down")));
    expect(await ask(own, broken)).toMatchObject({ purchases: 1 });
  });

  it("is shown nothing personal once they have withdrawn, on whichever browser, and again what they grant after it", async () => {
    await store(visitor, { consent: decided(["analytics"], NOW - MINUTE) });
    expect(await ask()).toBe("nothing personal");
    // As KV says it: also where the row cannot be read.
    await withdrawSnapshot(env.EDGE, visitor, NOW - MINUTE);
    expect(await ask()).toBe("nothing personal");
    const broken = databaseThat(() => Promise.reject(new Error("D1 is down")));
    expect(await ask(session(), broken)).toBe("nothing personal");
    await store(visitor, { snapshot: bought(2) });
    expect(await ask()).toBe("nothing personal"); // what the row rests on was decided before
    await store(visitor, { snapshot: bought(2), consent: decided(["personalization"], NOW - 1_000) });
    expect(await ask()).toMatchObject({ segments: ["loyal"] });
  });

  it("is shown nothing personal once they were erased, not even what their cookie remembers", async () => {
    await store(visitor, { suppressed: true });
    const own = remembering(session(), [{ at: NOW - 2 * MINUTE, name: "purchase", fields: {} }]);
    expect(await ask(own)).toBe("nothing personal");
  });
});

it("whoever comes with ever new ids has the database asked so often and no more; the others are shown what sessions know", async () => {
  const identity = atOnce();
  const asNew = async (n: number) => {
    visitor = `visitor_id:1.new-${n}`;
    return ask(remembering(session(), [{ at: NOW - 2 * MINUTE, name: "purchase", fields: {} }]), identity);
  };
  for (let n = 0; n < 60; n++) expect(await asNew(n)).toMatchObject({ purchases: 1 });
  expect(asked).toBe(50);
  now += 1_000;
  await asNew(61);
  expect(asked).toBe(51);
});

describe("a browser in which a token has just proved a person", () => {
  const proved = (more: Partial<Session> = {}) => session({ whose: person, provedAt: NOW - 1_000, ...more });
  const elsewhere = "visitor_id:1.elsewhere";

  it("is shown the person's whole history with its own, whatever device or server told of it, before ingest has run", async () => {
    await store(person, { members: [person, elsewhere], facts: factsOf(1) });
    await store(elsewhere, { members: [person, elsewhere], facts: factsOf(2) });
    expect(await ask(proved())).toMatchObject({
      purchases: 3,
      identity_state: "authenticated",
      segments: ["loyal"],
    });
    await store(visitor, { facts: factsOf(1), snapshot: bought(1), seenAt: NOW - 2 * MINUTE });
    const recent = [NOW - 3 * MINUTE, NOW - MINUTE].map((at) => ({ at, name: "purchase", fields: {} }));
    // The earlier one is in the browser's row already.
    expect(await ask(remembering(proved(), recent))).toMatchObject({ purchases: 5 });
  });

  it("also where KV still has what the browser was by itself", async () => {
    await store(person, { facts: factsOf(2) });
    await store(visitor, { facts: factsOf(1), snapshot: bought(1) });
    await writeSnapshot(env.EDGE, visitor, bought(1));
    expect(await ask(proved())).toMatchObject({ purchases: 3 });
  });

  it("is on the lists that name the person, by whichever identifier of theirs", async () => {
    const email = `email:1.${crypto.randomUUID().slice(0, 22)}`;
    const name = (key: string, list: string) =>
      env.IDENTITY_0.prepare("INSERT INTO list_members (key, list, import) VALUES (?1, ?2, 1)").bind(
        key,
        list,
      );
    await env.IDENTITY_0.batch([name(person, "vip"), name(email, "invited"), name(email, "of no release")]);
    await store(person, { members: [email, person] });
    await store(email, { members: [email, person] });
    expect(await ask(proved())).toMatchObject({ lists: ["invited", "vip"], segments: ["important"] });
    await link(visitor, "user_id:1.somebody-else", "proof");
    now += 10_000;
    expect(await ask(proved())).toMatchObject({ lists: [] });
  });

  it("is one of a known person even if nothing else is known", async () => {
    expect(await ask(proved())).toMatchObject({ purchases: 0, identity_state: "authenticated" });
  });

  it("finds them by whichever version of the look-up key they are stored under", async () => {
    const older = person.replace(":1.", ":0.");
    await store(older, { facts: factsOf(2) });
    expect(await ask(proved({ whose: `${person} ${older}` }))).toMatchObject({ purchases: 2 });
  });

  it("goes by ingest's word once it has joined them, and by nothing else after ten minutes", async () => {
    await store(person, { members: [person, visitor], facts: factsOf(2) });
    await store(visitor, { members: [person, visitor], snapshot: bought(1, { state: "authenticated" }) });
    await link(visitor, person, "proof");
    expect(await ask(proved())).toMatchObject({ purchases: 1 });
    await env.IDENTITY_0.prepare("DELETE FROM links").run();
    now += 11 * MINUTE;
    await store(visitor, { snapshot: bought(0) });
    expect(await ask(proved())).toMatchObject({ purchases: 0, identity_state: "anonymous" });
  });

  it("is shown nothing of what the person has denied since this browser's decision, on any device", async () => {
    await store(person, { members: [person, elsewhere], facts: factsOf(2) });
    await store(elsewhere, { members: [person, elsewhere], consent: decided(["analytics"], DECIDED + 1) });
    expect(await ask(proved())).toBe("nothing personal");
    await store(elsewhere, { members: [person, elsewhere], consent: decided([], DECIDED - 1) });
    expect(await ask(proved())).toMatchObject({ purchases: 2 });
  });

  it("is shown nothing of a person who was erased", async () => {
    await store(person, { suppressed: true, members: [person, elsewhere] });
    await store(elsewhere, { facts: factsOf(2) });
    expect(await ask(proved())).toMatchObject({ purchases: 0, identity_state: "anonymous" });
  });

  it.each(["proof", "apart"])(
    "is shown nothing of them where ingest or an operator did not join the two (%s)",
    async (kind) => {
      await store(person, { facts: factsOf(2) });
      await store(visitor, {});
      await link(visitor, kind === "proof" ? "user_id:1.somebody-else" : person, kind);
      expect(await ask(proved())).toMatchObject({ purchases: 0, identity_state: "anonymous" });
      // Of a browser that had a snapshot, KV says that it is nobody's.
      await withdrawSnapshot(env.EDGE, visitor, NOW - 500);
      expect(await ask(proved())).toBe("nothing personal");
    },
  );

  it("is shown nothing of them where an operator has said that the value, or the browser, is nobody's", async () => {
    await store(person, { facts: factsOf(2) });
    await store(visitor, {});
    for (const [n, key] of [person, visitor].entries()) {
      await link(key, key, "aside");
      now += 10_000;
      expect(await ask(proved()), `of ${n}`).toMatchObject({ purchases: 0, identity_state: "anonymous" });
      await env.IDENTITY_0.prepare("UPDATE links SET state = 'revoked' WHERE kind = 'aside'").run();
      expect(await ask(proved())).toMatchObject({ purchases: 2 });
    }
  });

  it("is read once in two seconds, however often they ask", async () => {
    const identity = atOnce();
    await store(person, { facts: factsOf(2) });
    for (let n = 0; n < 5; n++) expect(await ask(proved(), identity)).toMatchObject({ purchases: 2 });
    expect(asked).toBe(1);
    await store(person, { facts: factsOf(3) });
    now += 2_000;
    expect(await ask(proved(), identity)).toMatchObject({ purchases: 3 });
  });

  it("keeps the bucketing unit that its session began with", async () => {
    const unitOf = async (own: Session) => {
      const read = await readVisitor(contextOf(own), 5_000, depsWith(atOnce()));
      return read.known ? read.unit : read.reason;
    };
    const before = await unitOf(session());
    await store(person, { members: [person, elsewhere], facts: factsOf(2) });
    await store(elsewhere, {
      members: [person, elsewhere],
      snapshot: bought(2, { units: [[0, "another"]] }),
    });
    expect(await unitOf(proved())).toBe(before);
  });
});

describe("over several databases", () => {
  it("a person's profile is read wherever its rows lie", async () => {
    // Every database is the same one here: each is asked for its own keys.
    const several = identityShards(
      Array.from(
        { length: 3 },
        () =>
          new Proxy(env.IDENTITY_0, {
            get: (target, name) => {
              const value = Reflect.get(target, name) as unknown;
              return typeof value === "function" ? (value.bind(target) as unknown) : value;
            },
          }),
      ),
    );
    const members = [person, ...Array.from({ length: 6 }, (_, n) => `visitor_id:1.many-${n}`)];
    for (const key of members) await store(key, { members, facts: factsOf(1) });
    const own = session({ whose: person, provedAt: NOW - 1_000 });
    expect(await ask(own, several)).toMatchObject({ purchases: 7 });
  });
});
