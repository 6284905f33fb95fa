/** The several profiles that an identifier leads to, to choose from: a person's own first, then those that only claim to be them. */
import type { Candidates } from "../../profile/view.ts";
import { namespaceInWords } from "../../profile/words.ts";
import { listInWords } from "../../wording.ts";
import { button, chip, h } from "../dom.ts";
import { table, timeIn } from "./identifiers.ts";
import { keyLabel } from "./key.ts";

export function candidateList(
  { candidates, more }: Candidates,
  sought: string,
  choose: (key: string) => void,
): HTMLElement {
  const claimed = candidates.filter(({ standing }) => standing === "claimed").length;
  return h(
    "div",
    { class: "stack" },
    h(
      "h2",
      { attrs: { tabindex: "-1" } },
      `${candidates.length}${more ? " or more" : ""} profiles have ${sought}`,
    ),
    claimed > 0 &&
      h(
        "p",
        { class: "notice wait" },
        claimed === candidates.length
          ? "Nobody has proved that it is theirs: each of these only says so on a device, and is kept apart."
          : `${claimed === 1 ? "One of them only says so" : `${claimed} of them only say so`} on a device. That proves nothing, and what is done there is kept apart.`,
      ),
    table(
      "Profiles",
      ["Profile", "Standing", "Identifiers", "Last seen", ""],
      candidates.map(({ key, root, standing, namespaces, members, seen_at }) => [
        keyLabel(root),
        standing === "known" ? chip("good", "known") : chip("wait", "claims it"),
        `${members}: ${listInWords(namespaces.map(namespaceInWords))}`,
        timeIn(seen_at),
        button("Open", () => choose(key)),
      ]),
    ),
    more &&
      h("p", { class: "hint" }, "There are more than are listed: the newest are not always among them."),
  );
}
