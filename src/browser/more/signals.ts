/**
 * What consent managers of the page say, told to the door: their strings as they are, which the door reads by its own
 * rules, and where there is none the choices that they come to. Each kind's latest word counts, and between kinds the
 * most restrictive. The door is told only of what it does not know (`consentSignals` is called by main.ts, what it
 * returns by the adapters).
 */
import { warn } from "../guard.ts";
import type { ConsentState, Doorstep, Purpose } from "../types.ts";
import { isTold, toldMarks } from "./mark.ts";

/** What one kind of signal says; a purpose that is left out keeps its value. */
export type Choices = Partial<Record<Purpose, boolean>>;

/** Consent strings, as `PUT /consent` takes them. */
export interface Strings {
  tcf?: string;
  gpp?: string;
  gpp_sid?: number[];
}

/** One kind's word. */
export interface Said {
  /** As far as it can be read here. */
  choices: Choices;
  strings?: Strings | undefined;
  /** The strings say all of it: the choices only tell whether that is news. */
  decides?: boolean;
  /** Refused by any reading of the strings: it does not wait for the door. */
  refused?: Choices;
  /** The visitor decided just now. */
  fresh?: boolean;
}

const PURPOSES = ["analytics", "marketing", "personalization"] as const;

/** Combines choices: a purpose is granted if all who speak of it grant it. */
export const combine = (kinds: Choices[]): Choices => {
  const wanted: Choices = {};
  for (const choices of kinds) {
    for (const purpose of PURPOSES) {
      const said = choices[purpose];
      if (said !== undefined) wanted[purpose] = said && wanted[purpose] !== false;
    }
  }
  return wanted;
};

/**
 * Whether the door has to hear of it. The same choices count as new while the regime's default is in force, if they
 * are a whole decision and no mere objection.
 */
export const isChange = (state: ConsentState, wanted: Choices): boolean =>
  (!state.explicit && wanted.analytics !== undefined) ||
  Object.entries(wanted).some(
    // The keys are purposes: `combine` made them.
    ([purpose, yes]) => (state.purposes[purpose as Purpose] === "granted") !== yes,
  );

/** `consent.set` with whatever else the door is told. */
type Tell = (choices: Choices | undefined, more: object) => Promise<unknown>;

/** Returns the function that takes what a kind of signal says, whenever it says something. */
export const consentSignals = (
  consent: Doorstep["consent"],
): ((kind: "tcf" | "gpp" | "consent-mode", said: Said) => void) => {
  const heard = new Map<string, Said>();
  /** The decision that is on its way: until it is answered, the state in force is an earlier one. */
  let sent = "";

  const settle = async (): Promise<void> => {
    const state = consent.get();
    if (!state) return;
    const all = [...heard.values()];
    const wanted = combine(all.map(({ choices }) => choices));
    // A stored signal is no word said in spite of Global Privacy Control; only the site's own banner can ask for that.
    if (wanted.marketing && isGpcOn()) delete wanted.marketing;
    const strings = stringsOf(all);
    const decided = JSON.stringify([wanted, strings]);
    if (sent ? decided === sent : !isNews(state, wanted, all)) return;
    sent = decided;
    for (const said of all) said.fresh = false;
    await (consent.set as Tell)(...tellOf(wanted, strings, all));
    if (sent === decided) sent = "";
  };
  const settleSafely = () => void settle().catch(warn);

  return (kind, said) => {
    heard.set(kind, said);
    if (consent.get()) return settleSafely();
    // Before the consent in force is known, nothing can be told a change.
    const stop = consent.onChange(() => {
      stop();
      settleSafely();
    });
  };
};

/** A string that the door knows is news where the visitor has just decided, and not where it was only stored. */
const isNews = (state: ConsentState, wanted: Choices, all: Said[]): boolean => {
  const differs = isChange(state, wanted);
  const deciding = all.filter(({ decides }) => decides);
  if (!deciding.length) return differs;
  const marks = toldMarks();
  if (marks === undefined) return differs || !state.explicit;
  return (
    !isTold(stringsOf(deciding), marks) || (differs && all.some(({ fresh, decides }) => fresh || !decides))
  );
};

const stringsOf = (all: Said[]): Strings => Object.assign({}, ...all.map(({ strings }) => strings));

/** What `consent.set` is given. Strings go to the door as they are, and beside them only what else was said. */
const tellOf = (wanted: Choices, strings: Strings, all: Said[]): Parameters<Tell> => {
  // No word of the visitor's on this page: it does not go before Global Privacy Control.
  const more = { ...strings, choices: {} };
  if (!Object.keys(strings).length) return [wanted, more];
  const words = combine(all.filter(({ decides }) => !decides).map(({ choices }) => choices));
  if (wanted.marketing === undefined) delete words.marketing;
  const named = Object.entries(words).map(([purpose, yes]) => [purpose, yes ? "granted" : "denied"]);
  const purposes = named.length ? Object.fromEntries(named) : undefined;
  // Until the door has answered.
  const meanwhile = combine(all.map(({ choices, decides, refused = {} }) => (decides ? refused : choices)));
  return [Object.keys(meanwhile).length ? meanwhile : undefined, { ...more, purposes }];
};

const isGpcOn = (): boolean =>
  (navigator as { globalPrivacyControl?: unknown }).globalPrivacyControl === true;
