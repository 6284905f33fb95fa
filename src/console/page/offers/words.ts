/** Offers in words: whom they are for, how often they show, what each number means. Pure; used by the board and the form. */
import { listInWords } from "../../wording.ts";
import { conditionInWords } from "../condition/words.ts";
import { capitalised } from "../steps.ts";
import { type CapInput, isObject, type OfferInput } from "./shapes.ts";

/** The segments of an audience that says no more than "one of these"; undefined where it says more, or other things. */
export function segmentsOf(audience: OfferInput["audience"]): string[] | undefined {
  const clauses = Object.entries(audience ?? {});
  if (clauses.length === 0) return [];
  const [[field, clause] = ["", undefined]] = clauses;
  if (clauses.length > 1 || field !== "segments") return undefined;
  if (typeof clause === "string") return [clause];
  if (!isObject(clause) || Object.keys(clause).join() !== "$in" || !Array.isArray(clause.$in))
    return undefined;
  return clause.$in.every((name) => typeof name === "string") ? clause.$in : undefined;
}

export function audienceInWords(audience: OfferInput["audience"]): string {
  const segments = segmentsOf(audience);
  if (segments) return segments.length === 0 ? "Everybody" : `In ${segments.join(" or ")}`;
  const words = conditionInWords(audience);
  return words === undefined ? "By a rule that only its JSON shows" : `Where ${words}`;
}

const PER = { session: "a visit", day: "a day", week: "a week", lifetime: "in all" } as const;
export const PERIODS = Object.keys(PER) as CapInput["per"][]; // its keys are those

/** Only these can be counted without asking the visitor's object. */
export const isExact = ({ per, exact }: CapInput): boolean =>
  exact === true || per === "week" || per === "lifetime";

export const periodInWords = (per: CapInput["per"]): string =>
  Object.hasOwn(PER, per) ? PER[per] : `per ${per}`;

export const capInWords = (cap: CapInput): string =>
  `at most ${cap.count === 1 ? "once" : cap.count === 2 ? "twice" : `${cap.count} times`} ${periodInWords(cap.per)}${isExact(cap) ? ", exactly" : ""}`;

export const capsInWords = (caps: readonly CapInput[] = []): string =>
  caps.length === 0 ? "As often as it wins" : capitalised(listInWords(caps.map(capInWords)));

/** What counting costs, and how sure it is. */
export const costInWords = (cap: CapInput): string =>
  isExact(cap)
    ? "Counted by person, on all their devices. Before it shows, a counter is asked: some milliseconds, and one billed request each time. Nobody can be counted without consent: they do not see it."
    : "Counted in the browser's session cookie. It costs nothing; with two tabs at once it may show once more.";

/** `1.5 %`; a dash where there is nothing to divide by. */
export const shareInWords = (share: number | null): string =>
  share === null ? "–" : `${(share * 100).toLocaleString("en-GB", { maximumFractionDigits: 2 })} %`;
