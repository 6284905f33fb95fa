/**
 * Nothing personal stands anywhere in the clear: a marker is planted in every place where a client can put a text,
 * everything goes through door, ingest and delivery to vendors that answer errors which repeat what they were sent, and
 * then every table, key, object, ring, message, log line and problem answer is searched for every marker in every form.
 */
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { RELEASE } from "../product.ts";
import { emptyStores } from "../setup.ts";
import { behaviouralMarkers, type Found, plantedMarkers, sightings } from "./markers.ts";
import { plantInMistakes, plantInProtocols } from "./markers-protocols.ts";
import { plantInEvents, plantInHeaders } from "./markers-requests.ts";
import {
  plantInOperatorRequests,
  plantInRefusedRequests,
  plantInSubjectRequests,
} from "./markers-subjects.ts";
import { captureLogs, everythingStored, queues, startWorld } from "./markers-world.ts";

const SOURCES = JSON.stringify([
  { id: "web", writeKey: "wk_demo", secretKey: "sk_demo", origins: ["https://app.example"] },
  { id: "open", writeKey: "wk_open", unknownEvents: { accept: ["note"] }, origins: ["https://app.example"] },
]);
const DOCUMENT = {
  ...RELEASE,
  features: {
    ...RELEASE.features,
    last_search: { event: "search", agg: "last", field: "search_term" },
    pages: { event: "page_view", agg: "count" },
  },
  slots: { hero: { kind: "json" } },
  destinations: {
    hook: {
      type: "webhook",
      queue: "crm",
      purposes: ["marketing", "analytics"],
      settings: { url: "https://hook.example/in", secret: { $secret: "HOOK" } },
    },
    hubspot: {
      type: "hubspot",
      queue: "crm",
      purposes: ["marketing"],
      settings: { token: { $secret: "HUBSPOT_TOKEN" }, endpoint: "https://hubspot.example" },
    },
  },
};

const world = startWorld(SOURCES);
const vendors: string[] = [];
const stored: Found[] = [];
let logs: Found[] = [];
/** Ids of the subject requests that were worked off, by type. */
let requests: Record<string, string> = {};

const STATUSES = [400, 500, 422, 200, 409];

/** Vendors: some calls succeed, most are refused with an error that repeats everything. */
async function vendor(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const body = await request.text();
  vendors.push(`${request.url} ${body}`);
  // Who is told of a request's status has gone.
  if (request.url.startsWith("https://callback.example/")) return new Response(body, { status: 410 });
  const says = JSON.stringify({
    status: "error",
    category: "VALIDATION_ERROR",
    message: body,
    errors: [{ message: body, id: body }],
  });
  const status = vendors.length > 40 ? 401 : (STATUSES[vendors.length % STATUSES.length] ?? 400);
  return new Response(says, {
    status,
    headers: { "x-echo": encodeURIComponent(body).slice(0, 500), "content-type": "application/json" },
  });
}

beforeAll(async () => {
  await emptyStores();
  logs = captureLogs();
  vi.stubGlobal("fetch", vendor);
  const published = await world.request("/admin/api/releases", {
    method: "POST",
    headers: { authorization: "Bearer admin_test", "content-type": "application/json" },
    body: JSON.stringify({ document: DOCUMENT, note: "markers" }),
  });
  if (published.status !== 201) throw new Error(await published.text());
  for (const plant of [plantInEvents, plantInHeaders, plantInProtocols, plantInMistakes]) await plant(world);
  await world.drain();
  await world.schedule();
  await world.drain();
  for (const plant of [plantInRefusedRequests, plantInOperatorRequests]) await plant(world);
  // As it stands while requests are open, and once more when they have ended: an erasure takes away what there was.
  stored.push(...(await everythingStored()));
  requests = await plantInSubjectRequests(world);
  await world.drain();
  await world.schedule();
  stored.push(...(await everythingStored()));
}, 60_000);

afterAll(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("before the search means anything", () => {
  const places = () => [...new Set(stored.map(({ where }) => where))];
  it("events were accepted, refused, kept, delivered, refused by vendors, parked and buried", async () => {
    const codes = queues.events.all.join();
    for (const code of [
      "invalid_event",
      "unknown_event",
      "unknown_version",
      "timestamp_in_future",
      "timestamp_too_old",
      "event_too_large",
    ])
      expect(codes, code).toContain(code);
    const events = queues.events.all.flatMap(
      (body) => eventEnvelopeSchema.parse(JSON.parse(String(body))).events,
    );
    expect([...new Set(events.map(({ protocol }) => protocol))].sort()).toEqual([
      "ga4",
      "jitsu",
      "native",
      "segment",
      "snowplow",
    ]);
    expect(events.length).toBeGreaterThan(20);
    expect(vendors.length).toBeGreaterThan(10);
    // The vendors got what they may have: there the markers are in the clear, and so they came all the way.
    expect(vendors.join()).toContain("@mark.example.com");
    for (const place of [
      "D1 identifiers.sealed",
      "D1 subject_keys.wrapped",
      "D1 quarantine_index.id",
      "D1 delivery_failures.code",
      "R2 landing/events",
      "R2 landing/deliveries",
      "R2 quarantine",
      "R2 dead/",
      "KV release",
      "live API",
      "Durable Object",
      "queue crm",
    ])
      expect(
        places().some((name) => name.startsWith(place)),
        `${place} is among ${places().join()}`,
      ).toBe(true);
    expect(world.problems.length).toBeGreaterThan(15);
    expect(queues.events.all.length).toBeGreaterThan(20);
  });

  it("persons were found, shown, and erased, and operators were heard", async () => {
    const { results } = await env.IDENTITY_0.prepare(
      "SELECT id, type, status, steps FROM subject_requests",
    ).all<{
      id: string;
      type: string;
      status: string;
      steps: string;
    }>();
    const byId = new Map(results.map((row) => [row.id, row]));
    for (const [type, id] of Object.entries(requests)) {
      expect(byId.get(id), type).toMatchObject({ type });
      expect(vendors.some((call) => call.startsWith("https://callback.example/") && call.includes(id))).toBe(
        true,
      );
    }
    for (const type of ["access", "portability", "opt_out"])
      expect(byId.get(requests[type] ?? "")?.status, type).toBe("completed");
    expect(byId.get(requests.erasure ?? "")?.steps).toContain("destination:hubspot");
    for (const place of ["D1 subject_requests.steps", "D1 audit.detail", "R2 exports/", "R2 erasures/log"])
      expect(
        places().some((name) => name.startsWith(place)),
        `${place} is among ${places().join()}`,
      ).toBe(true);
    const { results: audited } = await env.IDENTITY_0.prepare("SELECT DISTINCT action FROM audit").all<{
      action: string;
    }>();
    expect(audited.map(({ action }) => action)).toEqual(
      expect.arrayContaining([
        "suppression.lifted",
        "audit.restored",
        "subject_request.cancel",
        "person.read",
      ]),
    );
  });

  it("a marker would be found in every form", async () => {
    const value = "zqxa999.zqxb999@mark.example.com";
    const bytes = new TextEncoder().encode(`{"email":"${value}"}`);
    const md5 = new Uint8Array(await crypto.subtle.digest("MD5", new TextEncoder().encode(value))).toHex();
    for (const text of [
      value,
      value.toUpperCase(),
      "call zqxb999.[email]",
      encodeURIComponent(value),
      bytes.toHex(),
      bytes.toBase64(),
      bytes.subarray(1).toBase64(),
      bytes.subarray(2).toBase64({ alphabet: "base64url" }),
      md5,
    ])
      expect(await sightings([{ place: "x", value }], [{ where: "y", text: `…${text}…` }]), text).not.toEqual(
        [],
      );
    expect(
      await sightings([{ place: "x", value }], [{ where: "y", text: "zqxa998.zqxb998@mark.example.com" }]),
    ).toEqual([]);
  });
});

/** An answer may repeat to the asker what the asker must mend; it is told to nobody else, and is nobody's data. */
const OWN_WORDS = [
  /^header origin → answer 403/,
  /^content-encoding → answer 415/,
  /^a slot that is not → answer 404/,
  /^consent: a purpose's name → answer 400/,
  /^a destination's key in a path → answer 404/,
];

async function seen(everything: readonly Found[]): Promise<string[]> {
  const all = await sightings(plantedMarkers(), everything);
  return all.filter((one) => !OWN_WORDS.some((allowed) => allowed.test(one)));
}

describe("of everything that clients sent, nothing that names a person stands in the clear, encoded, or hashed without a key", () => {
  it("in D1, KV, R2, the Durable Objects, or a queue's message", async () => {
    expect(plantedMarkers().length).toBeGreaterThan(600);
    expect(await seen(stored)).toEqual([]);
  }, 60_000);
  it("in a log line", async () => {
    expect(await seen(logs)).toEqual([]);
  });
  it("in an answer that is a problem", async () => {
    expect(await seen(world.problems)).toEqual([]);
  });
  it("and no address is kept whole", async () => {
    const text = [...stored, ...logs, ...world.problems].map((one) => one.text).join("\n");
    for (const address of ["203.0.113.7", "198.51.100.77", "198.51.100.78", "198.51.100.79", "198.51.100.80"])
      expect(text.includes(`${address}"`) || text.includes(`${address} `), address).toBe(false);
  });
});

/**
 * Where a field may stand that its contract classes as behavioural or technical, as the site wrote it: in the lake, on the
 * way to it and to the destinations that may have it, and in the facts and the snapshot of a release's features.
 */
const BEHAVIOURAL =
  /^(R2 landing\/events|R2 (dead|parked)\/(hook|hubspot|late)|queue (events|crm|analytics)|D1 identifiers\.(facts|snapshot)|KV edge)$/;

describe("a field that its contract classes as behavioural", () => {
  it("stands as it was sent where events are kept and on their way, and nowhere else", async () => {
    expect(behaviouralMarkers().length).toBeGreaterThan(10);
    for (const marker of behaviouralMarkers()) {
      const where = (await sightings([marker], stored)).map((one) => one.replace(/^.* → (.*) \(.*$/, "$1"));
      expect(where, marker.place).toContain("R2 landing/events");
      expect(
        where.filter((one) => !BEHAVIOURAL.test(one)),
        marker.place,
      ).toEqual([]);
    }
  });
  it("is in no log line and in no problem", async () => {
    expect(await sightings(behaviouralMarkers(), [...logs, ...world.problems])).toEqual([]);
  });
});

it("the markers are in the database only sealed: with its key they open", async () => {
  const { results } = await env.IDENTITY_0.prepare(
    "SELECT key, sealed FROM identifiers WHERE sealed IS NOT NULL",
  ).all<{ key: string; sealed: string }>();
  expect(results.length).toBeGreaterThan(3);
  const candidate = {
    s: expect.stringMatching(/^1-0\.[\w-]+$/),
    at: expect.any(Number),
    source: expect.any(String),
    event: expect.any(String),
  };
  for (const { sealed } of results)
    for (const candidates of Object.values(JSON.parse(sealed) as Record<string, unknown[]>))
      expect(candidates).toEqual(candidates.map(() => candidate));
});
