import { expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { startSession } from "#door/session";
import type { AttributesInput } from "#segments/attributes";
import { attributesLately } from "#slots/attributes-lately";

const NOW = Date.UTC(2026, 10, 22, 12);
const release = () =>
  releaseSchema.parse({ policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" } });
const document = release();
const granted = ["personalization"] as const;
const session = startSession("s", NOW, undefined, true);
const input: AttributesInput = {
  document,
  granted,
  now: NOW,
  session,
  request: { country: "SK", region: "BL", device: "mobile" },
};

it("are the same for a second, as long as all that they are made of is", () => {
  const first = attributesLately(input);
  expect(attributesLately({ ...input, now: NOW + 999, request: { ...input.request } })).toBe(first);
  expect(first).toMatchObject({ country: "SK", device: "mobile" });
});

const SNAPSHOT: AttributesInput["snapshot"] = {
  v: 1,
  version: 1,
  asOf: NOW,
  release: 1,
  state: "anonymous",
  segments: [],
  features: new Map(),
  granted: "personalization",
};

it.each<[string, Partial<AttributesInput>]>([
  ["a second later", { now: NOW + 1_000 }],
  ["before", { now: NOW - 1 }],
  ["of another release", { document: release() }],
  ["with another consent", { granted: ["personalization", "analytics"] }],
  ["of another session", { session: { ...session } }],
  ["with another snapshot", { snapshot: SNAPSHOT }],
  ["with rows that were read", { since: NOW }],
  ["in another country", { request: { ...input.request, country: "US" } }],
  ["in another region", { request: { ...input.request, region: "KE" } }],
  ["on another device", { request: { ...input.request, device: "desktop" } }],
  ["on a page with a campaign", { request: { ...input.request, utm: { source: "news" } } }],
])("are others %s", (_title, change) => {
  const first = attributesLately(input);
  expect(attributesLately({ ...input, ...change })).not.toBe(first);
});
