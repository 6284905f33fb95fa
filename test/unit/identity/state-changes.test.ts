/** Segments that a profile enters since it is known better: told of the very event by which it is. */
import { expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { PURPOSES } from "#contracts/taxonomy";
import { emptyRow } from "#identity/graph";
import type { IngestEvent } from "#ingest/batch";
import { changesByEvent, type ProfileNow } from "#ingest/profiles";

const document = releaseSchema.parse({
  segments: {
    known: { when: { identity_state: "authenticated" } },
    stranger: { when: { identity_state: "anonymous" } },
  },
  policy: { regimes: { strict: { default: "denied" } }, otherwise: "strict" },
});

const V = "visitor_id:1.v";
const U = "user_id:1.u";

const item = (id: string, ...keys: string[]): IngestEvent => ({
  event: {
    id,
    name: "page_view",
    version: "1.0.0",
    occurredAt: 1,
    protocol: "native",
    consent: { receipt: "r", regime: "strict", granted: [...PURPOSES], grounds: {}, decidedAt: 1 },
    identifiers: [],
    properties: {},
    context: {},
    removed: [],
  },
  envelope: "x1",
  source: "web",
  receivedAt: 1,
  resolution: { factsKey: keys[0] ?? "", keys, links: [], verified: false },
  forBots: false,
  redelivered: false,
  fresh: true,
  granted: [...PURPOSES],
});

const profile = (earlierKeys: string[]): ProfileNow => ({
  root: U,
  members: [emptyRow(U), emptyRow(V)],
  facts: {},
  lists: { analytics: [], marketing: [], personalization: [] },
  cuts: undefined,
  state: "authenticated",
  segments: { analytics: [], marketing: [], personalization: ["known"] },
  features: { analytics: {}, marketing: {}, personalization: {} },
  earlier: {},
  earlierKeys,
});

it("a login tells what it changed, and the page before and after it tell nothing", () => {
  const [before, login, after] = [item("e1", V), item("e2", U, V), item("e3", V)];
  const changes = changesByEvent(profile([V]), [before, login, after], document, 2);
  expect([...changes]).toEqual([[login, { entered: ["known"], left: ["stranger"] }]]);
});

it("a person who was known before enters nothing by a login", () => {
  expect(changesByEvent(profile([U, V]), [item("e1", U, V)], document, 2).size).toBe(0);
});

it("an identifier that an event names and that is not of its profile makes nobody known", () => {
  const changes = changesByEvent(profile([V]), [item("e1", V, "email:1.other")], document, 2);
  expect(changes.size).toBe(0);
});
