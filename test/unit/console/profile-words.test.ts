/** The profile page in words: states, reasons, clauses, and what a value of the golden record lost by. */
import { describe, expect, it } from "vitest";
import { actualInWords, wantedInWords } from "../../../src/console/page/profile/clause-words.ts";
import { keyInWords } from "../../../src/console/page/profile/key.ts";
import { lostBy } from "../../../src/console/profile/golden.ts";
import type { Proof } from "../../../src/console/profile/view.ts";
import { conflictInWords, stateInWords } from "../../../src/console/profile/words.ts";

describe("why a profile is in its state", () => {
  const member = (key: string, proof: Proof, suppressed = false) => ({ key, proof, suppressed });
  const browser = member("visitor_id:1.v", "cookie");
  const claimed = member("visitor_id:1.v|email:1.e", "claim");
  const proved = member("person-loyalty_card:1.c", "source");

  it("names what proves it, what is only claimed, and that devices prove nothing", () => {
    expect(stateInWords("anonymous", [browser], 0)).toEqual([
      "It is anonymous: only devices are known of it.",
    ]);
    expect(stateInWords("pseudonymous", [browser, claimed], 0)).toEqual([
      "It is pseudonymous, by its email: claimed on a device, and not proved.",
    ]);
    expect(stateInWords("authenticated", [browser, claimed, proved], 0)).toEqual([
      "It is authenticated, by its loyalty card: proved, not only claimed.",
      "Claimed on its devices, which proves nothing: email.",
    ]);
  });

  it("says so where consent allows less than is known, where a device is shared, and where it was erased", () => {
    expect(stateInWords("anonymous", [browser, proved], 1)).toEqual([
      "It is anonymous, since consent allows no more: known is also its loyalty card.",
      "One of its devices is shared: several people were proved there, so nothing personal is shown there.",
    ]);
    expect(stateInWords("pseudonymous", [proved], 0)[0]).toContain("consent allows no more");
    expect(stateInWords("authenticated", [member("user_id:1.u", "source", true)], 0)[0]).toContain(
      "suppressed",
    );
  });
});

it.each([
  ["two_user_ids", "it would bring together two values of user id, which are two people"],
  ["two_person-loyalty_cards", "it would bring together two values of loyalty card, which are two people"],
  ["too_many_emails", "the profile would have more values of email than one may have"],
  ["kept_apart", "an operator keeps the two profiles apart"],
  ["constructor", "constructor"],
])("a link that joins nothing says why: %s", (reason, words) => {
  expect(conflictInWords(reason)).toBe(words);
});

describe("a clause", () => {
  const clause = (operator: string, expected: unknown, actual: unknown = 1) => ({
    kind: "clause" as const,
    field: "n",
    operator,
    expected,
    actual,
    holds: true,
  });

  it.each([
    ["is", "winter", "“winter”"],
    ["$gte", 2, "at least 2"],
    ["$in", ["a", "b"], "one of “a” and “b”"],
    ["$nin", [], "none of []"],
    ["$exists", false, "nothing at all"],
    ["$elemMatch", { a: 1 }, 'elemMatch {"a":1}'],
    ["constructor", 1, "constructor 1"],
  ])("%s %j wants %s", (operator, expected, words) => {
    expect(wantedInWords(clause(operator, expected))).toBe(words);
  });

  it("says what was there, cut where it is long", () => {
    expect(actualInWords(clause("is", 1, null))).toBe("nothing");
    expect(actualInWords(clause("is", 1, 0))).toBe("0");
    expect(actualInWords(clause("is", 1, "x".repeat(5_000))).length).toBeLessThan(250);
  });
});

describe("a value that was not chosen", () => {
  const value = (more: object) => ({
    value: "Ida",
    source: "crm",
    event: "e1",
    at: 10,
    verified: true,
    key: "user_id:1.u",
    ...more,
  });

  it.each([
    [["verified", "newest"], { verified: false, at: 20 }, "it was only claimed"],
    [["verified", "newest"], { at: 5 }, "it is older"],
    [["source"], { source: "web" }, "its source is less trusted"],
    [["oldest"], { at: 20 }, "it is newer"],
    [["longest"], { value: "I" }, "it is shorter"],
    [["longest"], { at: 5 }, "it is older"],
    [["source"], { event: "e0" }, "it is as good, and another had to be chosen"],
  ] as const)("by %j says what it lost by: %j", (prefer, other, why) => {
    expect(lostBy(value({}), value(other), { prefer: [...prefer], sources: ["crm"] })).toBe(why);
  });
});

it("a key is shown short, and a claim with the device that it was made on", () => {
  expect(keyInWords("person-loyalty_card:1.abcdefghijk")).toBe("loyalty card abcdefg");
  expect(keyInWords("visitor_id:1.deviceXYZ|email:2.mailmailmail")).toBe("email, claimed mailmai on deviceX");
});
