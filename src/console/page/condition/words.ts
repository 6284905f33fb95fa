/** Attributes, conditions and what is wrong with one, in words. Pure; used by the rows and by what describes a condition. */
import { type Group, isRow, type Operator, type Row, readCondition } from "./model.ts";

/** What is built in, with the group that it is listed in. */
const BUILT_IN: Readonly<Record<string, readonly [group: string, words: string]>> = {
  identity_state: ["Who it is", "how well they are known"],
  lifecycle_stage: ["Who it is", "stage on the way to a customer"],
  segments: ["Segments and lists", "segments"],
  lists: ["Segments and lists", "imported lists"],
  country: ["This visit", "country"],
  region: ["This visit", "region"],
  device: ["This visit", "device"],
  session_number: ["This visit", "how many visits there have been"],
  utm_source: ["This visit", "campaign: source"],
  utm_medium: ["This visit", "campaign: medium"],
  utm_campaign: ["This visit", "campaign: name"],
};

const builtIn = (name: string) => (Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined);

/** Which group of the list an attribute is in. */
export const groupOf = (name: string): string => builtIn(name)?.[0] ?? "What they do";

/** `purchases 30d`, `rfm: recency`. */
export const attributeInWords = (name: string): string =>
  builtIn(name)?.[1] ?? name.replaceAll("_", " ").replace(/\.$/, " of …").replaceAll(".", ": ");

/** What checks say, for whoever has never seen the JSON. */
export function problemInWords(message: string): string {
  const words = message
    .replace(/^(can never hold together with) .*/, "$1 the other rules about the same")
    .replace(/^must be text, .*/, "needs a text")
    .replace(/^must be a number, .*/, "needs a number")
    .replace(/^is no known field$/, "asks about something that is not there (any more)");
  return words.startsWith("must be one of") || words.startsWith("needs") || words.startsWith("asks")
    ? `This rule ${words.replace("must be", "needs")}.`
    : `This ${words}.`;
}

const VERBS: Record<Operator, string> = {
  is: "is",
  $ne: "is not",
  $gte: "is at least",
  $gt: "is more than",
  $lte: "is at most",
  $lt: "is less than",
  $in: "is one of",
  $nin: "is none of",
  $all: "has all of",
  $exists: "is known",
};

/** `value is at least 100 and currency is “EUR”`; undefined where there is no condition, or none that rows can show. */
export function conditionInWords(condition: unknown): string | undefined {
  const group = readCondition(condition);
  return group && group.of.length > 0 ? groupInWords(group) : undefined;
}

const groupInWords = ({ kind, of }: Group): string => {
  const parts = of.map((part) =>
    isRow(part) ? rowInWords(part) : part.of.length > 1 ? `(${groupInWords(part)})` : groupInWords(part),
  );
  if (kind === "none") return `not ${parts.length > 1 ? `(${parts.join(" or ")})` : parts.join("")}`;
  return parts.join(kind === "all" ? " and " : " or ");
};

const rowInWords = ({ field, operator, value }: Row): string => {
  const name = attributeInWords(field);
  if (operator === "$exists") return `${name} is ${value === false ? "not known" : "known"}`;
  if (typeof value === "boolean" && operator === "is") return `${name} ${value ? "holds" : "does not hold"}`;
  const values = Array.isArray(value) ? value.map(quoted).join(", ") : quoted(value);
  return `${name} ${VERBS[operator]} ${values}`;
};

const quoted = (value: unknown): string => (typeof value === "string" ? `“${value}”` : String(value));
