/** How many events were lost, why, and whether they are back. */
import { describe, expect, it } from "vitest";
import { repairSchema } from "../../../contracts/definitions/repair.ts";
import { REPAIRABLE_CODES } from "../../../contracts/definitions/repair_codes.ts";
import { repairIssues } from "../../../contracts/definitions/repair_issues.ts";
import {
  causesOf,
  draftRepair,
  fateOfDay,
  type Group,
  lossesOf,
  NONE,
  repairKey,
} from "../../../src/console/losses.ts";

const group = (day: string, name: string, cause: string, counts: Partial<Group>): Group => ({
  day,
  source: "web",
  name,
  cause,
  code: cause.split(" ")[0] ?? "",
  paths: cause.split(" ").slice(1),
  kept: 0,
  replaying: 0,
  sent: 0,
  back: 0,
  denied: 0,
  discarded: 0,
  lost: 0,
  erased: 0,
  ...counts,
});
const CURRENCY = "invalid_event properties.currency";
const GROUPS = [
  group("2026-11-22", "purchase", CURRENCY, { kept: 2 }),
  group("2026-11-21", "purchase", CURRENCY, { back: 400, sent: 5, denied: 2, lost: 1 }),
  group("2026-11-21", "purchase", "invalid_event properties.value", { kept: 3, discarded: 3, erased: 1 }),
  group("2026-11-21", "page_view", "timestamp_too_old occurred_at", { replaying: 1 }),
];

describe("losses", () => {
  it("of a day and event are added up over causes, the most frequent cause first", () => {
    expect(lossesOf(GROUPS)).toEqual([
      {
        day: "2026-11-22",
        name: "purchase",
        ...NONE,
        refused: 2,
        waiting: 2,
        causes: [{ code: "invalid_event", paths: ["properties.currency"], events: 2 }],
      },
      {
        day: "2026-11-21",
        name: "purchase",
        refused: 415,
        waiting: 3,
        underway: 5,
        back: 400,
        gone: 7,
        causes: [
          { code: "invalid_event", paths: ["properties.currency"], events: 408 },
          { code: "invalid_event", paths: ["properties.value"], events: 7 },
        ],
      },
      {
        day: "2026-11-21",
        name: "page_view",
        ...NONE,
        refused: 1,
        underway: 1,
        causes: [{ code: "timestamp_too_old", paths: ["occurred_at"], events: 1 }],
      },
    ]);
  });

  it("of one day are its own alone", () => {
    expect(fateOfDay(GROUPS, "2026-11-21")).toEqual({
      refused: 416,
      waiting: 3,
      underway: 6,
      back: 400,
      gone: 7,
    });
    expect(fateOfDay(GROUPS, "2026-11-20")).toEqual(NONE);
  });

  it("by cause are added up over days, those that wait first", () => {
    expect(
      causesOf(GROUPS).map(({ name, cause, waiting, refused }) => [name, cause, waiting, refused]),
    ).toEqual([
      ["purchase", "invalid_event properties.value", 3, 7],
      ["purchase", CURRENCY, 2, 410],
      ["page_view", "timestamp_too_old occurred_at", 0, 1],
    ]);
  });
});

describe("the draft of a repair", () => {
  it.each(REPAIRABLE_CODES)("for %s can be tried as it is", (code) => {
    const name = code === "unknown_event" ? "Order <Done>" : "purchase";
    const path = { invalid_event: "properties.value", unknown_event: "name", unknown_version: "version" }[
      code as string
    ];
    const [cause] = causesOf([group("2026-11-22", name, `${code} ${path ?? "occurred_at"}`, { kept: 1 })]);
    if (!cause) throw new Error("there is one");
    expect(repairIssues(repairSchema.parse(draftRepair(cause)))).toEqual([]);
    expect(repairKey(cause)).toMatch(/^[a-z0-9][a-z0-9_-]{0,63}$/);
  });
});
