/** The SQL of docs/lake and of docs/lake.md, run by DuckDB over files that the lake's writer made. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, it } from "vitest";
import { kindOf, lineOf, toParquet } from "#lake/parquet";
import { partKey } from "#lake/places";
import { ask as askDb, openLake } from "../../setup/ask-lake.ts";

const AT = Date.UTC(2026, 10, 22, 10);
const MINUTE = 60_000;
let made = 0;

interface Given {
  at?: number;
  subject?: string;
  session?: string;
  country?: string;
  granted?: string[];
  properties?: Record<string, unknown>;
  context?: Record<string, unknown>;
}

const event = (
  name: string,
  { at = 0, subject = "ann", session, country, granted, properties, context }: Given,
) => ({
  type: "event",
  id: `e-${made++}`,
  name,
  version: "1.0.0",
  occurredAt: AT + at * MINUTE,
  receivedAt: AT + at * MINUTE + 1_000,
  source: session ? "web" : "shop",
  protocol: "native",
  subject,
  profile: subject,
  consent: {
    receipt: "choice-1",
    regime: "gdpr",
    granted: granted ?? ["analytics"],
    grounds: {},
    decidedAt: 1,
  },
  properties: properties ?? {},
  context: {
    ...(session && { session: { id: session, number: 1, startedAt: AT } }),
    ...(country && { geo: { country } }),
    ...context,
  },
});

const page = (url: string, utm?: Record<string, string>) => ({ page: { url }, ...(utm && { utm }) });
const hero = { slot: "hero", offer: "winter-hero" };
const LINES = [
  event("page_view", {
    session: "s1",
    country: "DE",
    context: page("https://a.example/", { source: "news", campaign: "winter" }),
  }),
  event("content_impression", { at: 1, session: "s1", country: "DE", properties: hero }),
  event("content_impression", {
    at: 1,
    session: "s1",
    country: "DE",
    properties: { content: { content_id: "story-1", content_type: "article" } },
  }),
  event("cta_click", { at: 2, session: "s1", country: "DE", properties: { ...hero, cta_id: "go" } }),
  // The page's purchase, the server's of the same order, which has no session, and what was given back.
  event("purchase", {
    at: 10,
    session: "s1",
    country: "DE",
    properties: {
      order_id: "A-1",
      value: 420,
      currency: "EUR",
      items: [{ product_id: "skis" }, { product_id: "wax" }],
    },
  }),
  event("purchase", {
    at: 11,
    properties: { order_id: "A-1", value: 420, currency: "EUR" },
  }),
  event("purchase", { at: 20, properties: { order_id: "B-2", value: 80.5, currency: "EUR" } }),
  event("refund", { at: 30, properties: { order_id: "B-2", value: 30.5, currency: "EUR" } }),
  event("content_impression", {
    at: 5,
    subject: "ben",
    session: "s2",
    country: "FR",
    granted: [],
    properties: hero,
  }),
  event("page_view", { at: 6, subject: "ben", session: "s2", country: "FR", granted: [] }),
  event("page_view", {
    at: 7,
    subject: "bot",
    session: "s3",
    country: "FR",
    granted: [],
    context: { bot: true },
  }),
];
// A whole order that was paid back, whose refund names no value.
LINES.push(
  event("purchase", { at: 50, subject: "cem", properties: { order_id: "C-3", value: 10, currency: "EUR" } }),
  event("refund", { at: 51, subject: "cem", properties: { order_id: "C-3" } }),
);
const delivery = (eventId: string, outcome: string, code?: string) => ({
  stage: "delivery",
  eventId,
  at: AT + 40 * MINUTE,
  destination: "ga4",
  itemId: `i-${eventId}`,
  attempt: 1,
  outcome,
  ...(code && { code }),
});
const RECEIPTS = [
  delivery("e-0", "delivered"),
  delivery("e-1", "failed", "vendor_400"),
  delivery("e-2", "failed", "vendor_400"),
  delivery("e-3", "skipped", "no_consent:marketing"),
];

let folder: string;
let db: DuckDBConnection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lake-"));
  const count = 2;
  const lines = [...LINES, ...RECEIPTS].map((record) => lineOf(JSON.stringify(record)));
  // Two parts of each kind, one of them in another hour.
  for (const kind of ["events", "receipts"] as const)
    for (const bucket of [0, 1]) {
      const own = lines.filter((line) => kindOf(line.record) === kind).filter((_, n) => n % count === bucket);
      const path = join(folder, partKey(kind, AT + bucket * 60 * MINUTE, { bucket, count }));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await toParquet(kind, own));
    }
  db = await openLake(folder);
});

afterAll(async () => {
  db.closeSync();
  await rm(folder, { recursive: true });
});

const ask = (sql: string) => askDb(db, sql);

it("events have typed columns, and JSON that can be asked", async () => {
  expect(await ask("SELECT count(*)::INT AS n, count(DISTINCT event_id)::INT AS ids FROM events")).toEqual([
    { n: 13, ids: 13 },
  ]);
  const types = await ask("SELECT column_name, column_type FROM (DESCRIBE events)");
  const typeOf = Object.fromEntries(types.map((row) => [row.column_name, row.column_type]));
  expect(typeOf).toMatchObject({
    event_id: "VARCHAR",
    received_at: "TIMESTAMP WITH TIME ZONE",
    value: "DOUBLE",
    properties: "JSON",
    consent_analytics: "BOOLEAN",
    session_number: "INTEGER",
  });
  expect(
    await ask(
      "SELECT epoch_ms(occurred_at)::VARCHAR AS at, properties->>'$.items[1].product_id' AS second FROM events WHERE event_id = 'e-4'",
    ),
  ).toEqual([{ at: String(AT + 10 * MINUTE), second: "wax" }]);
});

it("sessions are those of people, with how they began and what they bought", async () => {
  expect(
    await ask(
      "SELECT session_id, subject, seconds::INT AS seconds, events::INT AS events, page_views::INT AS page_views, landing_page, utm_campaign, country, orders::INT AS orders FROM sessions ORDER BY session_id",
    ),
  ).toEqual([
    {
      session_id: "s1",
      subject: "ann",
      seconds: 600,
      events: 5,
      page_views: 1,
      landing_page: "https://a.example/",
      utm_campaign: "winter",
      country: "DE",
      orders: 1,
    },
    {
      session_id: "s2",
      subject: "ben",
      seconds: 60,
      events: 2,
      page_views: 1,
      landing_page: null,
      utm_campaign: null,
      country: "FR",
      orders: 0,
    },
  ]);
});

it("orders count once, less what was given back, and a server's has the campaign of the subject's last session", async () => {
  expect(
    await ask(
      "SELECT order_id, value, refunded, net_value, item_lines::INT AS item_lines, session_id, utm_campaign FROM orders ORDER BY order_id",
    ),
  ).toEqual([
    {
      order_id: "A-1",
      value: 420,
      refunded: 0,
      net_value: 420,
      item_lines: 2,
      session_id: "s1",
      utm_campaign: "winter",
    },
    {
      order_id: "B-2",
      value: 80.5,
      refunded: 30.5,
      net_value: 50,
      item_lines: 0,
      session_id: "s1",
      utm_campaign: "winter",
    },
    {
      order_id: "C-3",
      value: 10,
      refunded: 10,
      net_value: 0,
      item_lines: 0,
      session_id: null,
      utm_campaign: null,
    },
  ]);
});

it("content has its impressions, clicks, and the orders after a click", async () => {
  expect(
    await ask(
      "SELECT content, slot, impressions::INT AS impressions, clicks::INT AS clicks, click_rate, conversions::INT AS conversions, currency, revenue FROM content_performance ORDER BY content",
    ),
  ).toEqual([
    {
      content: "story-1",
      slot: null,
      impressions: 1,
      clicks: 0,
      click_rate: 0,
      conversions: 0,
      currency: null,
      revenue: 0,
    },
    {
      content: "winter-hero",
      slot: "hero",
      impressions: 2,
      clicks: 1,
      click_rate: 0.5,
      conversions: 2,
      currency: "EUR",
      revenue: 470,
    },
  ]);
});

it("the queries of docs/lake.md answer", async () => {
  const text = await readFile(new URL("../../../docs/lake.md", import.meta.url), "utf8");
  const [, useful = ""] = text.split("## Three useful queries");
  const queries = [...useful.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = ""]) => sql);
  expect(queries).toHaveLength(3);
  const [consent, revenue, failures] = await Promise.all(queries.map(ask));
  expect(consent).toMatchObject([
    { country: "DE", sessions: "1", analytics: 1 },
    { country: "FR", sessions: "1", analytics: 0 },
  ]);
  expect(revenue).toMatchObject([
    { campaign: "winter", currency: "EUR", orders: "2", revenue: 470 },
    { campaign: "(none)", currency: "EUR", orders: "1", revenue: 0 },
  ]);
  expect(failures).toMatchObject([
    { destination: "ga4", code: "vendor_400", events: "2", name: "content_impression" },
  ]);
});
