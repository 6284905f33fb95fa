/** What the browser script reads from outside: its own tag, cookies, headers and a queue that anything may have written. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { baseOf } from "../../../src/browser/config.ts";
import { consentCookie, parseConsentCookie } from "../../../src/browser/consent-cookie.ts";
import { backoffMs, retryAfterMs } from "../../../src/browser/http.ts";
import { bounded, byteLength, parseQueue } from "../../../src/browser/queue.ts";
import type { BrowserEvent } from "../../../src/browser/types.ts";

const PAGE = "https://shop.example/guide/skis?x=1";
const NOW = Date.parse("2026-11-01T00:00:00Z");

describe("the base of the endpoints", () => {
  it.each([
    ["https://shop.example/doorstep.js", undefined, "https://shop.example"],
    ["https://shop.example/ds/any-name.js?v=1/2#x", undefined, "https://shop.example/ds"],
    ["https://shop.example/doorstep.js", "/ds/", "https://shop.example/ds"],
    ["https://shop.example/doorstep.js", "https://data.shop.example", "https://data.shop.example"],
    [undefined, "/", "https://shop.example"],
  ])("of a script at %s with data-base %s is %s", (src, override, base) => {
    expect(baseOf(src, override, PAGE)).toBe(base);
  });
});

describe("the decision's cookie", () => {
  const encode = (payload: unknown) => Buffer.from(JSON.stringify(payload)).toString("base64url");

  it("is found among others and read", () => {
    const payload = encode({ p: "ap", r: "gdpr", t: 1, x: NOW / 1000 + 60 });
    const found = consentCookie(`not_ds_consent=1.x.y; ds_consent=1.${payload}.sig; other=1`);
    expect(parseConsentCookie(found, NOW)).toEqual({
      purposes: { analytics: "granted", marketing: "denied", personalization: "granted" },
      regime: "gdpr",
      explicit: true,
      expires_at: "2026-11-01T00:01:00.000Z",
    });
  });

  it("is ignored when it has expired or has another version", () => {
    expect(parseConsentCookie(encode({ p: "a", r: "gdpr", x: NOW / 1000 }), NOW)).toBeNull();
    expect(consentCookie(`ds_consent=2.${encode({ p: "a", x: 1e11 })}.sig`)).toBe("");
  });

  it("never throws, whatever it holds", () => {
    fc.assert(
      fc.property(
        fc.string(),
        (text) => parseConsentCookie(consentCookie(`ds_consent=1.${text}`), NOW) === null,
      ),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        const read = parseConsentCookie(Buffer.from(json).toString("base64url"), NOW);
        return read === null || read.explicit;
      }),
    );
  });
});

describe("how long to wait", () => {
  it.each([
    ["120", 120_000],
    ["Sun, 01 Nov 2026 00:00:30 GMT", 30_000],
    ["999999999", 3_600_000],
    ["0", undefined],
    ["soon", undefined],
    ["Sun, 01 Nov 2020 00:00:30 GMT", undefined],
    [null, undefined],
  ])("Retry-After: %s means %s ms", (header, waitMs) => {
    expect(retryAfterMs(header, NOW)).toBe(waitMs);
  });

  it("backs off up to about a minute", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), (failures) => {
        const waitMs = backoffMs(failures);
        return waitMs >= 750 && waitMs <= 75_000;
      }),
    );
  });
});

describe("the stored queue", () => {
  const event = (n: number, text: string): BrowserEvent => ({
    id: `id-${n}`,
    name: "login",
    occurred_at: "2026-11-01T00:00:00.000Z",
    properties: { text },
    context: { page: { url: PAGE, title: "", referrer: "" }, locale: "en" },
  });

  it("is read as a list of events, whatever it holds", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const queue = parseQueue(() => text);
        return Array.isArray(queue) && queue.every((item) => item.id && item.name);
      }),
    );
    expect(parseQueue(() => undefined)).toEqual([]);
    expect(parseQueue(() => JSON.stringify([event(1, ""), null, 7, {}]))).toEqual([event(1, "")]);
  });

  it("keeps the newest events, at most 100 and 60 kB of them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme", maxLength: 2_000 }), { maxLength: 130 }),
        (texts) => {
          const events = texts.map((text, n) => event(n, text));
          const kept = bounded(events);
          expect(kept.length).toBeLessThanOrEqual(100);
          expect(byteLength(JSON.stringify(kept))).toBeLessThanOrEqual(60_000);
          expect(kept).toEqual(events.slice(events.length - kept.length));
        },
      ),
      { numRuns: 30 },
    );
  });
});
