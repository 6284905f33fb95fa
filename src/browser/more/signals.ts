/**
 * What consent managers of the page say, made one decision: each kind's latest word counts, and between kinds the most
 * restrictive (`consentSignals` is called by main.ts, what it returns by the adapters). The door is told only of a
 * change, through the same call as a banner of the site's own makes.
 */
import { warn } from "../guard.ts";
import type { ConsentState, Doorstep, Purpose } from "../types.ts";

/** What one kind of signal says; a purpose that is left out keeps its value. */
export type Choices = Partial<Record<Purpose, boolean>>;

/** Combines choices: a purpose is granted if all who speak of it grant it. */
export const combine = (kinds: Choices[]): Choices => {
  const wanted: Choices = {};
  for (const choices of kinds) {
    for (const purpose of ["analytics", "marketing", "personalization"] as const) {
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

/** Returns the function that takes what a kind of signal says, whenever it says something. */
export const consentSignals = (
  consent: Doorstep["consent"],
): ((kind: "tcf" | "gpp" | "consent-mode", choices: Choices) => void) => {
  const said = new Map<string, Choices>();
  /** The decision that is on its way: until it is answered, the state in force is an earlier one. */
  let sent = "";

  const settle = async (): Promise<void> => {
    const state = consent.get();
    if (!state) return;
    const wanted = combine([...said.values()]);
    // A stored signal is no word said in spite of Global Privacy Control; only the site's own banner can ask for that.
    if (wanted.marketing && isGpcOn()) delete wanted.marketing;
    const choices = JSON.stringify(wanted);
    if (sent ? choices === sent : !isChange(state, wanted)) return;
    sent = choices;
    await consent.set(wanted);
    if (sent === choices) sent = "";
  };
  const settleSafely = () => void settle().catch(warn);

  return (kind, choices) => {
    said.set(kind, choices);
    if (consent.get()) return settleSafely();
    // Before the consent in force is known, nothing can be told a change.
    const stop = consent.onChange(() => {
      stop();
      settleSafely();
    });
  };
};

const isGpcOn = (): boolean =>
  (navigator as { globalPrivacyControl?: unknown }).globalPrivacyControl === true;
