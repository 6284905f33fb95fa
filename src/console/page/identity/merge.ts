/** Merging a profile with another: the other is looked for, both are shown as they would be, and it is confirmed. */
import type { Candidates, ProfileView } from "../../profile/view.ts";
import type { Whom } from "../../profile/whom.ts";
import { call, problemInWords } from "../api.ts";
import { append, button, fill, h } from "../dom.ts";
import { allows } from "../may.ts";
import { candidateList } from "../profile/candidates.ts";
import { searchForm, soughtInWords } from "../profile/search.ts";
import { OF_IDENTITY } from "./needs.ts";
import { confirmChange } from "./preview.ts";

/**
 * A button for a profile's page; nothing for those who may not.
 * @param done called with the merged profile's key
 */
export function mergeControl(
  profile: Pick<ProfileView, "root">,
  done: (key: string) => void,
): HTMLElement | undefined {
  if (!allows(OF_IDENTITY)) return undefined;
  const control = h("span", { class: "actions" });
  const open = async () => {
    const other = await findOther(control, profile.root);
    if (other !== undefined && (await merge(control, profile.root, other))) done(profile.root);
  };
  append(control, [button("Merge…", () => void open())]);
  return control;
}

const merge = (place: HTMLElement, one: string, other: string): Promise<boolean> =>
  confirmChange(place, {
    title: "Merge these profiles?",
    text: "What each did stays with its identifiers, so that it can be undone.",
    proposal: { action: "merge", keys: [one, other] },
    confirm: "Merge them",
    noted: true,
    act: (proposal, seen, note) => call("POST", "identity/changes", { ...proposal, seen, note }),
  });

/** Key of the profile that is meant; undefined where they let it be. */
function findOther(place: HTMLElement, own: string): Promise<string | undefined> {
  const found = h("div", { attrs: { "aria-live": "polite" } });
  let chosen: string | undefined;
  const choose = (key: string) => {
    chosen = key;
    dialog.close();
  };

  async function find(whom: Whom): Promise<void> {
    fill(found, h("div", { class: "skeleton" }));
    const answer = await call<ProfileView | Candidates>("POST", "profiles/find", whom);
    if (answer.status !== "ok") return fill(found, h("p", { class: "notice wait" }, problemInWords(answer)));
    const { body } = answer;
    if ("candidates" in body) return fill(found, candidateList(body, soughtInWords(whom), choose));
    if (body.root !== own) return choose(body.root);
    fill(found, h("p", { class: "notice wait" }, "That is this very profile: look for the other one."));
  }

  const search = searchForm((whom) => void find(whom));
  const dialog = h(
    "dialog",
    { class: "dialog wide", attrs: { "aria-labelledby": "merge-title" } },
    h(
      "div",
      { class: "stack" },
      h("h2", { attrs: { id: "merge-title" } }, "Merge with whom?"),
      search.element,
      found,
      h(
        "div",
        { class: "dialog-foot" },
        button("Let it be", () => dialog.close()),
      ),
    ),
  );
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(chosen);
    });
    place.appendChild(dialog);
    dialog.showModal();
  });
}
