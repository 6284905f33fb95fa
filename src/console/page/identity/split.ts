/** Splitting a profile: which of its identifiers are another person's is ticked, both sides are shown, and it is confirmed. */
import { isScoped } from "#identity/graph";
import type { ProfileView } from "../../profile/view.ts";
import { call } from "../api.ts";
import { append, button, h } from "../dom.ts";
import { tick } from "../field.ts";
import { allows } from "../may.ts";
import { keyInWords, keyLabel } from "../profile/key.ts";
import { OF_IDENTITY } from "./needs.ts";
import { confirmChange } from "./preview.ts";

/**
 * A button for a profile's page; nothing for those who may not, or where there is nothing to split.
 * @param done called with the key of what stays
 */
export function splitControl(
  { members }: Pick<ProfileView, "members">,
  done: (key: string) => void,
): HTMLElement | undefined {
  const keys = members.map(({ key }) => key).filter((key) => !isScoped(key));
  if (!allows(OF_IDENTITY) || keys.length < 2) return undefined;
  const control = h("span", { class: "actions" });
  const open = async () => {
    const chosen = await choose(control, keys);
    if (!chosen) return;
    const { stay, go, keepApart } = chosen;
    const isDone = await confirmChange(control, {
      title: "Split this profile?",
      text: "Each side keeps exactly what its own identifiers have; nothing is lost, and it can be undone.",
      proposal: { action: "split", groups: [stay, go], keep_apart: keepApart },
      confirm: "Split it",
      noted: true,
      act: (proposal, seen, note) => call("POST", "identity/changes", { ...proposal, seen, note }),
    });
    if (isDone) done(stay[0] ?? "");
  };
  append(control, [button("Split…", () => void open())]);
  return control;
}

interface Chosen {
  stay: string[];
  go: string[];
  keepApart: boolean;
}

/** Which identifiers go; undefined where they let it be. */
function choose(place: HTMLElement, keys: readonly string[]): Promise<Chosen | undefined> {
  let chosen: Chosen | undefined;
  const ticks = keys.map((key) => ({ key, ...tick(keyLabel(key), check) }));
  const apart = tick("Keep them apart: later evidence does not join them again");
  apart.box.checked = true;
  const next = h(
    "button",
    { class: "button primary", attrs: { type: "submit", disabled: true } },
    "Show what comes of it",
  );
  const going = () => ticks.filter(({ box }) => box.checked).map(({ key }) => key);

  function check(): void {
    const n = going().length;
    next.disabled = n === 0 || n === keys.length;
  }

  const dialog = h(
    "dialog",
    { class: "dialog wide", attrs: { "aria-labelledby": "split-title" } },
    h(
      "form",
      {
        on: {
          submit: (event) => {
            event.preventDefault();
            const go = going();
            chosen = { stay: keys.filter((key) => !go.includes(key)), go, keepApart: apart.box.checked };
            dialog.close();
          },
        },
      },
      h("h2", { attrs: { id: "split-title" } }, "Split this profile"),
      h(
        "fieldset",
        { class: "field" },
        h("legend", {}, "Which identifiers are another person's?"),
        ...ticks.map(({ element }) => element),
        h(
          "span",
          { class: "hint block" },
          "What was done under a claim goes with the device that it was made on.",
        ),
      ),
      apart.element,
      h(
        "div",
        { class: "dialog-foot" },
        button("Let it be", () => dialog.close()),
        next,
      ),
    ),
  );
  for (const { key, box } of ticks) box.setAttribute("aria-label", keyInWords(key));
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(chosen);
    });
    place.appendChild(dialog);
    dialog.showModal();
  });
}
