/**
 * The ledger of one person: a form that says who is meant, what holds for them now, and their decisions as a line. What is
 * typed is sent in the body of a request and is kept nowhere.
 */
import { IDENTIFIER_NAMESPACES } from "#contracts/taxonomy";
import type { Decision, IdentifierState, PersonLedger, PurposeState } from "../consent-ledger.ts";
import { type Answer, call } from "./api.ts";
import { chip, empty, fill, h, type Tone } from "./dom.ts";
import { addOwnNamespaces } from "./own-namespaces.ts";
import { profileLink } from "./profile/open.ts";
import { code, facts, step } from "./steps.ts";
import { timeOf } from "./time.ts";

const BY_EVENT = "event";
const BY_KEY = "key";
const WAYS: readonly (readonly [string, string])[] = [
  [BY_EVENT, "Event id"],
  [BY_KEY, "Identifier key"],
  ...IDENTIFIER_NAMESPACES.filter((name) => name !== "visitor_id").map(
    (name) => [name, name.replace("_", " ")] as const,
  ),
];

export interface LedgerPanel {
  element: HTMLElement;
  /** Show the ledger of the person that an event belongs to. */
  ofEvent(id: string): void;
}

export function ledgerPanel(): LedgerPanel {
  const way = h(
    "select",
    { class: "input", attrs: { "aria-label": "Found by" } },
    ...WAYS.map(([value, label]) => h("option", { attrs: { value } }, label)),
  );
  void addOwnNamespaces(way);
  const value = h("input", {
    class: "input search",
    attrs: { required: true, maxlength: 512, autocomplete: "off", "aria-label": "Which" },
  });
  const found = h("div", { attrs: { role: "status" } });
  let asked = 0;
  const form = h(
    "form",
    {
      class: "inline",
      on: {
        submit: (event) => {
          event.preventDefault();
          void ask();
        },
      },
    },
    way,
    value,
    h("button", { class: "button primary", attrs: { type: "submit" } }, "Look up"),
  );

  async function ask(): Promise<void> {
    const turn = ++asked;
    fill(found, h("div", { class: "skeleton" }));
    const answer: Answer<PersonLedger> = await call(
      "POST",
      "consent/ledger",
      question(way.value, value.value.trim()),
    );
    if (turn !== asked) return;
    if (answer.status === "ok") fill(found, ...personIn(answer.body));
    else if (answer.status === "problem") fill(found, h("p", { class: "notice wait" }, answer.detail));
    else fill(found, empty("The Worker does not answer"));
  }

  return {
    element: h("div", { class: "card ledger" }, form, found),
    ofEvent(id) {
      if (way.value === BY_EVENT && value.value === id && asked > 0) return;
      way.value = BY_EVENT;
      value.value = id;
      void ask().then(() => found.scrollIntoView({ block: "nearest" }));
    },
  };
}

function question(way: string, value: string): unknown {
  if (way === BY_EVENT) return { event_id: value };
  return way === BY_KEY ? { visitor: value } : { namespace: way, value };
}

const TONES: Record<PurposeState["state"], Tone> = { granted: "good", denied: "quiet", undecided: "wait" };

function personIn({ profile, now, identifiers, decisions, more }: PersonLedger): HTMLElement[] {
  return [
    h("h3", {}, "Now"),
    purposesNow(now),
    facts([["Profile", h("span", {}, code(profile), " ", profileLink(identifiers[0]?.key))]]) as HTMLElement, // it has a value
    h("h3", {}, "Identifiers"),
    identifiers.length === 0
      ? h("p", { class: "hint" }, "No event of theirs has come yet.")
      : h("ul", { class: "lines" }, ...identifiers.map(identifierIn)),
    h("h3", {}, "Decisions"),
    ...decisionsIn(decisions, more),
  ];
}

/** What holds for a person now, and why. */
export const purposesNow = (now: readonly PurposeState[]): HTMLElement =>
  h(
    "ul",
    { class: "purposes" },
    ...now.map(({ purpose, state, why }) =>
      h("li", {}, chip(TONES[state], purpose, state), h("span", { class: "hint" }, why)),
    ),
  );

/** A person's decisions as a line, newest first. @param more there are older ones */
export const decisionsIn = (decisions: readonly Decision[], more: boolean): HTMLElement[] => [
  decisions.length === 0
    ? h(
        "p",
        { class: "hint" },
        "None is kept: of each event what it said itself holds, else the regime's default.",
      )
    : h("ol", { class: "steps" }, ...decisions.map(decisionIn)),
  ...(more ? [h("p", { class: "hint" }, "There are older ones than are listed.")] : []),
];

const identifierIn = ({ key, namespace, claimed, explained }: IdentifierState): HTMLElement =>
  h(
    "li",
    {},
    h("b", {}, `${namespace}${claimed ? ", only claimed" : ""} `),
    code(key),
    ...explained.map((sentence) => h("span", { class: "hint block" }, sentence)),
  );

function decisionIn({
  at,
  granted,
  opt_out,
  explained,
  expires_at,
  expired,
  ...decision
}: Decision): HTMLElement {
  return step(
    opt_out || granted.length === 0 ? "quiet" : expired ? "wait" : "good",
    opt_out ? "Opt-out" : "Decision",
    Date.parse(at),
    expired && chip("wait", "expired"),
    h("p", {}, explained.replaceAll("`", "")),
    facts([
      ["Regime", decision.regime],
      ["Source", decision.source],
      ["Evidence", code(decision.evidence)],
      ["Receipt", code(decision.receipt)],
      ["Lapses", expires_at !== null && timeOf(expires_at).whole],
      ["Of", code(decision.subject)],
    ]),
  );
}
