/** Changes of identity and their answers in the words of the console. Pure. */
import type { Settlement } from "#identity/changes/queue";
import type { ChangeShown } from "../../identity/view.ts";
import { listInWords } from "../../wording.ts";
import { keyInWords } from "../profile/key.ts";

/** What was done, as a heading says it. */
export const ACTION_WORDS: Record<string, string> = {
  merge: "Merged",
  split: "Split",
  aside: "Set a value aside",
  unaside: "Took back that a value was aside",
  apart: "Kept apart",
};

/** What a button that settles a conflict says. */
export function settlementInWords(as: Settlement, reason: string): string {
  if (as === "same") return reason === "device_of_several_people" ? "It is this person's…" : "One person…";
  if (as === "different") return "Different people…";
  return as === "aside" ? "The value is nobody's…" : "Leave it…";
}

/** What the dialog before it asks. */
export const SETTLE_TITLES: Record<Exclude<Settlement, "keep">, string> = {
  same: "Are they one person?",
  different: "Are they different people?",
  aside: "Is this value nobody's?",
};

const KIND_WORDS: Record<string, string> = {
  manual: "joined by hand",
  apart: "kept apart",
  aside: "set aside",
  proof: "proof",
  device: "seen in one browser",
  rule: "match rule",
};

/** What a change did to links: "2 joined by hand, 1 proof revoked". */
export function linksInWords(links: ChangeShown["links"]): string {
  const kinds = Map.groupBy(
    links,
    ({ kind, after }) => `${KIND_WORDS[kind] ?? kind}${after === "live" ? "" : " revoked"}`,
  );
  return listInWords([...kinds].map(([what, { length }]) => `${length} ${what}`));
}

/** Whom a change is about: the identifiers that its links name, the first few. */
export function endsInWords(links: ChangeShown["links"]): string {
  const ends = [...new Set(links.flatMap(({ a, b }) => [a, b]))];
  const shown = ends.slice(0, MAX_ENDS).map(keyInWords);
  return ends.length > MAX_ENDS
    ? `${shown.join(", ")} and ${ends.length - MAX_ENDS} more`
    : listInWords(shown);
}

const MAX_ENDS = 4;
