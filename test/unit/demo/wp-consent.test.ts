/** The WordPress plug-in's bridge to the WP Consent API, run as the browser runs it, over that API's own cookies and event. */
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { expect, it } from "vitest";

const SCRIPT = readFileSync("demo/wordpress/doorstep/consent.js", "utf8");
type State = { explicit: boolean; purposes: Record<string, "granted" | "denied"> };

/** A page: its cookies, the WP Consent API's two functions, and the part of `window.doorstep` that is used. */
function page(cookies: Record<string, string>, initial: State) {
  let state = initial;
  const listeners: ((now: State) => void)[] = [];
  const told: unknown[] = [];
  const heard: ((event: { detail: object }) => void)[] = [];
  const doorstep = {
    consent: {
      get: () => state,
      set: async (choices: Record<string, boolean>, more: unknown) => {
        told.push([{ ...choices }, more]);
        const purposes = { ...state.purposes };
        for (const [purpose, granted] of Object.entries(choices))
          purposes[purpose] = granted ? "granted" : "denied";
        decide({ explicit: true, purposes });
      },
      onChange: (callback: (now: State) => void) => listeners.push(callback),
    },
  };
  const decide = (next: State) => {
    state = next;
    for (const listener of listeners) listener(next);
  };
  const setCategory = (category: string, value: string) => {
    cookies[`wp_consent_${category}`] = value;
    const detail = Object.assign([], { [category]: value });
    for (const listener of heard) listener({ detail });
  };
  const document = {
    get cookie() {
      return Object.entries(cookies)
        .map((pair) => pair.join("="))
        .join("; ");
    },
    addEventListener: (_: string, listener: (event: { detail: object }) => void) => heard.push(listener),
  };
  const window = { doorstep, wp_set_consent: setCategory };
  runInContext(SCRIPT, createContext({ window, document, setTimeout }));
  return { told, cookies, decide, setCategory };
}

const UNDECIDED: State = {
  explicit: false,
  purposes: { analytics: "denied", marketing: "denied", personalization: "denied" },
};

it("tells Doorstep what the site's banner was told, and nothing where nobody was asked", async () => {
  expect(page({}, UNDECIDED).told).toEqual([]);
  const cookies = {
    wp_consent_statistics: "allow",
    wp_consent_marketing: "deny",
    wp_consent_preferences: "allow",
  };
  expect(page(cookies, UNDECIDED).told).toEqual([
    [
      { analytics: true, marketing: false, personalization: true },
      { evidence: { banner: "wp-consent-api" } },
    ],
  ]);
});

it("passes a withdrawal on at once", () => {
  const cookies = {
    wp_consent_statistics: "allow",
    wp_consent_marketing: "allow",
    wp_consent_preferences: "allow",
  };
  const { told, setCategory } = page(cookies, {
    explicit: true,
    purposes: { analytics: "granted", marketing: "granted", personalization: "granted" },
  });
  expect(told).toEqual([]);
  setCategory("marketing", "deny");
  expect(told).toEqual([
    [
      { analytics: true, marketing: false, personalization: true },
      { evidence: { banner: "wp-consent-api" } },
    ],
  ]);
});

it("tells the other plug-ins what was decided in Doorstep's own banner, once", () => {
  const { told, cookies, decide } = page({}, UNDECIDED);
  const granted: State = { explicit: true, purposes: { ...UNDECIDED.purposes, analytics: "granted" } };
  decide(granted);
  expect(cookies).toEqual({
    wp_consent_statistics: "allow",
    wp_consent_marketing: "deny",
    wp_consent_preferences: "deny",
  });
  decide(granted);
  expect(told).toEqual([]);
});
