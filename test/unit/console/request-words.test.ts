/** Subject requests in the console's words. */
import { describe, expect, it } from "vitest";
import {
  IDENTITY_TYPES,
  MAX_IDENTITIES,
  type StepResult,
} from "../../../contracts/messages/subject_request.ts";
import {
  answerInWords,
  completionInWords,
  countsInWords,
  stepTitle,
} from "../../../src/console/page/requests/step-words.ts";
import {
  deadlineInWords,
  IDENTITY_WORDS,
  makerInWords,
  MAX_IDENTITIES as PAGE_MAX,
} from "../../../src/console/page/requests/words.ts";

const NOW = Date.parse("2026-11-22T09:00:00Z");
const DAY_MS = 86_400_000;
const due = (days: number) => new Date(NOW + days * DAY_MS).toISOString();
const step = (name: string, status: StepResult["status"], detail?: string): StepResult => ({
  step: name,
  status,
  at: NOW,
  ...(detail !== undefined && { detail }),
});

describe("a deadline", () => {
  it.each([
    ["on_time", 23.5, "good", "on time", "23 days left"],
    ["soon", 1.2, "wait", "soon", "1 day left"],
    ["soon", 0.4, "wait", "soon", "less than a day left"],
    ["late", -0.4, "bad", "late", "by less than a day"],
    ["late", -2.9, "bad", "late", "by 2 days"],
    ["done", -40, "quiet", "done", ""],
  ] as const)("%s, %d days away, is said in colour and in words", (deadline, days, tone, label, left) => {
    expect(deadlineInWords({ deadline, expected_completion_time: due(days) }, NOW)).toEqual({
      tone,
      label,
      left,
    });
  });
});

describe("a step", () => {
  it.each([
    ["confirmed", "good", "confirmed", "It has answered that it is done."],
    ["requested", "info", "requested", "It has taken the request, and does it in its own time."],
    ["none", "wait", "vendor offers none", "There is no way to ask it"],
    ["failed", "bad", "failed", "It could not be asked."],
  ] as const)("of a destination that answered %s says what that means", (status, tone, label, meaning) => {
    const words = answerInWords(step("destination:hubspot", status));
    expect(words).toMatchObject({ tone, label });
    expect(words.meaning).toContain(meaning);
  });

  it("of our own with nothing to do does not blame a vendor", () => {
    expect(answerInWords(step("cms", "none", "no_adapter"))).toEqual({
      tone: "quiet",
      label: "nothing to do",
      meaning: "No adapter of a CMS keeps anything of a person.",
    });
  });

  it("gives its code in words, and what the vendor said as it is", () => {
    expect(answerInWords(step("destination:x", "failed", "http_400: bad_thing"))).toMatchObject({
      meaning: "It could not be asked. HTTP 400: bad_thing.",
    });
  });

  it("shows what an operator wrote as it is", () => {
    expect(answerInWords(step("verified", "confirmed", "id_card: seen at desk_2")).meaning).toBe(
      "id_card: seen at desk_2",
    );
  });

  it("is called by its destination's key, or by what it does", () => {
    expect(stepTitle("destination:hubspot")).toBe("hubspot");
    expect(stepTitle("lake")).toBe("Events and receipts in the lake");
    expect(stepTitle("something_new")).toBe("Something new");
    expect(stepTitle("constructor")).toBe("Constructor");
  });

  it("counts what it touched, without the zeros, unless there is nothing else", () => {
    expect(countsInWords({ events: 10_000, receipts: 1, copies: 1, identities: 0 })).toBe(
      "10,000 events, 1 receipt, 1 copy",
    );
    expect(countsInWords({ events: 0 })).toBe("0 events");
    expect(countsInWords()).toBe("");
  });
});

describe("a completed request", () => {
  it("does not say that all is done where a vendor still has it", () => {
    const answers = [step("suppress", "confirmed"), step("cms", "none"), step("destination:a", "confirmed")];
    expect(completionInWords(answers)).toBe("Done.");
    expect(
      completionInWords([...answers, step("destination:b", "requested"), step("destination:c", "none")]),
    ).toBe("Done. 1 destination does it in its own time. 1 destination offers no deletion: see below.");
  });
});

describe("who made it", () => {
  it.each([
    ["source:web", "source web"],
    ["actor:root", "operator root"],
    [`actor:${"0f3a".repeat(8)}`, "operator 0f3a0f3a"],
    ["root", "operator root"],
    ["browser", "a browser, about itself"],
    ["anybody", "somebody who is not verified"],
    ["toString", "operator toString"],
  ])("%s is %s", (maker, words) => {
    expect(makerInWords(maker)).toBe(words);
  });
});

it("the form offers what the contract takes", () => {
  expect(Object.keys(IDENTITY_WORDS).sort()).toEqual(Object.keys(IDENTITY_TYPES).sort());
  expect(PAGE_MAX).toBe(MAX_IDENTITIES);
});
