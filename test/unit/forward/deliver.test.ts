/** One destination's share of a batch: what stops an item, what stops the destination, and the deadline. */
import { describe, expect, it, vi } from "vitest";
import type { CurrentConsent } from "#consent/still-granted";
import { type DestinationDefinition, destinationSchema } from "#contracts/definitions/destination";
import type { Permit } from "#forward/circuit";
import { type DeliverContext, deliverGroup } from "#forward/deliver";
import { itemOf, vendor } from "./items.ts";

const definition = (changes: Record<string, unknown> = {}): DestinationDefinition =>
  destinationSchema.parse({
    type: "webhook",
    queue: "crm",
    purposes: ["marketing"],
    settings: { url: "https://hooks.example.com/", secret: { $secret: "HOOK" } },
    ...changes,
  });

const ok = () => new Response("ok");
const gate = (permit: Permit = { granted: true }) => ({
  permit: vi.fn(async () => permit),
  report: vi.fn(async () => {}),
  pause: vi.fn(async () => {}),
});
const context = (changes: Partial<DeliverContext> = {}): DeliverContext => ({
  definition: definition(),
  gate: gate(),
  consent: new Map(),
  secretOf: (name) => (name === "HOOK" ? "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" : undefined),
  unseal: async (sealed, place) =>
    sealed === `sealed for ${place.join(":")}` ? '{"email":"ida@example.com"}' : undefined,
  fetch: vendor(ok).fetch,
  clock: () => 1_795_168_900_000,
  deadlineMs: 5_000,
  allowInsecure: false,
  ...changes,
});

describe("what stops an item", () => {
  const subject = (about: Partial<CurrentConsent>): CurrentConsent => ({
    granted: ["analytics", "marketing"],
    decidedAt: 0,
    receipt: "c-later",
    suppressed: false,
    ...about,
  });
  const later = itemOf("x").event.consent.decidedAt + 1;

  it.each([
    ["a suppressed subject", subject({ suppressed: true }), "suppressed"],
    ["a later withdrawal", subject({ granted: ["analytics"], decidedAt: later }), "consent_withdrawn"],
    [
      "an earlier denial: the event's own consent is newer",
      subject({ granted: [], decidedAt: later - 1 }),
      undefined,
    ],
    ["a later grant", subject({ decidedAt: later }), undefined],
  ])("%s", async (_, current, reason) => {
    const { fetch, sent } = vendor(ok);
    const items = [itemOf("stopped", {}, { subjects: ["other", "k"] }), itemOf("free")];
    const settlements = await deliverGroup(items, context({ fetch, consent: new Map([["k", [current]]]) }));
    expect(settlements).toEqual([
      reason ? { status: "skipped", reason } : { status: "delivered" },
      { status: "delivered" },
    ]);
    expect(sent).toHaveLength(reason ? 1 : 2);
  });

  it("a purpose that the release has added since", async () => {
    const added = definition({ purposes: ["marketing", "personalization"] });
    const consent = { ...itemOf("a").event.consent, granted: ["analytics" as const, "marketing" as const] };
    expect(await deliverGroup([itemOf("a", { consent })], context({ definition: added }))).toEqual([
      { status: "skipped", reason: "no_consent:personalization" },
    ]);
  });

  it("a ledger that cannot be read stops everything", async () => {
    const { fetch, sent } = vendor(ok);
    expect(await deliverGroup([itemOf("a")], context({ fetch, consent: undefined }))).toEqual([
      { status: "retry", code: "consent_unavailable" },
    ]);
    expect(sent).toEqual([]);
  });

  it("traits that do not open for this item", async () => {
    const items = [
      itemOf("a", { sealed: "sealed for delivery:other" }),
      itemOf("b", { sealed: "sealed for delivery:b" }),
    ];
    const { fetch, sent } = vendor(ok);
    expect(await deliverGroup(items, context({ fetch }))).toEqual([
      { status: "failed", code: "traits_unreadable" },
      { status: "delivered" },
    ]);
    expect(sent[0]?.body).toContain("ida@example.com");
  });
});

describe("what stops a destination", () => {
  it.each([
    [
      "it is no longer in the release",
      { definition: undefined },
      { status: "skipped", reason: "destination_removed" },
    ],
    [
      "it is disabled",
      { definition: definition({ enabled: false }) },
      { status: "skipped", reason: "destination_disabled" },
    ],
  ])("%s", async (_, changes, settlement) => {
    const it = context(changes);
    expect(await deliverGroup([itemOf("a")], it)).toEqual([settlement]);
    expect(it.gate.permit).not.toHaveBeenCalled();
  });

  it.each([
    ["a missing secret", definition(), () => undefined, "secret_missing:HOOK"],
    [
      "a secret of Doorstep's own",
      definition({ settings: { secret: { $secret: "MASTER_SECRET" } } }),
      () => "x",
      "secret_missing:MASTER_SECRET",
    ],
    [
      "settings that are wrong",
      definition({ settings: { url: "https://a.example/" } }),
      () => "x",
      "invalid_settings:secret",
    ],
    ["an unknown type", definition({ type: "nobody" }), () => "x", "unknown_type:nobody"],
  ])("%s pauses it and loses nothing", async (_, wrong, secretOf, code) => {
    const paused = context({ definition: wrong, secretOf });
    expect(await deliverGroup([itemOf("a")], paused)).toEqual([{ status: "parked", code }]);
    expect(paused.gate.pause).toHaveBeenCalledWith(code, expect.any(Number));
  });

  it("is asked once per batch, and told once what became of it", async () => {
    const asked = context();
    await deliverGroup([itemOf("a"), itemOf("b")], asked);
    expect(asked.gate.permit).toHaveBeenCalledExactlyOnceWith(2, expect.any(Number));
    expect(asked.gate.report).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ delivered: 2, failed: 0, retry: 0, unauthorized: 0 }),
    );
  });

  it("without a permit everything is parked", async () => {
    expect(
      await deliverGroup([itemOf("a")], context({ gate: gate({ granted: false, reason: "circuit_open" }) })),
    ).toEqual([{ status: "parked", code: "circuit_open" }]);
  });

  it("a gate that does not answer lets nothing through", async () => {
    const silent = { ...gate(), permit: async () => Promise.reject(new Error("gone")) };
    expect(await deliverGroup([itemOf("a")], context({ gate: silent }))).toEqual([
      { status: "retry", code: "permit_unavailable" },
    ]);
  });

  it("refused credentials park what they were refused for", async () => {
    const { fetch } = vendor(() => new Response(null, { status: 401 }));
    const refused = context({ fetch });
    expect(await deliverGroup([itemOf("a")], refused)).toEqual([{ status: "parked", code: "unauthorized" }]);
    expect(refused.gate.report).toHaveBeenCalledWith(expect.objectContaining({ unauthorized: 1 }));
  });
});

describe("the deadline", () => {
  it("ends a request that never answers; it may have arrived, so it is tried again", async () => {
    const { fetch } = vendor(() => new Promise<Response>(() => {}));
    expect(await deliverGroup([itemOf("a")], context({ fetch, deadlineMs: 20 }))).toEqual([
      { status: "retry", code: "timeout" },
    ]);
  });

  it("uses up no attempt of what was not begun by then", async () => {
    const slow: DeliverContext["fetch"] = (_, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    const items = Array.from({ length: 150 }, (_, n) => itemOf(`i${n}`));
    const codes = (await deliverGroup(items, context({ fetch: slow, deadlineMs: 30 }))).map(
      (s) => "code" in s && s.code,
    );
    expect(codes.filter((code) => code === "timeout")).toHaveLength(2);
    expect(codes.filter((code) => code === "not_tried")).toHaveLength(148);
  });
});
