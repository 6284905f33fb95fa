/** What is left of an event's consent by the time that it is ingested or delivered. */
import { describe, expect, it } from "vitest";
import { type CurrentConsent, type Kept, stillGranted, whyNot } from "#consent/still-granted";
import { PURPOSES } from "#contracts/taxonomy";

const NOW = 1_000;
const event = (more: Partial<Kept> = {}): Kept => ({
  granted: [...PURPOSES],
  decidedAt: 100,
  receipt: "r1",
  ...more,
});
const now = (more: Partial<CurrentConsent> = {}): CurrentConsent => ({
  granted: [],
  decidedAt: 101,
  receipt: "r2",
  suppressed: false,
  ...more,
});

describe("of an event's consent there is left", () => {
  it.each([
    ["all, where nothing is known of anyone", event(), [], [...PURPOSES]],
    ["what a later decision grants", event(), [now({ granted: ["analytics"] })], ["analytics"]],
    [
      "no more than it had, whatever a later decision grants",
      event({ granted: ["analytics"] }),
      [now({ granted: [...PURPOSES] })],
      ["analytics"],
    ],
    ["all, where the decision is older", event(), [now({ decidedAt: 99 })], [...PURPOSES]],
    ["all, where it was made at the same moment", event(), [now({ decidedAt: 100 })], [...PURPOSES]],
    [
      "all, where it rests on that very decision, seen later",
      event(),
      [now({ receipt: "r1" })],
      [...PURPOSES],
    ],
    [
      "what a decision grants that was seen after the event's own, whatever that one's clock says",
      event({ decidedAt: 200 }),
      [now({ granted: ["analytics"], told: ["r0", "r1"] })],
      ["analytics"],
    ],
    [
      "all, where it rests on what was told last",
      event(),
      [now({ receipt: "r1", told: ["r1", "r0"] })],
      [...PURPOSES],
    ],
    [
      "what every one of its identifiers leaves",
      event(),
      [now({ granted: ["analytics", "marketing"] }), now({ granted: ["marketing", "personalization"] })],
      ["marketing"],
    ],
    [
      "nothing, where one of them withdrew, wherever it stands",
      event(),
      [now({ granted: [...PURPOSES] }), now(), now({ granted: [...PURPOSES] })],
      [],
    ],
    [
      "nothing of a default that someone has decided against",
      event({ decidedAt: 0, receipt: "default:us" }),
      [now({ decidedAt: 1 })],
      [],
    ],
    [
      "all but marketing, after an opt-out of sale",
      event(),
      [now({ decidedAt: 0, optOutAt: 101 })],
      ["analytics", "personalization"],
    ],
    [
      "all but marketing, where it was granted at that moment",
      event(),
      [now({ decidedAt: 0, optOutAt: 100 })],
      ["analytics", "personalization"],
    ],
    [
      "all, where it was granted after the opt-out",
      event(),
      [now({ decidedAt: 0, optOutAt: 99 })],
      [...PURPOSES],
    ],
    [
      "all but marketing, also on the opted-out one's own decision",
      event(),
      [now({ receipt: "r1", granted: [...PURPOSES], optOutAt: 150 })],
      ["analytics", "personalization"],
    ],
    [
      "nothing, where one is suppressed, whatever was decided",
      event(),
      [now({ granted: [...PURPOSES], decidedAt: 1, suppressed: true })],
      [],
    ],
    ["nothing, from the moment on at which it lapses", event({ expiresAt: NOW }), [], []],
    ["all, until then", event({ expiresAt: NOW + 1 }), [], [...PURPOSES]],
  ] as const)("%s", (_title, kept, current, left) => {
    expect(stillGranted(kept, current, NOW)).toEqual(left);
  });
});

describe("why nothing is left", () => {
  it("suppressed before lapsed before withdrawn", () => {
    const lapsed = event({ expiresAt: NOW });
    expect(whyNot(lapsed, [now({ suppressed: true })], NOW)).toBe("suppressed");
    expect(whyNot(lapsed, [now()], NOW)).toBe("consent_expired");
    expect(whyNot(event(), [now()], NOW)).toBe("consent_withdrawn");
  });
});
