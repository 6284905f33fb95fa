/**
 * Which consent is in force. Known from the decision's cookie, else from `GET /consent`; changed by `PUT /consent`.
 * The cookie is looked at again for every event and every batch, so a withdrawal in another tab stops this one too.
 */
import { consentCookie, parseConsentCookie } from "./consent-cookie.ts";
import { guard, later } from "./guard.ts";
import { backoffMs, call } from "./http.ts";
import type { ConsentState, Purpose } from "./types.ts";

const PURPOSES = ["analytics", "marketing", "personalization"] as const;

let state: ConsentState | null = null;
let lastCookie: string | undefined;
/** Counts requests, so that an answer that a later decision overtook is ignored. */
let latest = 0;
let turn: Promise<unknown> = Promise.resolve();
/** While a decision is on its way, the cookie still tells the old one. */
let deciding = false;
const listeners = new Set<(state: ConsentState) => void>();

/** Whether anything may be sent or stored at all. The door filters by purpose; no purpose at all ends it here. */
export const isGranted = (consent: ConsentState | null): boolean =>
  !!consent && PURPOSES.some((purpose) => consent.purposes[purpose] === "granted");

/** The consent in force, or null while it is not known; the first call without a valid cookie asks the server. */
export const consentNow = (): ConsentState | null => {
  const cookie = consentCookie(document.cookie);
  if (!deciding && cookie !== lastCookie) {
    lastCookie = cookie;
    const decision = parseConsentCookie(cookie, Date.now());
    if (decision) {
      latest++;
      apply(decision);
    } else {
      state = null;
      void ask("GET");
    }
  }
  return state;
};

/** Calls back on every change, also when consent first becomes known. Returns the way to stop. */
export const onConsentChange = (callback: (state: ConsentState) => void): (() => void) => {
  const listener = guard(callback);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
};

/** Records a decision; purposes left out keep their value. Resolves to the consent in force after the answer. */
export const decide = async (choices: Partial<Record<Purpose, boolean>>): Promise<ConsentState | null> => {
  const current = consentNow();
  const decision = (purpose: Purpose) => {
    // Only a real `true` grants, whatever a page without types passes.
    const granted = choices[purpose] === undefined ? current?.purposes[purpose] === "granted" : choices[purpose] === true;
    return granted ? "granted" : "denied";
  };
  const purposes = {
    analytics: decision("analytics"),
    marketing: decision("marketing"),
    personalization: decision("personalization"),
  };
  const next: ConsentState = { regime: "", expires_at: null, ...current, purposes, explicit: true };
  deciding = true;
  // A full withdrawal does not wait for the server. A grant does: it counts once it is on record.
  if (!isGranted(next)) apply(next);
  await ask("PUT", JSON.stringify({ purposes }));
  return state;
};

const apply = (next: ConsentState): void => {
  const essence = (consent: ConsentState | null) =>
    consent && PURPOSES.map((purpose) => consent.purposes[purpose]) + String(consent.explicit);
  const changed = essence(state) !== essence(next);
  state = next;
  if (changed) for (const listener of listeners) listener(next);
};

/** Asks until there is an answer or a later request takes over. Never two at once: decisions must arrive in order. */
const ask = async (method: string, body?: string): Promise<void> => {
  const mine = ++latest;
  for (let failures = 1; ; failures++) {
    await turn;
    if (mine !== latest) return;
    const request = call(method, "/consent", body, true);
    turn = request;
    const answer = await request;
    if (mine !== latest) return;
    const next = answer.status === "ok" && readAnswer(answer.body);
    if (next || answer.status === "refused") {
      deciding = false;
      if (next) guard(apply)(next);
    }
    if (next) return;
    // The withdrawal is not on record: without the cookie the next page has to ask instead of going on as granted.
    if (body && !isGranted(state)) {
      document.cookie = "ds_consent=;path=/;max-age=0";
      lastCookie = consentCookie(document.cookie);
    }
    if (answer.status === "refused") return;
    const waitMs = (answer.status === "retry" && answer.afterMs) || backoffMs(failures);
    await new Promise<void>((resolve) => later(resolve, waitMs));
  }
};

/** The server's answer, where only the word "granted" grants; null if it is not one. */
const readAnswer = (body: unknown): ConsentState | null => {
  // Checked right here: an answer without purposes is none, and any other value than "granted" denies.
  const answer = body as Partial<ConsentState> | null;
  const given = answer?.purposes;
  if (!given) return null;
  const decision = (purpose: Purpose) => (given[purpose] === "granted" ? "granted" : "denied");
  return {
    purposes: {
      analytics: decision("analytics"),
      marketing: decision("marketing"),
      personalization: decision("personalization"),
    },
    regime: String(answer.regime),
    explicit: answer.explicit === true,
    expires_at: answer.expires_at ?? null,
  };
};
