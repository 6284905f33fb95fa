/** One profile, whole: who it is in short, and below that each part of what is known, with how it is known. */
import type { ProfileView } from "../../profile/view.ts";
import { count } from "../../wording.ts";
import { decisionsIn, purposesNow } from "../consent-person.ts";
import { type Child, chip, h, type Tone } from "../dom.ts";
import { facts } from "../steps.ts";
import { timeOf } from "../time.ts";
import { edgeOf, historyOf } from "./edge.ts";
import { goldenOf } from "./golden.ts";
import { graphOf } from "./graph.ts";
import { identifierTable, linkTable } from "./identifiers.ts";
import { segmentsOf } from "./segments.ts";
import { timelineOf } from "./timeline.ts";

const STATES: Record<ProfileView["state"], Tone> = {
  anonymous: "quiet",
  pseudonymous: "wait",
  authenticated: "good",
};

/** @param actions what may be done with it: merge, split */
export function profileIn(profile: ProfileView, ...actions: Child[]): HTMLElement {
  return h(
    "div",
    { class: "profile" },
    summary(profile, h("span", { class: "actions" }, ...actions)),
    h(
      "div",
      { class: "halves even" },
      section("Golden record", goldenOf(profile.golden)),
      section("Segments, and why", segmentsOf(profile)),
    ),
    section("Identifiers and evidence", graphOf(profile), identifierTable(profile), linkTable(profile)),
    h(
      "div",
      { class: "halves even" },
      section("Timeline", timelineOf(profile.members[0]?.key ?? profile.root)),
      h(
        "div",
        { class: "stack" },
        section("At the edge", edgeOf(profile.edge)),
        section(
          "Consent",
          purposesNow(profile.consents.now),
          h("h3", {}, "Decisions"),
          ...decisionsIn(profile.consents.decisions, profile.consents.more),
        ),
        section("Merges and splits", historyOf(profile.history)),
      ),
    ),
  );
}

const section = (title: string, ...content: Child[]): HTMLElement =>
  h("section", { class: "card", attrs: { "aria-label": title } }, h("h2", {}, title), ...content);

function summary(profile: ProfileView, actions: Child): HTMLElement {
  const { state, suppressed, members, why, first_at, seen_at, golden, consents, lifecycle } = profile;
  const conflicts = profile.links.filter(({ conflict, other }) => conflict !== null && other !== null).length;
  return h(
    "section",
    { class: "card summary", attrs: { "aria-label": "In short" } },
    h(
      "div",
      { class: "summary-head" },
      h("h2", { attrs: { tabindex: "-1" } }, nameIn(golden) ?? "Profile without a name"),
      h(
        "span",
        { class: "chips" },
        chip(STATES[state], state),
        suppressed && chip("bad", "suppressed"),
        conflicts > 0 && chip("bad", count(conflicts, "conflict"), "with another profile"),
      ),
      h("span", { class: "grow" }),
      actions,
    ),
    h("ul", { class: "lines" }, ...why.map((sentence) => h("li", {}, sentence))),
    facts([
      ["Identifiers", String(members.length)],
      ["First seen", first_at === null ? "not known" : timeOf(first_at).whole],
      ["Last seen", seen_at === null ? "not known" : timeOf(seen_at).whole],
      ...(lifecycle ? lifecycleFacts(lifecycle) : []),
      ["Consent", consents.now.map(({ purpose, state: now }) => `${purpose} ${now}`).join(", ")],
      ["Root", h("code", {}, profile.root)],
    ]),
  );
}

/** What destinations are told besides segments, as far as the release says and consent allows. */
function lifecycleFacts({ stage, score, purpose, used }: NonNullable<ProfileView["lifecycle"]>) {
  const denied = used ? "" : `, not used: ${purpose} is denied`;
  const facts: [string, string][] = [["Stage", `${stage ?? "none"}${denied}`]];
  if (score !== null) facts.push(["Score", `${score}${denied}`]);
  return facts;
}

/** What the person is called, as far as the golden record says. */
function nameIn(golden: ProfileView["golden"]): string | undefined {
  const of = (field: string) => golden.find((one) => one.field === field)?.value;
  const name = [of("first_name"), of("last_name")].filter(Boolean).join(" ");
  return name || of("email");
}
