/**
 * Which consent is in force. Known from the decision's cookie, else from `GET /consent`; changed by `PUT /consent`.
 * The cookie is looked at again for every event and every batch, so a withdrawal in another tab stops this one too.
 */
import { settings } from "./config.ts";
import { consentCookie, parseConsentCookie, purposesWhere } from "./consent-cookie.ts";
import { guard, sleep } from "./guard.ts";
import { backoffMs, call } from "./http.ts";
import type { ConsentState, Purpose } from "./types.ts";

let state: ConsentState | null = null;
let lastCookie: string | undefined;
/** Counts requests, so that an answer that a later decision overtook is ignored. */
let latest = 0;
let turn: Promise<unknown> | undefined;
/** The decision that is on its way: until it is answered, the cookie still tells the old one. */
export let deciding: ConsentState | null = null;
/** It takes something back. */
let withdraws = false;
/** What the visitor was asked, by decisions that none was answered between: a later one goes to the door in their place. */
let asked: Partial<Record<Purpose, boolean>> = {};
const listeners = new Set<(state: ConsentState) => void>();

/** Whether anything may be sent or stored at all. The door filters by purpose; no purpose at all ends it here. */
export const isGranted = (consent: ConsentState | null): boolean | null =>
  consent && Object.values(consent.purposes).includes("granted");

/** The consent in force, or null while it is not known; the first call without a valid cookie asks the server. */
export const consentNow = (): ConsentState | null => {
  const cookie = readCookie();
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

/** Says again what an earlier page of this tab was left with. Called once, at start: until it is answered nothing holds. */
export const resumeDecision = guard((): void => {
  const [body, cookie] = (sessionStorage.ds_d ?? "").split("\n");
  if (cookie === readCookie()) {
    asked = JSON.parse(body).choices;
    lastCookie = cookie;
    deciding = { purposes: {} } as ConsentState;
    withdraws = true;
    void ask("PUT", body);
  } else forget();
});

/** Calls back on every change, also when consent first becomes known. Returns the way to stop. */
export const onConsentChange = (callback: (state: ConsentState) => void): (() => void) => {
  const listener = guard(callback);
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/**
 * Records a decision; purposes left out keep their value. Resolves to the consent in force after the answer.
 * @param choices undefined where only the door can tell what is decided
 * @param more what else the door is told, such as the banner's version; `purposes: undefined` leaves the decision to the
 *   strings beside it, and `choices` then only hold until it has answered
 */
export const decide = async (
  choices: Partial<Record<Purpose, boolean>> | undefined,
  more?: { choices?: object; evidence?: object },
): Promise<ConsentState | null> => {
  const current = deciding ?? consentNow();
  asked = { ...asked, ...(more?.choices ?? choices) };
  const purposes = purposesWhere((purpose) => {
    const was = current?.purposes[purpose] === "granted";
    // A page without types may pass anything; only a real `true` grants.
    const is = (choices?.[purpose] ?? was) === true;
    withdraws ||= was && !is;
    return is;
  });
  // Where nothing is known yet, it is a guess until the door has answered: without regime and time of expiry, and no reason
  // to drop what waits, since it may be that nothing but one purpose is taken back.
  const known = current?.regime;
  const next = { ...current, purposes, explicit: !!known } as ConsentState;
  deciding = next;
  // A full withdrawal does not wait for the server. A grant does: it counts once it is on record.
  if (choices && !isGranted(next)) apply(next);
  const body = JSON.stringify({ purposes: known && purposes, ...more, choices: asked });
  keep(body);
  await ask("PUT", body);
  return state;
};

const apply = (next: ConsentState): void => {
  const essence = (consent: ConsentState | null) => JSON.stringify([consent?.purposes, consent?.explicit]);
  const changed = essence(state) !== essence(next);
  state = next;
  if (changed) for (const listener of listeners) listener(next);
};

/**
 * The tab keeps a decision until the door has answered, since the page may be gone before that: what the door is to be told, and
 * in a second line the cookie that it was made over. With another cookie there is an answer, or a later decision.
 */
const keep = guard((body: string) => {
  sessionStorage.ds_d = `${body}\n${readCookie()}`;
});
const forget = guard(() => {
  delete sessionStorage.ds_d;
});

/** Asks until there is an answer or a later request takes over. Never two at once: decisions must arrive in order. */
const ask = async (method: string, body?: string): Promise<void> => {
  const mine = ++latest;
  for (let failures = 1; ; failures++) {
    await turn;
    if (mine !== latest) return;
    const request = call(method, settings.consent ?? "/consent", body);
    turn = request;
    const { retry, afterMs, body: answer } = await request;
    if (mine !== latest) return;
    const next = readAnswer(answer);
    if (next) apply(next);
    else if (body && withdraws) {
      // The withdrawal is not on record: without the cookie the next page has to ask instead of going on as granted.
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is too new, and asynchronous.
      document.cookie = "ds_consent=;path=/;max-age=0";
      lastCookie = readCookie();
      keep(body);
    }
    if (!retry) {
      forget();
      // Refused for good: on this page it holds all the same.
      if (!next && withdraws) return;
      break;
    }
    await sleep(afterMs || backoffMs(failures));
    // Another page has had it answered, meanwhile or while this one was in the back-forward cache, or has decided anew.
    if (body && mine === latest && readCookie() !== lastCookie) break;
  }
  deciding = null;
  withdraws = false;
  asked = {};
};

/** Reading cookies is forbidden in some frames; there, the server is asked on every page. */
const readCookie = (): string => consentCookie(guard(() => document.cookie)() ?? "");

/** The consent in the server's answer; undefined if it has none. Any other value than "granted" denies. */
const readAnswer = (answer: unknown): ConsentState | undefined => {
  // What is used of it is checked or normalised right here.
  const given = answer as ConsentState | null | undefined;
  return (
    given?.purposes && {
      ...given,
      purposes: purposesWhere((purpose) => given.purposes[purpose] === "granted"),
    }
  );
};
