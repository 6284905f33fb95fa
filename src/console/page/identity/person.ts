/** A profile in short: enough to tell whether two are one person. In previews and in the queue of conflicts. */
import type { ProfileShown } from "../../identity/view.ts";
import { count } from "../../wording.ts";
import { chip, h, type Tone } from "../dom.ts";
import { keyLabel } from "../profile/key.ts";
import { profileLink } from "../profile/open.ts";
import { facts } from "../steps.ts";

const STATES: Record<ProfileShown["state"], Tone> = {
  anonymous: "quiet",
  pseudonymous: "wait",
  authenticated: "good",
};
const MAX_KEYS = 12;
const MAX_TRAITS = 6;

/** @param withLink to the profile itself; not where the profile is only shown as it would be */
export function personCard(profile: ProfileShown, withLink: boolean): HTMLElement {
  const { root, members, state, segments, traits, conflicts } = profile;
  const shown = members.slice(0, MAX_KEYS);
  return h(
    "article",
    { class: "person", attrs: { "aria-label": nameOf(profile) } },
    h("div", { class: "person-head" }, h("h4", {}, nameOf(profile)), chip(STATES[state], state)),
    facts([
      ...Object.entries(traits)
        .slice(0, MAX_TRAITS)
        .map(([name, value]) => [name.replaceAll("_", " "), value] as const),
      ["Segments", segments.join(", ")],
      ["Conflicts", conflicts.length > 0 && `${count(conflicts.length, "link")} without effect`],
    ]),
    h(
      "ul",
      { class: "keys", attrs: { "aria-label": "Identifiers" } },
      ...shown.map((key) => h("li", {}, keyLabel(key))),
      members.length > MAX_KEYS && h("li", { class: "hint" }, `and ${members.length - MAX_KEYS} more`),
    ),
    withLink && profileLink(root),
  );
}

function nameOf({ traits, members }: ProfileShown): string {
  const name = [traits.first_name, traits.last_name].filter(Boolean).join(" ");
  return name || traits.email || count(members.length, "identifier");
}
