/** How a destination is doing, as the console says it. */
import { describe, expect, it } from "vitest";
import { healthInWords, lagOf, stateOf, successOf } from "../../../src/console/page/delivery/state.ts";
import type { DestinationStatus } from "../../../src/forward/destination-object.ts";
import type { Summary } from "../../../src/forward/metrics.ts";

const NOW = Date.parse("2026-11-22T10:00:00Z");
const summary = (differs: Partial<Summary> = {}): Summary => ({
  ...{ delivered: 0, skipped: 0, retry: 0, failed: 0, parked: 0, requests: 0 },
  ...differs,
});
const state = (status: Partial<DestinationStatus> = {}, parked = 0, enabled = true) =>
  stateOf(
    {
      enabled,
      status: { paused: false, circuit: "closed", ...status },
      parked: { items: parked, more: false },
    },
    NOW,
  );

describe("the state of a destination", () => {
  it.each([
    ["delivering", "good", { lastHour: summary({ delivered: 1 }) }, 0],
    ["running", "good", { lastHour: summary() }, 0],
    ["nothing yet", "quiet", {}, 0],
    ["paused", "wait", { paused: true, reason: "operator" }, 3],
    ["paused", "bad", { paused: true, reason: "unauthorized" }, 3],
    ["circuit open", "bad", { circuit: "open", openUntil: NOW + 30_000 }, 3],
    ["recovering", "wait", { circuit: "half_open" }, 3],
    ["limited", "wait", { lastHour: summary({ delivered: 1 }) }, 3],
    ["limited", "wait", { lastError: { code: "http_429", at: NOW - 1_000 }, lastHour: summary() }, 0],
    ["running", "good", { lastError: { code: "http_429", at: NOW - 600_000 }, lastHour: summary() }, 0],
    ["running", "good", { lastError: { code: "http_500", at: NOW - 1_000 }, lastHour: summary() }, 0],
    ["in order", "wait", { backlog: true, lastHour: summary({ retry: 1 }) }, 0],
  ] as const)("is %s (%s)", (label, tone, status, parked) => {
    expect(state(status, parked).slice(0, 2)).toEqual([tone, label]);
  });

  it("is disabled, whatever else is known, where the release switches it off", () => {
    expect(state({ paused: true }, 3, false).slice(0, 2)).toEqual(["quiet", "disabled"]);
  });

  it("says until when a circuit is open", () => {
    expect(state({ circuit: "open", openUntil: NOW + 30_000 })[2]).toMatch(/tried again at \d\d:\d\d:30/);
  });
});

describe("figures", () => {
  it.each([
    [summary({ delivered: 9_999, failed: 1 }), "99.9 %"],
    [summary({ delivered: 5 }), "100 %"],
    [summary({ failed: 5 }), "0 %"],
    [summary({ skipped: 5, retry: 1 }), undefined],
    [undefined, undefined],
  ])("100 % is said where nothing failed, and nothing where nothing ended: %j", (given, words) => {
    expect(successOf(given)).toBe(words);
  });

  it.each([
    [{ lagP50Seconds: 2, lagP95Seconds: 300 }, "half within 2 s, 95 % within 5 min"],
    [{ lagP50Seconds: 5, lagP95Seconds: 5 }, "95 % within 5 s"],
    [{ lagP50Seconds: 5, lagP95Seconds: null }, "half within 5 s, 95 % in more than a day"],
    [{}, undefined],
  ])("the lag as bounds: %j", (lag, words) => {
    expect(lagOf(summary(lag))).toBe(words);
  });
});

it.each([
  [{ status: "ok" }, "good", "It answers, and takes our credentials."],
  [{ status: "unauthorized", code: "http_401" }, "bad", "It refuses our credentials: HTTP 401."],
  [{ status: "unreachable", code: "timeout" }, "bad", "It cannot be reached: no answer in time."],
  [
    { status: "misconfigured", code: "secret_missing:TOKEN" },
    "bad",
    "Its settings do not work: the secret TOKEN is missing.",
  ],
  [
    { status: "unknown", detail: "It is asked with real messages only." },
    "quiet",
    "It is asked with real messages only.",
  ],
] as const)("the check of a connection says what it came to: %j", (health, tone, words) => {
  expect(healthInWords(health)).toEqual([tone, words]);
});
