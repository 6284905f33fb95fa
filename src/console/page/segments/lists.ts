/**
 * Imported lists: who put whom on them and when, without the values themselves. A list is named in the draft first, and
 * filled once that is published.
 */
import type { ListShown } from "../../segments/lists-routes.ts";
import { count } from "../../wording.ts";
import { call, problemInWords } from "../api.ts";
import { ask } from "../ask.ts";
import { button, empty, fill, h } from "../dom.ts";
import { current, definitions, onShown, save } from "../draft/store.ts";
import { field } from "../field.ts";
import { allows, may, type Needs } from "../may.ts";
import { timeOf } from "../time.ts";
import { importForm } from "./import.ts";
import { markChip, usesInWords, usesLine } from "./parts.ts";
import { publishedNow } from "./published.ts";
import { listUses, markOf, type Tidy, tidy } from "./tidy.ts";
import type { Part } from "./view.ts";

const TO_IMPORT: Needs = { oneOf: ["release:write"], everySource: true };
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const MAX_IMPORTS = 5;

export function listsPage(): Part {
  const said = h("p", { class: "said", attrs: { role: "status" } });
  const none = h("div", {});
  const place = h("div", { class: "stack" }, h("div", { class: "skeleton" }));
  let lists = new Map<string, ListShown>();
  /** Whose import is open: a refresh of its figures does not close it. */
  const forms = new Map<string, HTMLElement>();

  async function refresh(): Promise<void> {
    const answer = await call<{ lists: ListShown[] }>("GET", "lists");
    if (answer.status === "ok") lists = new Map(answer.body.lists.map((one) => [one.name, one]));
    else fill(said, problemInWords(answer));
    draw();
  }

  function draw(): void {
    const document = tidy(current()?.document ?? {});
    const before = tidy(publishedNow().document);
    const names = [...new Set([...Object.keys(document.lists), ...Object.keys(before.lists)])].sort();
    fill(
      none,
      names.length === 0 &&
        empty(
          "There are no lists yet",
          "A list is of people whom somebody else names: members of a club, guests of a fair.",
        ),
    );
    fill(place, ...names.map((name) => card(name, document, before)));
  }

  function card(name: string, document: Tidy, before: Tidy): HTMLElement {
    const list = document.lists[name];
    const isPublished = Object.hasOwn(before.lists, name);
    const found = lists.get(name);
    const uses = listUses(list ? document : before, name);
    return h(
      "section",
      { class: "card stack", attrs: { "aria-label": `List ${name}` } },
      h(
        "div",
        { class: "card-head" },
        h("h3", {}, list ? name : h("s", {}, name)),
        markChip(markOf(list, before.lists[name])),
        h("span", { class: "grow" }),
        list && may("release:write") && button("Delete…", () => void remove(name), "plain"),
      ),
      h("p", {}, list?.description ?? before.lists[name]?.description ?? ""),
      h(
        "p",
        { class: "hint" },
        found ? `${count(found.identifiers, "identifier")} on it · ` : "",
        "Used by ",
        usesLine(uses),
      ),
      found && found.imports.length > 0 && importsTable(found),
      isPublished
        ? list && allows(TO_IMPORT) && importer(name)
        : h("p", { class: "notice wait" }, "It can be filled once the draft is published."),
    );
  }

  function importer(name: string): HTMLElement {
    const known = forms.get(name);
    if (known) return known;
    const made = h(
      "details",
      {},
      h("summary", {}, "Import…"),
      h(
        "div",
        { class: "spaced" },
        importForm(name, () => void refresh()),
      ),
    );
    forms.set(name, made);
    return made;
  }

  async function remove(name: string): Promise<void> {
    const uses = listUses(tidy(current()?.document ?? {}), name);
    const sure = await ask(element, {
      title: `Delete the list ${name}?`,
      text: `${usesInWords(uses)} It is gone once the draft is published.`,
      confirm: "Delete it",
      danger: true,
    });
    if (sure === undefined) return;
    const answer = await save("lists", name, undefined, definitions("lists")[name]);
    fill(said, answer.ok ? `The draft removes ${name}.` : answer.detail);
  }

  function newList(): HTMLElement {
    const name = h("input", {
      class: "input",
      attrs: { maxlength: 64, autocomplete: "off", spellcheck: "false" },
    });
    const description = h("input", { class: "input", attrs: { maxlength: 500, autocomplete: "off" } });
    const add = async () => {
      const key = name.value.trim();
      const problem = !NAME.test(key)
        ? "A name has lower case letters, digits, - or _."
        : Object.hasOwn(definitions("lists"), key)
          ? "There is a list of this name."
          : undefined;
      if (problem !== undefined) {
        fill(said, problem);
        name.focus();
        return;
      }
      const words = description.value.trim();
      const answer = await save("lists", key, words === "" ? {} : { description: words }, undefined);
      fill(
        said,
        answer.ok ? `Saved in the draft. ${key} can be filled once that is published.` : answer.detail,
      );
      if (answer.ok) name.value = description.value = "";
    };
    return h(
      "details",
      { class: "card" },
      h("summary", {}, "New list…"),
      h(
        "div",
        { class: "stack spaced" },
        h("div", { class: "fields" }, field("Name", name), field("Description", description)),
        h(
          "div",
          { class: "actions" },
          button("Add it to the draft", () => void add(), "primary"),
        ),
      ),
    );
  }

  const element = h(
    "div",
    {},
    h("div", { class: "view-head" }, h("h1", { attrs: { tabindex: "-1" } }, "Lists"), said),
    h("div", { class: "stack" }, may("release:write") && newList(), none, place),
  );
  void refresh();
  return { element, stop: onShown(draw) };
}

const MODES = { add: "added", replace: "replaced the list by", remove: "took off" } as const;

function importsTable({ imports }: ListShown): HTMLElement {
  const shown = imports.slice(0, MAX_IMPORTS);
  return h(
    "div",
    { class: "table-frame" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...["When", "Who", "What", "Refused"].map((text) => h("th", { attrs: { scope: "col" } }, text)),
        ),
      ),
      h(
        "tbody",
        {},
        ...shown.map(({ at, by, mode, entries, refused }) => {
          const { shown: time, whole, iso } = timeOf(at);
          return h(
            "tr",
            {},
            h("td", {}, h("time", { attrs: { datetime: iso, title: whole } }, time)),
            h("td", {}, by),
            h("td", {}, `${MODES[mode]} ${entries.toLocaleString()}`),
            h("td", {}, refused.toLocaleString()),
          );
        }),
      ),
    ),
  );
}
