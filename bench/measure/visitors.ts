/**
 * Who sends the measured requests: visitors with consent and a session under way, their cookies made by the product's
 * own functions, so that the door verifies, decrypts and remembers as in production.
 */
import "../node-runtime.ts";
import { randomBytes, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CONSENT_COOKIE, packConsent } from "#consent/cookie";
import { type ReleaseDocument, type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { fnv1a32 } from "#core/fnv";
import { addEvents, startSession } from "#door/session";
import { SESSION_COOKIE, sealSession, writeSession } from "#door/session-cookie";
import { ID_COOKIE, keyForSession, newVisitor, packVisitorId } from "#door/visitor";
import { keyring } from "#privacy/keys";
import { foldEvent } from "#segments/features";
import { featuresFor } from "#segments/purposes";
import { buildSnapshot } from "#segments/snapshot";
import { writeSnapshotText } from "#segments/snapshot-text";
import { largeRelease } from "../fixtures/large-release.ts";
import type { Fixtures } from "./build.ts";

const MASTER_SECRET = randomBytes(32).toString("base64");
export const WRITE_KEY = "wk_bench";
/** Of the site's server. */
export const SECRET_KEY = "sk_bench_0123456789";
/** The site that all visitors are on; the bench's sockets do not care for the name. */
export const SITE = "shop.example.com";
/** A site of the same owner whose pages send here, too. */
export const OTHER_ORIGIN = "http://blog.example.net";
/** More visitors than an isolate remembers the cookies of, so that one who comes round again is a stranger. */
const VISITORS = 1_500;

const PURPOSES = ["analytics", "marketing", "personalization"] as const;
const USER_AGENTS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
];

export interface BenchVisitor {
  number: number;
  /** The `Cookie` header: ours, and what a busy site has besides. */
  cookie: string;
  userAgent: string;
  /** IPv4, a visitor's own: the door counts requests by it where no cookie names the visitor. */
  address: string;
  /** The id that a vendor's client has given them. */
  anonymousId: string;
  /** The id in their `_ga`. */
  gaClientId: string;
}

/** All of them, made once for a run. */
export const benchVisitors = (now: number): Promise<BenchVisitor[]> =>
  Promise.all(Array.from({ length: VISITORS }, (_, number) => benchVisitor(number, now)));

/** A visitor in the middle of a session: three pages read, everything granted. */
export async function benchVisitor(number: number, now: number): Promise<BenchVisitor> {
  const keys = await keyring(MASTER_SECRET);
  const { id, key } = await newVisitor(keys, randomBytes(16));
  const address = `198.18.${number >> 8}.${number & 255}`;
  const session = startSession(randomUUID(), now - 5 * 60_000, undefined, false);
  for (const [n, topic] of ["winter", "winter", "climbing"].entries()) {
    const fields = { "content.topic": topic, "content.content_id": `article-${n}` };
    addEvents(session, [{ at: now - (4 - n) * 60_000, name: "page_view", fields }]);
  }
  const receipt = randomUUID();
  // Ingest has been told of the decision by the first of these pages.
  session.told = fnv1a32(receipt);
  // Nor do they change where they are while they read.
  session.key = keyForSession(key);
  session.was = { country: "SK", region: "BL", address: fnv1a32(address) };
  const consent = await packConsent(keys.cookie, {
    receipt,
    granted: [...PURPOSES],
    regime: "gdpr",
    givenAt: now - 86_400_000,
    expiresAt: now + 300 * 86_400_000,
    despiteGpc: false,
  });
  const gaClientId = `1234567890.17${String(number).padStart(8, "0")}`;
  const cookies = [
    `_ga=GA1.1.${gaClientId}`,
    "theme=dark",
    `${ID_COOKIE}=${await packVisitorId(keys, id, now)}`,
    `${SESSION_COOKIE}=${await sealSession(keys.session, writeSession(session), id)}`,
    `${CONSENT_COOKIE}=${consent}`,
  ];
  return {
    number,
    cookie: cookies.join("; "),
    userAgent: USER_AGENTS[number % USER_AGENTS.length] ?? "",
    address,
    anonymousId: randomUUID(),
    gaClientId,
  };
}

/**
 * What the measured Workers find in their bindings: the demo's release and, in the snapshot, a reader who has bought.
 * @param size `large`: filled up to what the bench promises figures for
 */
export async function benchFixtures(now: number, size: "demo" | "large" = "demo"): Promise<Fixtures> {
  const text = await readFile(new URL("../../demo/release.json", import.meta.url), "utf8");
  const demo = JSON.parse(text.replaceAll("{{SANDBOX_URL}}", "https://vendor.example.com")) as ReleaseInput;
  const document = releaseSchema.parse(size === "demo" ? demo : largeRelease(demo));
  return {
    RELEASE: JSON.stringify(document),
    SNAPSHOT: writeSnapshotText(snapshotOf(document, now)),
    VARS: {
      MASTER_SECRET,
      ADMIN_TOKEN: "admin_bench_0123456789",
      SOURCES: JSON.stringify([
        { id: "web", writeKey: WRITE_KEY, secretKey: SECRET_KEY, origins: [OTHER_ORIGIN] },
      ]),
      TRACE_SLOTS: "0.01",
    },
  };
}

function snapshotOf(document: ReleaseDocument, now: number) {
  const features = featuresFor(document, "personalization");
  let facts = {};
  const fold = (name: string, properties: Record<string, unknown>, hoursAgo: number) => {
    facts = foldEvent(facts, { name, properties, occurredAt: now - hoursAgo * 3_600_000 }, features, now);
  };
  for (const [n, content_id] of ["ridge-walk", "first-winter-on-skis", "night-watch", "knots"].entries()) {
    const topic = n < 3 ? "winter" : "sailing";
    for (const hoursAgo of [1 + n, 30 + 50 * n])
      fold("page_view", { content: { content_id, topic } }, hoursAgo);
    fold("cta_click", { cta_id: "more" }, 5 + n);
  }
  fold("add_to_cart", { product_id: "wool-gloves", value: 39 }, 60);
  fold("purchase", { order_id: "1001", value: 118 }, 59);
  const shared = {
    version: 2,
    asOf: now - 60_000,
    release: 1,
    state: "anonymous" as const,
    granted: PURPOSES,
  };
  return buildSnapshot({ ...shared, facts, features, segments: ["winter-fan"] });
}
