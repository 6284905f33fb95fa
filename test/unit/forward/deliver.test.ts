/** One destination's share of a batch: what stops an item, what stops the destination, and the deadline. */
import { describe, expect, it, vi } from "vitest";
import type { CurrentConsent } from "#consent/still-granted";
import { type DestinationDefinition, destinationSchema } from "#contracts/definitions/destination";
import { type DeliverContext, deliverGroup } from "#forward/deliver";
import type { Permit } from "#forward/permits";
import { reach } from "../../setup/reach.ts";
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
const gate = (permit: Permit = { granted: 1_000 }) => ({
  permit: vi.fn(async () => permit),
  pause: vi.fn(async () => {}),
});
const context = (changes: Partial<DeliverContext> = {}): DeliverContext => ({
  definition: definition(),
  gate: gate(),
  consent: new Map(),
  toldSince: async () => new Map(),
  secretOf: (name) => (name === "HOOK" ? "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" : undefined),
  unseal: async (sealed, place) =>
    sealed === `sealed for ${place.join(":")}` ? '{"email":"ida@example.com"}' : undefined,
  fetch: vendor(ok).fetch,
  clock: () => 1_795_168_900_000,
  deadlineMs: 5_000,
  allowInsecure: false,
  ...reach,
  ...changes,
});
/** The settlements alone. */
const settlementsOf = async (...given: Parameters<typeof deliverGroup>) =>
  (await deliverGroup(...given)).settlements;

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
    const settlements = await settlementsOf(items, context({ fetch, consent: new Map([["k", [current]]]) }));
    expect(settlements).toEqual([
      reason ? { status: "skipped", reason } : { status: "delivered" },
      { status: "delivered" },
    ]);
    expect(sent).toHaveLength(reason ? 1 : 2);
  });

  it("a purpose that the release has added since", async () => {
    const added = definition({ purposes: ["marketing", "personalization"] });
    const consent = { ...itemOf("a").event.consent, granted: ["analytics" as const, "marketing" as const] };
    expect(await settlementsOf([itemOf("a", { consent })], context({ definition: added }))).toEqual([
      { status: "skipped", reason: "no_consent:personalization" },
    ]);
  });

  it("a ledger that cannot be read stops everything", async () => {
    const { fetch, sent } = vendor(ok);
    expect(await settlementsOf([itemOf("a")], context({ fetch, consent: undefined }))).toEqual([
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
    expect(await settlementsOf(items, context({ fetch }))).toEqual([
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
    expect(await settlementsOf([itemOf("a")], it)).toEqual([settlement]);
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
    expect(await settlementsOf([itemOf("a")], paused)).toEqual([{ status: "parked", code }]);
    expect(paused.gate.pause).toHaveBeenCalledWith(code, expect.any(Number));
  });

  it("is asked once per batch, within what its type and the release allow", async () => {
    const asked = context({ definition: definition({ limits: { requestsPerSecond: 7 } }) });
    const { asked: told } = await deliverGroup([itemOf("a"), itemOf("b")], asked);
    expect(asked.gate.permit).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ want: 2, perRequest: 1, requestsPerSecond: 7, concurrency: 50 }),
    );
    expect(told?.outcomes).toEqual([{ status: "delivered" }, { status: "delivered" }]);
  });

  it("in order, asks for the requests that it needs: one of a profile waits for the other", async () => {
    const settings = { api_key: "phc_1" };
    const asked = context({ definition: definition({ type: "posthog", settings, ordered: true }) });
    const of = (id: string, profile: string) => itemOf(id, { profile });
    await deliverGroup([of("a", "p"), of("b", "p"), of("c", "p"), of("d", "q")], asked);
    expect(asked.gate.permit).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ want: 4, perRequest: 1, ordered: true }),
    );
  });

  it("gets as many items as it may have now, and the others are parked", async () => {
    const { fetch, sent } = vendor(ok);
    const some = context({ fetch, gate: gate({ granted: 1, reason: "rate_limited" }) });
    expect(await settlementsOf([itemOf("a"), itemOf("b")], some)).toEqual([
      { status: "delivered" },
      { status: "parked", code: "rate_limited" },
    ]);
    expect(sent).toHaveLength(1);
  });

  it("without a permit everything is parked", async () => {
    expect(
      await settlementsOf([itemOf("a")], context({ gate: gate({ granted: 0, reason: "circuit_open" }) })),
    ).toEqual([{ status: "parked", code: "circuit_open" }]);
  });

  it("a gate that does not answer lets nothing through", async () => {
    const silent = { ...gate(), permit: async () => Promise.reject(new Error("gone")) };
    expect(await settlementsOf([itemOf("a")], context({ gate: silent }))).toEqual([
      { status: "retry", code: "permit_unavailable" },
    ]);
  });

  it("refused credentials park what they were refused for", async () => {
    const { fetch } = vendor(() => new Response(null, { status: 401 }));
    const refused = context({ fetch });
    expect(await deliverGroup([itemOf("a")], refused)).toMatchObject({
      settlements: [{ status: "parked", code: "unauthorized" }],
      asked: { outcomes: [{ status: "unauthorized", detail: "http_401" }] },
    });
  });

  it("refused credentials are not tried again with the next portion", async () => {
    const { fetch, sent } = vendor(() => new Response(null, { status: 403 }));
    const items = Array.from({ length: 250 }, (_, n) => itemOf(`i${n}`));
    const settlements = await settlementsOf(items, context({ fetch }));
    expect(settlements.every((one) => "code" in one && one.code === "unauthorized")).toBe(true);
    expect(sent).toHaveLength(100);
  });
});

describe("the deadline", () => {
  it("ends a request that never answers; it may have arrived, so it is tried again", async () => {
    const { fetch } = vendor(() => new Promise<Response>(() => {}));
    expect(await settlementsOf([itemOf("a")], context({ fetch, deadlineMs: 20 }))).toEqual([
      { status: "retry", code: "timeout" },
    ]);
  });

  it("uses up no attempt of what was not begun by then", async () => {
    const slow: DeliverContext["fetch"] = (_, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    const items = Array.from({ length: 150 }, (_, n) => itemOf(`i${n}`));
    const codes = (await settlementsOf(items, context({ fetch: slow, deadlineMs: 30 }))).map(
      (s) => "code" in s && s.code,
    );
    expect(codes.filter((code) => code === "timeout")).toHaveLength(2);
    expect(codes.filter((code) => code === "not_tried")).toHaveLength(148);
  });
});

describe("changes of profiles", () => {
  const change = (id: string, version: number, changed: string[], profile = "p") =>
    itemOf(id, {
      name: "profile_change",
      profile,
      properties: {
        version,
        changed,
        ...(changed.includes("stage") && { stage: { from: null, to: "lead" } }),
        ...(changed.includes("score") && { score: { from: null, to: version } }),
      },
    });
  const idsOf = (sent: { headers: Record<string, string> }[]) =>
    sent.map(({ headers }) => headers["webhook-id"]);

  it("an older one is skipped where a newer one tells the same, of the same profile", async () => {
    const { fetch, sent } = vendor(ok);
    const items = [
      change("v2", 2, ["score"]),
      change("v1", 1, ["score"]),
      change("other", 1, ["score"], "q"),
    ];
    expect(await settlementsOf(items, context({ fetch }))).toEqual([
      { status: "delivered" },
      { status: "skipped", reason: "superseded" },
      { status: "delivered" },
    ]);
    // Two profiles: neither waits for the other.
    expect(idsOf(sent).sort()).toEqual(["other", "v2"]);
  });

  it("what the newer one does not tell is still told, and nothing else of the older one", async () => {
    const { fetch, sent } = vendor(ok);
    await settlementsOf(
      [change("v1", 1, ["stage", "score"]), change("v2", 2, ["score"])],
      context({ fetch }),
    );
    const bodies = sent.map(({ body }) => body);
    expect(bodies).toHaveLength(2);
    const first = bodies.find((body) => body.includes("evt-v1"));
    expect(first).toContain('"stage"');
    expect(first).not.toContain('"score"');
  });

  it("a late one is skipped where the destination has been told since", async () => {
    const { fetch, sent } = vendor(ok);
    const toldSince = vi.fn(async () => new Map([["late", ["score"]]]));
    const items = [change("late", 1, ["score"]), itemOf("event")];
    expect(await settlementsOf(items, context({ fetch, toldSince }))).toEqual([
      { status: "skipped", reason: "superseded" },
      { status: "delivered" },
    ]);
    expect(toldSince).toHaveBeenCalledExactlyOnceWith([items[0]]);
    expect(idsOf(sent)).toEqual(["event"]);
  });
});

describe("order", () => {
  const of = (id: string, profile: string, occurredAt: number) => itemOf(id, { profile, occurredAt });
  const ordered = definition({ ordered: true });

  it("items of a profile leave one after the other, oldest first, and those of others beside them", async () => {
    const under: string[] = [];
    const told: string[] = [];
    const fetch: DeliverContext["fetch"] = async (_, init) => {
      const id = new Headers(init.headers).get("webhook-id") ?? "";
      const profile = id.charAt(0);
      expect(under).not.toContain(profile);
      under.push(profile);
      await new Promise((resolve) => setTimeout(resolve, 2));
      under.splice(under.indexOf(profile), 1);
      told.push(id);
      return new Response("ok");
    };
    const items = [of("a3", "a", 3), of("b2", "b", 2), of("a1", "a", 1), of("b1", "b", 1), of("a2", "a", 2)];
    await settlementsOf(items, context({ fetch, definition: ordered }));
    const ofProfile = (profile: string) => told.filter((id) => id.startsWith(profile));
    expect(ofProfile("a")).toEqual(["a1", "a2", "a3"]);
    expect(ofProfile("b")).toEqual(["b1", "b2"]);
  });

  it("what follows one that must be tried again waits behind it; what failed for good holds nobody up", async () => {
    const { fetch, sent } = vendor(({ headers }) => {
      const id = headers["webhook-id"];
      return new Response(null, { status: id === "a1" ? 503 : id === "b1" ? 400 : 200 });
    });
    const items = [of("a1", "a", 1), of("a2", "a", 2), of("b1", "b", 1), of("b2", "b", 2), of("a3", "a", 3)];
    expect(await settlementsOf(items, context({ fetch, definition: ordered }))).toEqual([
      { status: "retry", code: "http_503" },
      { status: "parked", code: "ordered" },
      { status: "failed", code: "http_400" },
      { status: "delivered" },
      { status: "parked", code: "ordered" },
    ]);
    expect(sent).toHaveLength(3);
  });
});
