/**
 * No event lost and none counted twice, over every protocol: of 1,000 good events and 10 bad ones, mixed and sent over 64
 * connections of real HTTP, exactly 1,000 are in the lake and exactly 10 refusals on record. Good and bad are made from
 * the protocols' own examples.
 */
import { Agent, request } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PROTOCOL_EXAMPLES } from "#collect/protocols/examples";
import type { Example } from "#collect/protocols/protocol";
import type { PROTOCOLS } from "#collect/protocols/registry";
import { itemIdOf } from "#forward/item-id";
import { compactLake } from "#lake/compact";
import { askLake } from "../setup/ask-lake.ts";
import { type Product, startProduct } from "../setup/e2e.ts";

const GOOD = 1_000;
const BAD = 10;
const CONNECTIONS = 64;
/** The time of all examples. */
const EXAMPLE_TIME = Date.UTC(2026, 10, 22, 10);

type Name = keyof typeof PROTOCOLS;

/** How one event of an example is made bad, and what must differ for two requests to be two. */
interface Case {
  example: string;
  /** Ids in the example; each gets the request's number. */
  ids: readonly string[];
  /** A text of the good event and what spoils it; one event of the request, whatever it has beside. */
  spoil: readonly [good: string, bad: string];
}

const CASES = {
  native: { example: "purchase", ids: ["purchase-0"], spoil: ['"EUR"', '"euros"'] },
  segment: { example: "track: an order", ids: ["seg-1"], spoil: ['"EUR"', '"euros"'] },
  rudderstack: {
    example: "beacon: a page and a track",
    ids: ["rs-1", "rs-2"],
    spoil: ['"Product Viewed"', '"Coffee Break"'],
  },
  jitsu: { example: "track, from a server", ids: ["j-2"], spoil: ['"EUR"', '"euros"'] },
  snowplow: {
    example: "POST: a transaction with its item, as older trackers send them",
    ids: ["sp-tr", "sp-ti", "A-1004"],
    spoil: ['"tr_tt":"78"', '"tr_tt":"much"'],
  },
  ga4: {
    example: "Measurement Protocol: an order and a refund",
    ids: ["A-1005", "A-1004"],
    spoil: ['"value":78,"currency":"EUR"', '"value":78,"currency":"euros"'],
  },
} satisfies Record<Name, Case>;

const names = Object.keys(PROTOCOL_EXAMPLES) as Name[];
const keyOf = (name: Name) => `wk_of_${name}`;

let product: Product;
const refusals: string[] = [];
let counted: Record<string, { good: Set<string>; bad: Set<string> }>;

beforeAll(async () => {
  const sources = names.map((name) => ({ id: name, writeKey: keyOf(name) }));
  // All come from one address here; how many one client may send is tested elsewhere.
  product = await startProduct({
    vars: { SOURCES: JSON.stringify(sources), CLIENT_RATE: "0", TRACE_SLOTS: "0" },
  });
  for (const name of names) await sendAll(name);
  await product.settle();
  counted = await countLake();
}, 600_000);

afterAll(async () => {
  await product?.close();
});

it.each(names)("%s: what was good came in once, what was bad was refused", (name) => {
  expect(refusals).toEqual([]);
  const { good, bad } = counted[name] ?? { good: new Set(), bad: new Set() };
  expect([good.size, bad.size]).toEqual([GOOD, BAD]);
});

it("DuckDB finds each of them exactly once in the compacted lake, also of batches that landed twice", async () => {
  const lake = (await product.local.mf.getR2Bucket("LAKE")) as unknown as R2Bucket; // of the same runtime
  const { objects } = await lake.list({ prefix: "landing/events/" });
  for (const { key } of objects.filter((_, n) => n % 10 === 0))
    await lake.put(key.replace(".ndjson", "-again.ndjson"), (await (await lake.get(key))?.text()) ?? "");
  const deps = { bucket: lake, suppressedAmong: async () => new Set<string>(), itemIdOf };
  while ((await compactLake(deps, Date.now() + 2 * 3_600_000)).waiting !== undefined);
  expect((await lake.list({ prefix: "landing/events/" })).objects).toEqual([]);
  const found = await askLake(
    lake,
    `SELECT e.source, count(*)::INT AS events, count(DISTINCT event_id)::INT AS ids, min(folded)::INT AS folded
     FROM events e JOIN (
       SELECT event_id, count(*) FILTER (stage = 'ingest') AS folded FROM receipts GROUP BY event_id
     ) USING (event_id) GROUP BY e.source ORDER BY e.source`,
  );
  expect(found).toEqual(names.toSorted().map((source) => ({ source, events: GOOD, ids: GOOD, folded: 1 })));
}, 120_000);

/** Every request of a protocol, good and bad ones mixed. */
async function sendAll(name: Name): Promise<void> {
  const chosen: Case = CASES[name];
  const example = PROTOCOL_EXAMPLES[name].find(({ title }) => title === chosen.example);
  if (!example) throw new Error(`${name} has no example "${chosen.example}"`);
  const goodRequests = (GOOD - BAD * (example.accepted - 1)) / example.accepted;
  const total = goodRequests + BAD;
  const every = Math.floor(total / BAD);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let next = 0;
  const worker = async () => {
    for (let n = next++; n < total; n = next++) {
      const isBad = n % every === 0 && n / every < BAD;
      const status = await send(agent, name, example, chosen, n, isBad);
      if (status >= 300) refusals.push(`${name} ${n}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  agent.destroy();
}

/** One request from a page of our own site, where silence is consent. @returns its status */
function send(
  agent: Agent,
  name: Name,
  { route, params = {}, query = "", body, headers = {} }: Example,
  { ids, spoil }: Case,
  n: number,
  isBad: boolean,
): Promise<number> {
  const changed = (text: string): string => {
    let out = text.replaceAll("wk_demo", keyOf(name));
    for (const id of ids) out = out.replaceAll(id, `${id}-${n}`);
    return inOurTime(isBad ? out.replace(...spoil) : out);
  };
  const path = route.path.replaceAll(/:(\w+)(\{[^}]*\})?/g, (_, part: string) => params[part] ?? "");
  const payload = changed(typeof body === "string" ? body : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const sent = request(
      `${product.url}${path}?${changed(query)}`,
      {
        agent,
        method: route.method,
        headers: {
          origin: product.url,
          "sec-fetch-site": "same-origin",
          cookie: "ds_dev_country=US",
          "sec-gpc": "1", // no marketing: what is sent on is not what is measured here
          "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/154.0.0.0 Safari/537.36",
          "x-write-key": keyOf(name),
          "content-type": "application/json",
          "content-length": Buffer.byteLength(payload),
          ...Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, changed(value)])),
        },
      },
      (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
      },
    );
    sent.on("error", reject);
    sent.end(payload);
  });
}

/** Times of the example, as ISO text or epoch ms or µs, moved to now. */
function inOurTime(text: string): string {
  const shift = Date.now() - 60_000 - EXAMPLE_TIME;
  return text
    .replaceAll(/2026-11-22T10:00:0\d\.\d{3}Z/g, (iso) => new Date(Date.parse(iso) + shift).toISOString())
    .replaceAll(/(?<!\d)17953416\d{5}(\d{3})?(?!\d)/g, (epoch, micros?: string) =>
      String(Number(epoch) + shift * (micros === undefined ? 1 : 1_000)),
    );
}

/** Ids of events and of refusals in the lake, by source. */
async function countLake(): Promise<typeof counted> {
  const found: typeof counted = Object.fromEntries(
    names.map((name) => [name, { good: new Set(), bad: new Set() }]),
  );
  const lake = await product.local.mf.getR2Bucket("LAKE");
  let cursor: string | undefined;
  do {
    const page = await lake.list({ prefix: "landing/events/", ...(cursor !== undefined && { cursor }) });
    for (const { key } of page.objects) {
      for (const line of ((await (await lake.get(key))?.text()) ?? "").split("\n").filter(Boolean)) {
        // Written by src/ingest/record.ts: events, and receipts of what the door decided.
        const record = JSON.parse(line) as Record<
          "type" | "id" | "stage" | "outcome" | "eventId" | "source",
          string
        >;
        if (record.type === "event") found[record.source]?.good.add(record.id);
        else if (record.stage === "door" && record.outcome === "rejected")
          found[record.source]?.bad.add(record.eventId);
      }
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return found;
}
