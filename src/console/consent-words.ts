/**
 * Consent in words that a privacy officer reads: grounds, receipts and sources as src/consent/decide.ts writes them. What
 * is not listed is shown as it is. Pure; used by the trace, the ledger and the console's page.
 */
import { listInWords } from "./wording.ts";

/** Grounds that stand for themselves. */
const GROUNDS: Record<string, string> = {
  cookie: "the visitor's own decision",
  default: "the regime's default",
  gpc: "Global Privacy Control",
  event: "the event's own statement",
  expired: "a decision that has expired",
  ledger: "the consent ledger",
};

/** Kinds of signals: by themselves, with the name of which of their kind it is, or with a code of why they are not valid. */
const SIGNALS: Record<string, string> = {
  choice: "the visitor's own decision",
  server: "a message of the company's own server",
  statement: "the event's own statement",
  gpc: "Global Privacy Control",
  tcf: "the TCF string",
  gpp: "the GPP string",
  banner: "the banner's cookie",
  consent_mode: "Google Consent Mode",
};

/** Why a signal cannot be relied upon, and so denies: src/consent/signals. */
const INVALID: Record<string, string> = {
  too_long: "it is too long to be read",
  too_many_strings: "its request carried more strings than are read",
  malformed: "it cannot be decoded",
  unsupported: "it has a form that cannot be read",
  tcf_version: "it is not of the encoding of version 2",
  tcf_cmp: "it names no consent manager, or one that the policy does not list",
  tcf_dates: "its dates contradict each other",
  tcf_global_scope: "it is of the global scope, which there is no more",
  tcf_policy_version: "it was made under a policy that was no longer in force",
  tcf_no_disclosed_vendors: "it does not say which vendors were disclosed",
  gpp_section_missing: "it lacks a section that applies",
  gpp_section_unknown: "a section that applies is not known",
  gpp_section_version: "a section that applies is of a version that is not known",
};

const own = (words: Record<string, string>, key: string): string | undefined =>
  Object.hasOwn(words, key) ? words[key] : undefined;

/** What said that a purpose is granted or denied: `gpp:usca` is "the GPP string (usca)". */
export function groundInWords(ground: string): string {
  const colon = ground.indexOf(":");
  const [kind, about] = colon < 0 ? [ground, ""] : [ground.slice(0, colon), ground.slice(colon + 1)];
  const signal = own(SIGNALS, kind);
  if (about === "") return own(GROUNDS, ground) ?? signal ?? ground.replaceAll("_", " ");
  if (signal === undefined) return `${kind.replaceAll("_", " ")} (${about})`;
  const invalid = own(INVALID, about);
  return invalid === undefined
    ? `${signal} (${about.split(",").join(", ")})`
    : `${signal}, which is not valid: ${invalid}`;
}

/** Sources of a row of the ledger, `choice+banner:onetrust`. */
export const sourcesInWords = (sources: string): string =>
  listInWords(sources.split("+").map((source) => groundInWords(source)));

/** The decisions that a receipt names, `a+tcf:sha256:…`. The event's own statement, which has a `+` of its own, is the last. */
export function decisionsOf(receipt: string): string[] {
  const said = /(?:^|\+)statement:.*$/.exec(receipt);
  const others = said ? receipt.slice(0, said.index) : receipt;
  const statement = said ? [said[0].replace(/^\+/, "")] : [];
  return [...(others === "" ? [] : others.split("+")), ...statement];
}

/** In the place of a decision's id, for whoever may not see what is one person's: pseudonyms.ts. */
export const WITHHELD = "withheld";

/** Where a consent decision comes from, by the form of its receipt. */
export function receiptInWords(receipt: string): string {
  if (receipt.startsWith("default:")) return "nobody has decided, so its default holds";
  if (receipt === "anonymous")
    return "a decision that is not named, since the client asked not to be recognised";
  if (receipt === WITHHELD)
    return "a decision that is not named, since you may not see what is known of one person";
  const decisions = decisionsOf(receipt).map(decisionInWords);
  return decisions.length > 1 ? `${listInWords(decisions)} together` : (decisions[0] ?? "no decision");
}

function decisionInWords(decision: string): string {
  if (decision.startsWith("statement:")) return "the event's own statement";
  const colon = decision.indexOf(":");
  const signal = colon < 0 ? undefined : own(SIGNALS, decision.slice(0, colon));
  return signal === undefined
    ? `decision \`${decision}\``
    : `${signal} with the evidence \`${decision.slice(colon + 1)}\``;
}
