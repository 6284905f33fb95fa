/**
 * How many people a segment would have, asked while one edits it: exact where they are few, else of a sample with its
 * margin; what it has in common with others, and some of who would be in it. An answer that comes after a newer question is
 * not shown.
 */
import type { Estimated } from "../../segments/segments-routes.ts";
import { call, problemInWords } from "../api.ts";
import { attributeInWords } from "../condition/words.ts";
import { type Child, fill, h } from "../dom.ts";
import { bars } from "../identity/charts.ts";
import { lacking } from "../may.ts";
import { keyLabel } from "../profile/key.ts";
import { profileLink } from "../profile/open.ts";
import { estimateBody } from "./estimate-body.ts";
import type { Tidy } from "./tidy.ts";

const AFTER_MS = 600;
const MAX_OTHERS = 6;

export interface SizePanel {
  element: HTMLElement;
  /** Ask for the size of this one, once nothing has changed for a moment. */
  ask(segment: Record<string, unknown>, document: Tidy): void;
  stop(): void;
}

/** @param name of the segment, if it has one: what it has in common with itself is not said */
export function sizePanel(name: string | undefined): SizePanel {
  const figure = h("div", { class: "size", attrs: { role: "status" } }, h("div", { class: "skeleton" }));
  const more = h("div", { class: "stack" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn = 0;
  let asked = "";

  async function now(body: unknown): Promise<void> {
    const own = ++turn;
    const answer = await call<Estimated>("POST", "segments/estimate", body);
    if (own !== turn) return;
    figure.removeAttribute("aria-busy");
    if (answer.status === "ok") {
      fill(figure, ...sizeOf(answer.body));
      fill(more, overlapOf(answer.body, name), sampleOf(answer.body, name));
    } else {
      asked = "";
      // What is wrong with a rule is said beside it.
      const isOfRule =
        answer.status === "problem" && answer.code === "invalid_segment" && answer.detail.startsWith("when");
      const words = isOfRule ? "It is counted once all rules are right." : problemInWords(answer);
      fill(figure, h("b", {}, "–"), h("p", { class: "hint" }, words));
      fill(more);
    }
  }

  return {
    element: h(
      "aside",
      { class: "card segment-aside", attrs: { "aria-label": "Size" } },
      h("h2", {}, "Who is in it now"),
      figure,
      more,
    ),
    ask({ when, purpose = "personalization" }, document) {
      if (typeof when !== "object" || when === null || Array.isArray(when)) return;
      const body = estimateBody(document, { ...when }, String(purpose));
      const text = JSON.stringify(body);
      if (text === asked) return;
      asked = text;
      turn++; // What is on its way is about something else.
      clearTimeout(timer);
      figure.setAttribute("aria-busy", "true");
      timer = setTimeout(() => void now(body), AFTER_MS);
    },
    stop() {
      turn++;
      clearTimeout(timer);
    },
  };
}

function sizeOf({ people, of, exact, margin, looked, start_empty }: Estimated): Child[] {
  const n = (value: number) => value.toLocaleString();
  return [
    h(
      "p",
      {},
      exact ? "" : "about ",
      h("b", {}, n(people)),
      ` of ${n(of)} ${of === 1 ? "person" : "people"}`,
      !exact && ` ± ${n(margin)}`,
    ),
    h(
      "p",
      { class: "hint" },
      exact
        ? "Everybody was looked at."
        : `Of a sample of ${n(looked)}; the true number is in this range in 95 of 100.`,
    ),
    start_empty.length > 0 &&
      h(
        "p",
        { class: "notice wait" },
        `${start_empty.map(attributeInWords).join(", ")}: new or changed, and counts from when it is published on. Until then nobody has any of it.`,
      ),
  ];
}

function overlapOf({ overlap, people }: Estimated, self: string | undefined): Child {
  const others = Object.entries(overlap)
    .filter(([other]) => other !== self)
    .sort(([, a], [, b]) => b - a);
  if (others.length === 0) return undefined;
  return bars(
    ["Of these, also in", "People"],
    others.slice(0, MAX_OTHERS).map(([label, value]) => ({
      label,
      value,
      note: people > 0 ? `${Math.round((value / people) * 100)} %` : "",
    })),
  );
}

function sampleOf({ sample, people }: Estimated, self: string | undefined): Child {
  if (people === 0) return undefined;
  const title = h("h3", {}, "Some of them");
  if (sample === null) return h("div", { class: "stack" }, title, h("p", { class: "hint" }, whyNot()));
  return h(
    "div",
    { class: "stack" },
    title,
    h(
      "ul",
      { class: "people" },
      ...sample.map(({ person, segments, features }) =>
        h(
          "li",
          {},
          h("div", { class: "why-head" }, keyLabel(person), profileLink(person)),
          valuesOf(features),
          inWords(segments.filter((one) => one !== self)),
        ),
      ),
    ),
  );
}

const inWords = (segments: readonly string[]): Child =>
  segments.length > 0 && h("p", { class: "hint" }, `In ${segments.join(", ")}`);

/** Of what the rules ask about. */
const valuesOf = (features: Record<string, unknown>): Child =>
  Object.keys(features).length > 0 &&
  h(
    "p",
    { class: "hint" },
    Object.entries(features)
      .map(([name, value]) => `${attributeInWords(name)}: ${valueInWords(value)}`)
      .join(" · "),
  );

function valueInWords(value: unknown): string {
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([part, one]) => (Array.isArray(value) ? String(one) : `${part} ${one}`))
      .join(", ");
  return value === true ? "yes" : String(value);
}

/** Why sample people are not shown to whoever is logged in. */
function whyNot(): string {
  const missing = lacking({ oneOf: ["release:read"], personal: true, everySource: true });
  return missing.includes("everySource") && !missing.includes("personal")
    ? "Your token is for some sources alone; people belong to all of them, so that none is shown."
    : "Who they are is personal data, which your token does not let you see. The number is all you need to publish.";
}
