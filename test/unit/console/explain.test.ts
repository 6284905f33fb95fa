/** Receipts as sentences: each decision is said, with its reason. */
import { describe, expect, it } from "vitest";
import { REPAIRABLE_CODES } from "../../../contracts/definitions/repair_codes.ts";
import type { Receipt } from "../../../contracts/messages/receipt.ts";
import { explainReceipt, explainTrace, LISTED_REMOVALS } from "../../../src/console/explain.ts";
import { listInWords, reasonInWords } from "../../../src/console/wording.ts";
import { delivery, door, ingest, slot } from "./receipts.ts";

describe("the door in sentences", () => {
  it("says on what ground each purpose was granted or denied, and which fields were removed and why", () => {
    const said = explainReceipt(
      door({
        consent: {
          receipt: "c_1",
          regime: "gdpr",
          place: "SK",
          granted: ["analytics"],
          grounds: { analytics: "cookie", marketing: "gpc", personalization: "cookie" },
          decidedAt: 1,
        },
        removed: [
          { path: "traits.email", action: "hashed", reason: "purpose_not_granted" },
          { path: "properties.note", action: "dropped", reason: "not_in_contract" },
        ],
      }),
    );
    expect(said).toEqual([
      "The door accepted `page_view` from `web` by native.",
      "Consent under the regime `gdpr`, chosen by the place `SK`: decision `c_1`.",
      "Analytics is granted on the ground of the visitor's own decision.",
      "Marketing is denied on the ground of Global Privacy Control.",
      "Personalization is denied on the ground of the visitor's own decision.",
      "`traits.email` was hashed: its purpose was not granted.",
      "`properties.note` was dropped: not in the event's contract.",
    ]);
  });

  it("says that nobody has decided where a regime's default holds", () => {
    const consent = { receipt: "default:gdpr", regime: "gdpr", granted: [], grounds: {}, decidedAt: 0 };
    const said = explainReceipt(door({ outcome: "dropped", code: "consent_denied", consent }));
    expect(said[0]).toBe("The door dropped `page_view` from `web` by native: consent was denied.");
    expect(said[1]).toContain("nobody has decided");
  });

  it("says of an event that consent kept out, too, which regime held and what said no", () => {
    const refusedOn = {
      regime: "california",
      place: "US-CA",
      grounds: { analytics: "tcf:tcf_cmp", marketing: "gpc", personalization: "expired" },
    };
    expect(explainReceipt(door({ outcome: "dropped", code: "consent_denied", refusedOn }))).toEqual([
      "The door dropped `page_view` from `web` by native: consent was denied.",
      "Consent under the regime `california`, chosen by the place `US-CA`.",
      "Analytics is denied on the ground of the TCF string, which is not valid: it names no consent manager, or one that the policy does not list.",
      "Marketing is denied on the ground of Global Privacy Control.",
      "Personalization is denied on the ground of a decision that has expired.",
    ]);
  });

  it("says several decisions, when they lapse, and that the browser opted out", () => {
    const consent = {
      receipt: "c_1+tcf:sha256:0f+statement:a+m-",
      regime: "gdpr",
      granted: ["analytics" as const],
      grounds: {},
      decidedAt: 1,
      expiresAt: Date.parse("2027-01-01T00:00:00Z"),
      gpc: true,
    };
    const said = explainReceipt(door({ consent }));
    expect(said).toContain(
      "Consent under the regime `gdpr`, chosen as no place is known: decision `c_1`, the TCF string with the evidence `sha256:0f` and the event's own statement together.",
    );
    expect(said).toContain("What was granted lapses at 2027-01-01T00:00:00.000Z.");
    expect(said.at(-1)).toBe("The browser sent Global Privacy Control: an opt-out for the whole profile.");
  });

  it("names every removed field that is listed, and says that there may be more", () => {
    const removed = Array.from({ length: LISTED_REMOVALS }, (_, i) => ({
      path: `properties.p${i}`,
      action: "dropped" as const,
      reason: "not_in_contract" as const,
    }));
    const said = explainReceipt(door({ removed }));
    for (const { path } of removed)
      expect(said).toContain(`\`${path}\` was dropped: not in the event's contract.`);
    expect(said.at(-1)).toContain("Further fields may have been removed");
    expect(explainReceipt(door({ removed: removed.slice(1) })).join()).not.toContain("Further");
  });

  it("lists the issues of a rejected event", () => {
    const issues = [
      { path: "properties.total", message: "expected number" },
      { path: "", message: "is not an object" },
    ];
    const said = explainReceipt(door({ outcome: "rejected", code: "invalid_event", issues }));
    expect(said.slice(1)).toEqual(["`properties.total`: expected number.", "`event`: is not an object."]);
  });

  it("says which bot it was, and what the event names that there is not", () => {
    const said = explainReceipt(
      door({ agent: { kind: "ai_assistant", name: "ChatGPT-User" }, flags: ["unknown_product"] }),
    );
    expect(said).toContain("It came from a bot: ai assistant (ChatGPT-User).");
    expect(said).toContain("It names a product that the catalogue does not have.");
  });

  it("says that no field was removed", () => {
    expect(explainReceipt(door({ removed: [] }))).toContain("No field was removed.");
  });
});

describe("ingest in sentences", () => {
  it("says whom the event resolved to, what changed, and where it went and why not elsewhere", () => {
    const said = explainReceipt(
      ingest({
        resolution: ["visitor_id by our signed cookie"],
        segments: ["loyal", "readers"],
        entered: ["loyal"],
        left: ["prospects"],
        routed: { ga4: "queued", hubspot: "no_consent:marketing" },
      }),
    );
    expect(said).toEqual([
      "It belongs to the anonymous profile `visitor_id:1.abc`.",
      "Visitor_id by our signed cookie.",
      "The profile entered the segment `loyal`.",
      "The profile left the segment `prospects`.",
      "It is now in the segments `loyal` and `readers`.",
      "It was sent on to `ga4`.",
      "It did not go to `hubspot`: no consent for marketing.",
    ]);
  });

  it.each([
    ["duplicate", undefined, "Ingest had this event already: the repeat changed nothing and went nowhere."],
    ["dropped", "consent_expired", "Ingest dropped the event: consent has expired."],
    ["dropped", "suppressed", "Ingest dropped the event: the person is suppressed."],
    ["dropped", undefined, "Ingest dropped the event."],
  ] as const)("%s (%s)", (outcome, code, expected) => {
    expect(explainReceipt(ingest({ outcome, ...(code && { code }) }))).toEqual([expected]);
  });
});

it("says where a bot's event went all the same", () => {
  const routed = { ga4: "bot", assistants: "queued" };
  expect(explainReceipt(ingest({ outcome: "dropped", code: "bot", routed }))).toEqual([
    "Ingest dropped the event: it came from a bot.",
    "It did not go to `ga4`: it came from a bot.",
    "It was sent on to `assistants`.",
  ]);
});

describe("a delivery in a sentence", () => {
  it.each([
    [delivery(), "`ga4` took it at attempt 1."],
    [delivery({ detail: "contact 5" }), "`ga4` took it at attempt 1 (contact 5)."],
    [
      delivery({ mayRepeat: true }),
      "`ga4` took it at attempt 1. The vendor does not deduplicate: a crash may have sent it twice.",
    ],
    [
      delivery({ outcome: "skipped", code: "consent_withdrawn" }),
      "`ga4` did not get it: consent was withdrawn.",
    ],
    [
      delivery({ outcome: "retry", code: "http_503", attempt: 2 }),
      "`ga4` did not take it at attempt 2: HTTP 503; it will be tried again.",
    ],
    [delivery({ outcome: "parked", code: "circuit_open" }), "It is parked for `ga4`: its circuit is open."],
    [
      delivery({ outcome: "failed", code: "gone", attempt: 3 }),
      "`ga4` will not take it as it is: it is gone (HTTP 410); it is among the failures after attempt 3.",
    ],
  ])("%#", (receipt, expected) => {
    expect(explainReceipt(receipt)).toEqual([expected]);
  });
});

describe("a slot in sentences", () => {
  it("names the winner, and why each loser lost", () => {
    const losers = [
      { offer: "sale", reason: "outranked:thanks" },
      { offer: "news", reason: "cap_day" },
    ];
    expect(explainReceipt(slot({ losers }))).toEqual([
      "Slot `hero` showed the offer `thanks`, by release 7.",
      "The visitor was in the segment `loyal`.",
      "`sale` lost: thanks goes before it.",
      "`news` lost: shown as often as a day allows.",
    ]);
  });

  it("says that the fallback was shown", () => {
    const said = explainReceipt(slot({ outcome: "fallback", segments: [] }));
    expect(said[0]).toBe("Slot `hero` showed its fallback, by release 7.");
    expect(said[1]).toBe("The visitor was in no segment.");
  });
});

it("explains a trace in the order of its receipts, each with a sentence at least", () => {
  const receipts: Receipt[] = [door(), ingest(), delivery()];
  const said = explainTrace(receipts);
  expect(said[0]).toContain("The door accepted");
  expect(said.at(-2)).toContain("`ga4` took it");
  expect(said.length).toBeGreaterThanOrEqual(receipts.length);
});

describe("a trace says at its end who received the event", () => {
  const crm = (outcome: "delivered" | "retry") => delivery({ destination: "crm", outcome });
  it.each([
    [[door()], "No destination has received it."],
    [[door({ outcome: "dropped" })], "No destination has received it."],
    [[door(), ingest(), delivery(), crm("retry")], "It was received by `ga4`, and by no other destination."],
    [
      [door(), delivery(), delivery(), crm("delivered")],
      "It was received by `ga4` and `crm`, and by no other destination.",
    ],
  ])("%#", (receipts, expected) => expect(explainTrace(receipts).at(-1)).toBe(expected));

  it("and nothing where the door's receipt is not known, or of a slot", () => {
    expect(explainTrace([ingest({ resolution: [], segments: [] })]).join()).not.toContain("received");
    expect(explainTrace([slot()]).join()).not.toContain("received");
  });
});

describe("codes in words", () => {
  it.each([
    ["no_consent:marketing", "no consent for marketing"],
    ["secret_missing:HUBSPOT_TOKEN", "the secret HUBSPOT_TOKEN is missing"],
    ["rate_limited:daily", "there were too many requests (daily)"],
    ["http_429", "HTTP 429"],
    ["something_new", "something new"],
    ["constructor", "constructor"],
    ["__proto__:x", "  proto   (x)"],
    ["", ""],
  ])("%s", (code, words) => expect(reasonInWords(code)).toBe(words));

  it.each([
    ...REPAIRABLE_CODES,
    ...["event_too_large", "duplicate_id", "consent_denied", "bot", "key_expired", "secret_key_required"],
    ...["rate_limited", "too_old_for_vendor", "reserved_name", "no_valid_name"],
  ])("%s has words of its own", (code) => expect(reasonInWords(code)).not.toBe(code.replaceAll("_", " ")));

  it("lists read as a person would write them", () => {
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(listInWords)).toEqual([
      "",
      "a",
      "a and b",
      "a, b and c",
    ]);
  });
});
