/**
 * From anywhere in the console to somebody's profile. Who is meant is handed over in memory: an identifier's key is a
 * person's, and does not belong into an address, which browsers remember. Called by the trace, the ledger and the graph.
 */
import type { Whom } from "../../profile/whom.ts";
import { h } from "../dom.ts";
import { allows, OF_A_PERSON } from "../may.ts";

let asked: Whom | undefined;
let listener: ((whom: Whom) => void) | undefined;

/** Go to the profile of this one. */
export function openProfile(whom: Whom): void {
  asked = whom;
  const isThere = /^#\/profiles(\/|$)/.test(location.hash);
  if (isThere) listener?.(whom);
  else location.hash = "#/profiles";
}

/** Whom somebody has asked to see since the last call; the profile view takes it when it is shown. */
export function takeAsked(): Whom | undefined {
  const whom = asked;
  asked = undefined;
  return whom;
}

/** The view that is shown is told at once. */
export function onOpen(listen: typeof listener): void {
  listener = listen;
}

/** A link to a profile; nothing for those who may not see one. @param label what it says */
export function profileLink(key: string | undefined, label = "Open the profile"): HTMLElement | undefined {
  if (key === undefined || !allows(OF_A_PERSON)) return undefined;
  return h(
    "a",
    {
      attrs: { href: "#/profiles" },
      on: {
        click: (event) => {
          event.preventDefault();
          openProfile({ key });
        },
      },
    },
    label,
  );
}
