/** How far a profile is known: what its identifiers say, as far as its consent lets it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packPurposes } from "#consent/cookie";
import { stillGranted } from "#consent/still-granted";
import { type IdentityState, PURPOSES, type Purpose } from "#contracts/taxonomy";
import { toCurrent } from "#identity/consent-store";
import type { RowConsent } from "#identity/graph";
import { grantedNow, identityState } from "#identity/state";

const DEVICE = "visitor_id:1.v";
const CLAIMED = `${DEVICE}|email:1.ida`;
const CUSTOMER = `${DEVICE}|customer_id:1.c`;
const PROVEN = "email:1.ida";
const USER = "user_id:1.u";

const some = (letters: string): Purpose[] => PURPOSES.filter((purpose) => letters.includes(purpose[0] ?? ""));

describe("the state of a profile", () => {
  it.each<[string, string[], Record<string, IdentityState>]>([
    ["a device alone", [DEVICE], { "": "anonymous", a: "anonymous", amp: "anonymous" }],
    [
      "an address that somebody typed",
      [DEVICE, CLAIMED],
      { "": "anonymous", a: "anonymous", p: "pseudonymous", m: "pseudonymous", amp: "pseudonymous" },
    ],
    [
      "a customer number that somebody typed",
      [DEVICE, CUSTOMER],
      { "": "anonymous", a: "pseudonymous", p: "pseudonymous", amp: "pseudonymous" },
    ],
    [
      "a proved address",
      [PROVEN, DEVICE],
      { "": "anonymous", a: "anonymous", p: "authenticated", m: "authenticated", am: "authenticated" },
    ],
    [
      "a proved user id",
      [USER, DEVICE],
      { "": "anonymous", a: "pseudonymous", p: "authenticated", m: "authenticated", ap: "authenticated" },
    ],
    [
      "a proved identifier of one's own",
      ["person-card:1.x", DEVICE],
      { a: "pseudonymous", amp: "authenticated" },
    ],
    ["a device of one's own", ["device-till:1.x"], { amp: "anonymous" }],
  ])("of %s is limited by what is granted", (_title, members, states) => {
    for (const [letters, state] of Object.entries(states))
      expect([letters, identityState(members, some(letters))]).toEqual([letters, state]);
  });

  it("is not raised by what a match rule derives: that names neither a person nor a device", () => {
    expect(identityState(["match-name:1.x", DEVICE], PURPOSES)).toBe("anonymous");
    expect(identityState(["match-name:1.x", DEVICE, CLAIMED], PURPOSES)).toBe("pseudonymous");
  });

  it("is never higher by fewer purposes, nor by fewer identifiers", () => {
    const rank = (state: IdentityState) => ["anonymous", "pseudonymous", "authenticated"].indexOf(state);
    const keys = fc.uniqueArray(fc.constantFrom(DEVICE, CLAIMED, CUSTOMER, PROVEN, USER, "match-a:1.x"));
    const purposes = fc.uniqueArray(fc.constantFrom(...PURPOSES));
    fc.assert(
      fc.property(keys, keys, purposes, purposes, (members, others, granted, more) => {
        const whole = identityState([...members, ...others], [...granted, ...more]);
        expect(rank(identityState(members, granted))).toBeLessThanOrEqual(rank(whole));
      }),
    );
  });
});

const decided = (g: string, t: number, more: Partial<RowConsent> = {}): { consent: RowConsent } => ({
  consent: { g, t, r: `r${t}`, ...more },
});

describe("what is granted for a profile now", () => {
  it("is what its latest decision says, and of several at one moment what all of them grant", () => {
    expect(grantedNow([decided("", 1), decided("ap", 2), { consent: null }])).toEqual(some("ap"));
    expect(grantedNow([decided("amp", 1), decided("a", 2)])).toEqual(some("a"));
    expect(grantedNow([decided("am", 2), decided("ap", 2)])).toEqual(some("a"));
  });

  it("is everything where nobody has decided: the regime let its events in", () => {
    expect(grantedNow([])).toEqual(PURPOSES);
    expect(grantedNow([{ consent: null }, decided("", 0, { q: 5 })])).toEqual(PURPOSES);
  });

  it("has no marketing after an opt-out of sale, until it is granted again", () => {
    expect(grantedNow([decided("", 0, { o: 5 })])).toEqual(some("ap"));
    expect(grantedNow([decided("amp", 4), decided("amp", 4, { o: 5 })])).toEqual(some("ap"));
    expect(grantedNow([decided("amp", 6, { o: 5 })])).toEqual(PURPOSES);
  });

  it("is what an event would keep that rests on the latest decision", () => {
    const consent = fc.record({
      g: fc.subarray([...PURPOSES]).map(packPurposes),
      t: fc.constantFrom(1, 2, 3),
      r: fc.constantFrom("r1", "r2"),
      o: fc.option(fc.constantFrom(1, 2, 3), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(consent, { minLength: 1, selector: ({ t }) => t }), (all) => {
        const rows = all.map(({ o, ...one }) => ({ consent: { ...one, ...(o !== undefined && { o }) } }));
        const latest = rows.reduce((a, b) => (a.consent.t > b.consent.t ? a : b)).consent;
        const { granted, decidedAt, receipt } = toCurrent(latest, false);
        const kept = stillGranted(
          { granted: [...granted], decidedAt, receipt },
          rows.map((row) => toCurrent(row.consent, false)),
          10,
        );
        expect(grantedNow(rows)).toEqual(kept);
      }),
    );
  });

  it("takes a profile back when it is withdrawn, and gives it back exactly when it is granted again", () => {
    const members = [PROVEN, DEVICE];
    const state = (...rows: { consent: RowConsent }[]) => identityState(members, grantedNow(rows));
    expect(state(decided("amp", 1), decided("amp", 1))).toBe("authenticated");
    expect(state(decided("", 2), decided("", 2))).toBe("anonymous");
    expect(state(decided("a", 3), decided("", 2))).toBe("anonymous"); // an e-mail address may not serve analytics
    expect(state(decided("amp", 4), decided("amp", 4))).toBe("authenticated");
  });
});
