/** The identifiers of a profile and the links between them as tables: the same as the drawing, in words. */
import type { ProfileLink, ProfileMember, ProfileView } from "../../profile/view.ts";
import { kindInWords } from "../../profile/words.ts";
import { type Child, chip, h } from "../dom.ts";
import { timeOf } from "../time.ts";
import { isByHand, reasonOf } from "./graph.ts";
import { keyLabel } from "./key.ts";
import { openProfile } from "./open.ts";

export function identifierTable({ members, named }: Pick<ProfileView, "members" | "named">): HTMLElement {
  const asked = new Set(named);
  return table(
    "Identifiers",
    ["Identifier", "How it is known", "First seen", "Last seen", ""],
    members.map((member) => [
      keyLabel(member.key),
      h("span", {}, member.explained),
      timeIn(member.first_at),
      timeIn(member.seen_at),
      chipsOf(member, asked),
    ]),
  );
}

function chipsOf(member: ProfileMember, asked: ReadonlySet<string>): HTMLElement {
  return h(
    "span",
    { class: "chips" },
    asked.has(member.key) && chip("info", "searched for"),
    member.suppressed && chip("bad", "suppressed"),
    member.shared && chip("wait", "shared device"),
    member.conflicts > 0 &&
      chip("bad", member.conflicts === 1 ? "1 conflict" : `${member.conflicts} conflicts`),
  );
}

export function linkTable({ links, more_claims }: Pick<ProfileView, "links" | "more_claims">): HTMLElement {
  return h(
    "div",
    { class: "stack" },
    links.length === 0
      ? h("p", { class: "hint" }, "It has one identifier, and no link.")
      : table(
          "Links",
          ["Between", "Evidence", "State", "From", "When"],
          links.map((link) => [
            h("span", { class: "ends" }, keyLabel(link.a), keyLabel(link.b)),
            kindInWords(link.kind),
            stateIn(link),
            sourceIn(link),
            timeIn(link.at),
          ]),
        ),
    more_claims &&
      h("p", { class: "hint" }, "There are more claims than are listed: none of them joins anything."),
  );
}

function stateIn(link: ProfileLink): HTMLElement {
  const other = link.other;
  return h(
    "span",
    { class: "link-state" },
    link.conflict !== null
      ? chip("bad", "conflict")
      : link.state === "live"
        ? chip(link.kind === "apart" || link.kind === "aside" ? "wait" : "good", "live")
        : chip(link.state === "pending" ? "wait" : "quiet", link.state),
    link.conflict !== null && h("span", { class: "hint block" }, `It joins nothing: ${reasonOf(link)}.`),
    other !== null && otherLink(other),
  );
}

const otherLink = (root: string): HTMLElement =>
  h(
    "a",
    {
      class: "block",
      attrs: { href: "#/profiles" },
      on: {
        click: (event) => {
          event.preventDefault();
          openProfile({ key: root });
        },
      },
    },
    "The other profile",
  );

const sourceIn = (link: ProfileLink): HTMLElement =>
  isByHand(link) ? h("a", { attrs: { href: "#/conflicts/changes" } }, "Changes by hand") : eventIn(link);

const eventIn = ({ source, event_id }: ProfileLink): HTMLElement =>
  h(
    "span",
    {},
    source || "–",
    event_id !== "" && " · ",
    event_id !== "" && h("a", { attrs: { href: `#/live/${encodeURIComponent(event_id)}` } }, "event"),
  );

/** A time in a cell; a dash where it is not known. */
export function timeIn(at: string | null): Child {
  if (at === null) return "–";
  const { shown, whole, iso } = timeOf(at);
  return h("time", { attrs: { datetime: iso, title: whole } }, shown);
}

/** A table in a frame that scrolls by itself. On a phone its rows are cards, with the head before each cell. */
export function table(name: string, heads: readonly string[], rows: readonly Child[][]): HTMLElement {
  return h(
    "div",
    { class: "table-frame cards-narrow" },
    h(
      "table",
      { attrs: { "aria-label": name } },
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { attrs: { scope: "col" } }, head)))),
      h(
        "tbody",
        {},
        ...rows.map((cells) =>
          h("tr", {}, ...cells.map((cell, n) => h("td", { attrs: { "data-head": heads[n] } }, cell))),
        ),
      ),
    ),
  );
}
