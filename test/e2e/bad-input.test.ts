/**
 * Bad input over real HTTP against the whole product: each kind has its documented status and code, good events beside
 * it come in, the Worker stays healthy, and of what nobody consented to nothing is stored on disk.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Product, startProduct } from "../setup/e2e.ts";
import { eventually } from "../setup/eventually.ts";

/** Planted into everything that nobody consented to; upper and lower case, so that normalising cannot hide it. */
const MARKER = "unconsented-marker-7f3a";
const CONTROL = "consented-control-9c1d";
const DAY_MS = 86_400_000;
const GRANTED = { analytics: "granted" };

let product: Product;
let count = 0;

beforeAll(async () => {
  product = await startProduct();
}, 120_000);

afterAll(async () => {
  await product?.close();
});

interface Answer {
  status: number;
  body: {
    code?: string;
    detail?: string;
    accepted?: number;
    rejected?: { index: number; id: string; code: string; issues: { path: string; message: string }[] }[];
    dropped?: { index: number; id: string; code: string }[];
  };
}

async function post(
  body: NonNullable<RequestInit["body"]> | undefined,
  { path = "/events", headers = {} }: { path?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const send = () =>
    fetch(product.url + path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-write-key": "wk_demo", ...headers },
      // A stream has no length to declare: the Worker has to count for itself.
      ...(body instanceof ReadableStream ? { body, duplex: "half" as const } : { body: body ?? null }),
    });
  // Too large a body is refused before it is read, and a client that still writes may miss the answer: it asks again.
  const response = await send().catch((error: unknown) => {
    if (body instanceof ReadableStream) throw error;
    return eventually(send);
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

const event = (change: object = {}) => {
  count += 1;
  return {
    id: `bad-input-${count}`,
    name: "page_view",
    occurred_at: new Date().toISOString(),
    consent: GRANTED,
    ...change,
  };
};

it("what comes at once, before the Worker has loaded what it needs for it, is all answered", async () => {
  const paths = ["/slots/hero", "/consent", "/", "/privacy/discovery"];
  const statuses = await Promise.all(
    Array.from({ length: 30 }, async (_, n) => {
      const path = paths[n % 5];
      if (path === undefined) return (await post(JSON.stringify({ events: [event()] }))).status;
      const response = await fetch(product.url + path);
      await response.arrayBuffer();
      return response.status;
    }),
  );
  expect([...new Set(statuses)].sort()).toEqual([200, 202]);
});

const send = (...events: unknown[]) => post(JSON.stringify({ events }));

/** The fields that the door took out of an event, as its trace says. */
async function removedFrom(id: string): Promise<unknown[]> {
  const response = await product.admin(`/trace/${id}`);
  const { receipts } = (await response.json()) as { receipts: { removed?: unknown[] }[] };
  return receipts.flatMap((r) => r.removed ?? []);
}

/** A body that is still being sent when the answer comes: a piece at a time, slower than the Worker reads. */
const inPieces = (text: string, size = 65_536) => {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.enqueue(Buffer.from(text.slice(at, at + size)));
      at += size;
      if (at >= text.length) controller.close();
    },
  });
};

const large = () => JSON.stringify({ events: [event({ properties: { padding: MARKER.repeat(240_000) } })] });

describe("a request that cannot be read is refused whole", () => {
  const plain = { path: "/events" };
  it.each<
    [
      what: string,
      status: number,
      code: string,
      body: () => NonNullable<RequestInit["body"]> | undefined,
      options?: Parameters<typeof post>[1],
    ]
  >([
    ["no body", 400, "empty_body", () => undefined],
    ["an empty body", 400, "empty_body", () => ""],
    ["text that is no JSON", 400, "invalid_json", () => `{"events": [${MARKER}`],
    ["a top level that is null", 400, "invalid_body", () => "null"],
    ["a top level that is a list", 400, "invalid_body", () => `["${MARKER}"]`],
    ["a top level that is a text", 400, "invalid_body", () => `"${MARKER}"`],
    ["events that are no list", 400, "invalid_body", () => `{"events": {"0": "${MARKER}"}}`],
    [
      "a Segment batch that is no list",
      400,
      "invalid_body",
      () => `{"batch": "${MARKER}"}`,
      { path: "/v1/batch" },
    ],
    ["5 MB", 413, "body_too_large", large],
    ["5 MB without a declared length", 413, "body_too_large", () => inPieces(large())],
    [
      "200,000 levels of nesting",
      400,
      "too_deep",
      () => `{"events":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
    ],
    ["invalid UTF-8", 400, "invalid_utf8", () => Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
    [
      "a gzip bomb",
      413,
      "body_too_large",
      () => gzipSync(Buffer.alloc(50_000_000, 0x20)),
      { headers: { "content-encoding": "gzip" } },
    ],
    [
      "a gzip bomb that is labelled as a form",
      413,
      "body_too_large",
      () => gzipSync(Buffer.alloc(50_000_000, 0x20)),
      { headers: { "content-type": "application/x-www-form-urlencoded" } },
    ],
    ["gzip that is labelled as JSON", 400, "invalid_gzip", () => gzipSync("{}")],
    [
      "gzip that is cut off",
      400,
      "invalid_gzip",
      () => gzipSync(large()).subarray(0, 200),
      { headers: { "content-encoding": "gzip" } },
    ],
    [
      "text that is labelled gzip",
      400,
      "invalid_gzip",
      () => "{}",
      { headers: { "content-encoding": "gzip" } },
    ],
    [
      "an encoding that is not supported",
      415,
      "unsupported_encoding",
      () => "{}",
      { headers: { "content-encoding": "br" } },
    ],
    [
      "501 events",
      413,
      "too_many_events",
      () => JSON.stringify({ events: Array.from({ length: 501 }, () => event()) }),
    ],
    [
      "no key",
      401,
      "missing_key",
      () => JSON.stringify({ events: [event()] }),
      { headers: { "x-write-key": "" } },
    ],
    [
      "a wrong key",
      401,
      "unknown_key",
      () => JSON.stringify({ events: [event()] }),
      { headers: { "x-write-key": "wk_wrong" } },
    ],
    [
      "a page of another site",
      403,
      "origin_not_allowed",
      () => JSON.stringify({ events: [event()] }),
      { headers: { origin: "https://evil.example" } },
    ],
    [
      "a secret key in a browser",
      403,
      "secret_key_in_browser",
      () => JSON.stringify({ events: [event()] }),
      { headers: { "x-write-key": "sk_demo", origin: "https://evil.example" } },
    ],
  ])("%s: %i %s", async (_, status, code, body, options = plain) => {
    const answer = await post(body(), options);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect(answer.body.detail).toMatch(/^[A-Z].*\.$/);
    expect(JSON.stringify(answer)).not.toContain(MARKER);
  });
});

describe("a bad event harms only itself", () => {
  const purchase = { name: "purchase", properties: { order_id: "A-1", value: 1, currency: "EUR" } };
  it.each<[what: string, code: string, path: string, bad: () => unknown]>([
    ["an unknown name", "unknown_event", "name", () => event({ name: "page_viewed" })],
    ["no id", "invalid_event", "id", () => event({ id: undefined })],
    ["an id that is no text", "invalid_event", "id", () => event({ id: { a: 1 } })],
    ["no time", "invalid_timestamp", "occurred_at", () => event({ occurred_at: undefined })],
    ["a time that is none", "invalid_timestamp", "occurred_at", () => event({ occurred_at: "yesterday" })],
    [
      "a time in the future",
      "timestamp_in_future",
      "occurred_at",
      () => event({ occurred_at: new Date(Date.now() + 10 * 60_000).toISOString() }),
    ],
    [
      "a time eight days ago",
      "timestamp_too_old",
      "occurred_at",
      () => event({ occurred_at: new Date(Date.now() - 8 * DAY_MS).toISOString() }),
    ],
    [
      "a time in antiquity",
      "timestamp_too_old",
      "occurred_at",
      () => event({ occurred_at: "0044-03-15T12:00:00Z" }),
    ],
    [
      "a number as text",
      "invalid_event",
      "properties.value",
      () => event({ ...purchase, properties: { ...purchase.properties, value: "1" } }),
    ],
    [
      "a currency that is none",
      "invalid_event",
      "properties.currency",
      () => event({ ...purchase, properties: { ...purchase.properties, currency: "euro" } }),
    ],
    ["a text where an object belongs", "invalid_event", "properties", () => event({ properties: "text" })],
    ["a context that is a list", "invalid_event", "context", () => event({ context: [] })],
    [
      "a statement of consent that is none",
      "invalid_consent",
      "consent.analytics",
      () => event({ consent: { analytics: "yes" } }),
    ],
  ])("%s: %s at %s", async (_, code, path, bad) => {
    const answer = await send(event(), bad(), event());
    expect(answer).toMatchObject({
      status: 202,
      body: { accepted: 2, dropped: [], rejected: [{ index: 1, code }] },
    });
    expect(answer.body.rejected?.[0]?.issues.map((issue) => issue.path)).toContain(path);
    expect(answer.body.rejected).toHaveLength(1);
  });

  it.each<[what: string, bad: unknown]>([
    ["null", null],
    ["a number", 42],
    ["a list", []],
    ["a text", "event"],
  ])("%s in the place of an event: invalid_event", async (_, bad) => {
    const answer = await send(bad, event());
    expect(answer).toMatchObject({
      status: 202,
      body: { accepted: 1, rejected: [{ index: 0, id: "", code: "invalid_event" }] },
    });
  });

  it("an id that comes twice in one request counts once: duplicate_id", async () => {
    const first = event();
    const answer = await send(first, first, event());
    expect(answer).toMatchObject({
      status: 202,
      body: { accepted: 2, rejected: [{ index: 1, id: first.id, code: "duplicate_id" }] },
    });
  });

  it("keys such as __proto__ change nothing but their own event, and are left out with a receipt", async () => {
    const id = `proto-${Date.now()}`;
    const head = `"id":"${id}","name":"page_view","occurred_at":"${new Date().toISOString()}","consent":{"analytics":"granted"}`;
    const evil = `{"isAdmin":true,"content":{"content_id":"x","content_type":"page"}}`;
    const body = `{"__proto__":${evil},"events":[{${head},"__proto__":${evil},"properties":{"__proto__":${evil},"constructor":{"prototype":${evil}},"nonsense":1},"context":{"__proto__":${evil}}}]}`;
    expect(await post(body)).toMatchObject({ status: 202, body: { accepted: 1, rejected: [] } });
    const clean = event();
    expect(await send(clean)).toMatchObject({ status: 202, body: { accepted: 1 } });
    await product.settle();
    for (const path of [
      "properties.__proto__",
      "properties.constructor",
      "properties.nonsense",
      "context.__proto__",
    ]) {
      expect(await removedFrom(id)).toContainEqual({ path, action: "dropped", reason: "not_in_contract" });
    }
    // Were a prototype polluted, the next event would seem to have those fields, too.
    expect(await removedFrom(clean.id)).toEqual([]);
  });
});

it("after all of it the Worker is alive and ready, and takes events in", async () => {
  expect((await fetch(`${product.url}/health`)).status).toBe(200);
  expect(await (await fetch(`${product.url}/ready`)).json()).toMatchObject({ ready: true });
  const good = event();
  expect(await send(good)).toMatchObject({ status: 202, body: { accepted: 1, rejected: [], dropped: [] } });
  await product.settle();
  const { entry } = (await (await product.admin(`/trace/${good.id}`)).json()) as {
    entry: { outcome: string };
  };
  expect(entry.outcome).toBe("accepted");
});

describe("of what nobody consented to nothing is stored", () => {
  /** Every field that a sender may fill. */
  const full = (marker: string) => ({
    user_id: `user-${marker}`,
    anonymous_id: `anonymous-${marker}`,
    properties: {
      content: { content_id: marker, content_type: "article", topic: marker, author: marker },
      [marker]: marker,
    },
    context: {
      page: {
        url: `https://shop.example/${marker}?q=${marker}`,
        title: marker,
        referrer: `https://${marker}.example/`,
      },
      utm: { campaign: marker },
      [marker]: marker,
    },
    traits: { email: `${marker}@example.com`, first_name: marker, [marker]: marker },
  });

  it("neither the good nor the bad events of a visitor who has not decided, nor those of one who has refused", async () => {
    await product.forget();
    const before = await rows();
    const fields = full(MARKER);
    const refused = { analytics: "denied", marketing: "denied", personalization: "denied" };
    for (const consent of [undefined, refused]) {
      const answer = await send(
        event({ ...fields, consent }),
        event({
          ...fields,
          consent,
          name: "purchase",
          properties: { order_id: MARKER, value: MARKER, currency: MARKER, [MARKER]: MARKER },
        }),
        event({ ...fields, consent, occurred_at: MARKER }),
        event({ ...fields, consent, properties: MARKER }),
        event({ ...fields, consent: { analytics: MARKER } }),
        MARKER,
        { [MARKER]: MARKER },
      );
      expect(answer).toMatchObject({
        status: 202,
        body: { accepted: 0, dropped: [{ index: 0, code: "consent_denied" }] },
      });
      expect(answer.body.rejected).toHaveLength(6);
      expect(JSON.stringify(answer)).not.toContain(MARKER);
    }
    const segment = {
      userId: `user-${MARKER}`,
      timestamp: new Date().toISOString(),
      context: { page: { title: MARKER }, traits: { email: `${MARKER}@example.com` } },
    };
    const answer = await post(
      JSON.stringify({
        batch: [
          {
            ...segment,
            type: "identify",
            messageId: "seg-bad-1",
            traits: { email: `${MARKER}@example.com`, [MARKER]: MARKER },
          },
          {
            ...segment,
            type: "track",
            messageId: "seg-bad-2",
            event: "Order Completed",
            properties: { order_id: MARKER, total: 1, currency: "EUR" },
          },
          {
            ...segment,
            type: "track",
            messageId: "seg-bad-3",
            event: "Order Completed",
            properties: { order_id: MARKER, total: MARKER },
          },
          { ...segment, type: "group", messageId: "seg-bad-4", groupId: MARKER },
        ],
      }),
      { path: "/v1/batch" },
    );
    expect(answer.status).toBe(200);
    await product.settle();
    expect(await product.received()).toEqual([]);
    expect(await holding(MARKER)).toEqual([]);
    // Personal traits are stored sealed, where no scan would find them: so no row may have been added at all.
    expect(await rows()).toEqual(before);
  });

  it("nor the name that such a visitor's client gave to an event of its own", async () => {
    await send(event({ consent: undefined, name: `searched for ${MARKER}` }));
    await post(
      JSON.stringify({
        batch: [{ type: "track", userId: "u-9", messageId: "seg-bad-5", event: `Searched for ${MARKER}` }],
      }),
      { path: "/v1/batch" },
    );
    await product.settle();
    expect(await holding(MARKER)).toEqual([]);
  });

  it("while the same event with consent is found, so that the search proves something", async () => {
    const before = await rows();
    const consent = { analytics: "granted", marketing: "granted" };
    expect(await send(event({ ...full(CONTROL), consent }))).toMatchObject({
      status: 202,
      body: { accepted: 1 },
    });
    await product.settle();
    expect((await holding(CONTROL)).some((path) => path.includes("r2"))).toBe(true);
    // The address itself is only there sealed.
    expect(await holding(`${CONTROL}@example.com`)).toEqual([]);
    expect(await rows()).not.toEqual(before);
  });

  it("and no cookie is set for such a visitor", async () => {
    const response = await fetch(`${product.url}/events`, {
      method: "POST",
      headers: { "x-write-key": "wk_demo", origin: product.url, "sec-fetch-site": "same-origin" },
      body: JSON.stringify({ events: [event({ consent: undefined })] }),
    });
    expect(await response.json()).toMatchObject({ accepted: 0, dropped: [{ code: "consent_denied" }] });
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

/** Every file that D1, KV, R2 and the Durable Objects keep. */
async function files(): Promise<{ path: string; bytes: Buffer }[]> {
  const root = join(product.stateDir, "v3");
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path: path.slice(root.length), bytes: await readFile(path) };
      }),
  );
}

/** Files that hold a text in any case. */
const holding = async (text: string): Promise<string[]> =>
  (await files())
    .filter(({ bytes }) => bytes.toString("latin1").toLowerCase().includes(text.toLowerCase()))
    .map(({ path }) => path);

/** Rows of each table that says something about people. */
async function rows(): Promise<Record<string, number>> {
  const db = await product.local.mf.getD1Database("IDENTITY_0");
  const counts: Record<string, number> = {};
  for (const table of [
    "identifiers",
    "links",
    "identity_conflicts",
    "consents",
    "subject_keys",
    "delivery_failures",
  ]) {
    const row = await db.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>();
    counts[table] = row?.n ?? -1;
  }
  return counts;
}
