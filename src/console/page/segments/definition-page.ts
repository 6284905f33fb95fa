/**
 * The page of one definition of the draft, a segment or a feature: its form beside its JSON, saved alone, so that two people
 * may work in one draft. What was not saved is kept as long as the console is open, and a conflict is told and chosen about.
 */
import { ask } from "../ask.ts";
import { button, fill, h } from "../dom.ts";
import { besideJson } from "../draft/beside.ts";
import { conflictNotice } from "../draft/conflict.ts";
import { current, definitions, onShown, save } from "../draft/store.ts";
import { field } from "../field.ts";
import { may } from "../may.ts";
import { goneNotice, notice, refusalOf } from "./definition-notices.ts";
import { markChip, usesInWords, usesLine } from "./parts.ts";
import { publishedNow } from "./published.ts";
import { markOf, type Tidy, tidy, type Uses } from "./tidy.ts";
import type { Part } from "./view.ts";

export interface Definition {
  kind: "segments" | "features";
  /** "segment". */
  noun: string;
  /** Undefined: a new one. */
  name: string | undefined;
  /** What a new one begins with. */
  first: Record<string, unknown>;
  hrefOf(name: string): string;
  uses(document: Tidy, name: string): Uses;
  /** Why it may not have this name; undefined: it may. */
  nameProblem?(name: string): string | undefined;
  /** @returns undefined where the form cannot show the value */
  form(value: Record<string, unknown>, about: About): HTMLElement | undefined;
  /** Told of each value that is an object, the first included. */
  told?(value: Record<string, unknown>, document: Tidy): void;
  /** Shown beside the form. */
  aside?: HTMLElement;
  /** Instead of going to its page. */
  saved?(name: string): void;
}

export interface About {
  document: Tidy;
  /** Empty as long as a new one has none. */
  name: string;
  changed(next: Record<string, unknown>): void;
  /** Draw the form anew with another value. */
  replace(next: Record<string, unknown>): void;
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
/** Not saved: by kind and name. */
const kept = new Map<string, { value: unknown; was: unknown; called: string }>();
/** What a page says when it is opened after it was saved under its name. */
let saidNext = "";

export function definitionPage(definition: Definition): Part {
  const { kind, noun, name, first, hrefOf, uses } = definition;
  const keptAs = `${kind} ${name ?? ""}`;
  const isOpen = () => name !== undefined && Object.hasOwn(definitions(kind), name);
  const stored = (): unknown => (name !== undefined && isOpen() ? definitions(kind)[name] : undefined);
  const published = () => (name === undefined ? undefined : publishedNow().document[kind]?.[name]);
  const mayWrite = may("release:write");

  const said = h("p", { class: "said", attrs: { role: "status" } }, saidNext);
  saidNext = "";
  const trouble = h("div", { class: "said" });
  const place = h("div", {});
  const mark = h("span", {});
  const usedBy = h("p", { class: "hint" });
  const nameInput = h("input", {
    class: "input",
    attrs: { maxlength: 64, autocomplete: "off", spellcheck: "false", placeholder: `my-${noun}` },
  });
  const saveButton = button("Save", () => void store(), "primary");
  const deleteButton = button("Delete…", () => void remove());
  let was: unknown;
  let value: unknown;
  let isSaving = false;
  let read: () => unknown = () => value;

  const isDirty = () => nameInput.value !== "" || JSON.stringify(value) !== JSON.stringify(was ?? first);
  const keyNow = () => name ?? nameInput.value.trim();

  /** As the draft has it, or as it was left without saving. */
  function open(): void {
    const left = kept.get(keptAs);
    kept.delete(keptAs);
    was = left ? left.was : stored();
    nameInput.value = left?.called ?? "";
    draw(left ? left.value : (was ?? first));
    if (left) fill(said, "Your changes from before are still here; they are not saved. ", forget);
  }
  const forget = button(
    "Forget them",
    () => {
      nameInput.value = "";
      reopen();
    },
    "plain",
  );
  function reopen(): void {
    fill(said);
    fill(trouble);
    was = stored();
    draw(was ?? first);
  }

  function draw(next: unknown): void {
    value = next;
    drawHead();
    if (name !== undefined && !isOpen() && value === first) {
      fill(
        place,
        goneNotice(noun, name, published(), (before) => void write(name, before, undefined)),
      );
      return;
    }
    const beside = besideJson(next, formOf, told);
    read = beside.value;
    const text = beside.element.querySelector("textarea");
    if (text) text.readOnly = !mayWrite;
    fill(place, beside.element);
    told(next);
  }

  function drawHead(): void {
    const document = tidy(current()?.document ?? {});
    fill(mark, name !== undefined && markChip(markOf(stored(), published())));
    if (name !== undefined) fill(usedBy, "Used by ", usesLine(uses(document, name)));
    saveButton.hidden = !mayWrite || (name !== undefined && !isOpen() && value === first);
    deleteButton.hidden = !mayWrite || !isOpen();
  }

  function told(next: unknown): void {
    value = next;
    if (isObject(next)) definition.told?.(next, tidy(current()?.document ?? {}));
  }

  function formOf(next: unknown, changed: (next: unknown) => void): HTMLElement | undefined {
    if (!isObject(next)) return undefined;
    const about: About = {
      document: tidy(current()?.document ?? {}),
      name: keyNow(),
      changed,
      replace: draw,
    };
    const form = definition.form(next, about);
    return form && h("fieldset", { class: "bare stack", attrs: { disabled: !mayWrite } }, form);
  }

  /** Why a new one may not have this name. */
  function problemOf(key: string): string | undefined {
    if (!NAME.test(key))
      return "A name has lower case letters, digits, - or _, and begins with a letter or digit.";
    if (Object.hasOwn(definitions(kind), key)) return `There is a ${noun} of this name.`;
    return definition.nameProblem?.(key);
  }

  async function store(): Promise<void> {
    const key = keyNow();
    const next = read();
    const problem = name === undefined ? problemOf(key) : undefined;
    if (problem !== undefined || next === undefined) {
      fill(trouble, notice(problem ?? "The JSON is none."));
      if (problem !== undefined) nameInput.focus();
      return;
    }
    await write(key, next, was);
  }

  /** @param before as it was when it was opened: whoever has changed it since is not overwritten */
  async function write(key: string, next: unknown, before: unknown): Promise<void> {
    saveButton.disabled = true;
    isSaving = true;
    const answer = await save(kind, key, next, before);
    isSaving = false;
    saveButton.disabled = false;
    fill(trouble);
    if (!answer.ok) {
      fill(said);
      fill(
        trouble,
        answer.conflict ? conflict(key, next, answer.detail, answer.conflict) : notice(answer.detail),
      );
      return;
    }
    was = next;
    const words = `Saved in the draft ${current()?.draft?.name ?? ""}. It holds once the draft is published.`;
    if (name === undefined) {
      value = was;
      nameInput.value = "";
      if (definition.saved) definition.saved(key);
      else {
        saidNext = words;
        location.hash = hrefOf(key);
      }
      return;
    }
    fill(said, words);
    if (JSON.stringify(value) !== JSON.stringify(next)) draw(next);
    else drawHead();
    const refused = await refusalOf(kind, key, noun);
    if (refused) fill(trouble, refused);
  }

  const conflict = (key: string, mine: unknown, detail: string, { theirs }: { theirs: unknown }) =>
    conflictNotice(
      detail,
      { mine, theirs },
      () => void write(key, mine, theirs),
      () => {
        fill(trouble);
        was = theirs;
        if (name === undefined) location.hash = hrefOf(key);
        else draw(theirs ?? first);
      },
    );

  async function remove(): Promise<void> {
    const sure = await ask(element, {
      title: `Delete the ${noun} ${name}?`,
      text: `${usesInWords(uses(tidy(current()?.document ?? {}), name ?? ""))} The draft removes it; what is published changes when the draft is published.`,
      confirm: "Delete it",
      danger: true,
    });
    if (sure === undefined) return;
    isSaving = true;
    const answer = await save(kind, name ?? "", undefined, was);
    isSaving = false;
    if (answer.ok) {
      value = was = undefined;
      location.hash = kind === "segments" ? "#/segments" : "#/segments/features";
    } else fill(trouble, notice(answer.detail));
  }

  const element = h(
    "div",
    {},
    h(
      "div",
      { class: "view-head" },
      h("h1", { attrs: { tabindex: "-1" } }, name ?? `New ${noun}`),
      mark,
      h("span", { class: "grow" }),
      deleteButton,
      saveButton,
    ),
    said,
    trouble,
    usedBy,
    h(
      "div",
      { class: definition.aside ? "segment-halves" : "" },
      h(
        "div",
        { class: "stack" },
        name === undefined &&
          field("Name", nameInput, "Lower case letters, digits, - and _. It cannot be changed later."),
        place,
      ),
      definition.aside,
    ),
  );
  open();
  const stopListening = onShown(() => {
    if (isSaving) return;
    if (isDirty()) drawHead();
    else reopen();
  });
  return {
    element,
    stop() {
      stopListening();
      if (mayWrite && value !== undefined && isDirty())
        kept.set(keptAs, { value, was, called: nameInput.value });
    },
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
