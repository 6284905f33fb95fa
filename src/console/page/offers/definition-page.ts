/**
 * The page of one offer, slot or content: its form beside its JSON, what is wrong with it, and saving it to the draft without
 * overwriting what a colleague has made of it meanwhile. What was not saved is kept as long as the console is open.
 */
import { ask } from "../ask.ts";
import { button, type Child, chip, fill, h } from "../dom.ts";
import { besideJson } from "../draft/beside.ts";
import { current, definitions, type Kind, type Saved, save } from "../draft/store.ts";
import { field } from "../field.ts";
import { rawJson } from "../json.ts";
import { may } from "../may.ts";
import { readOnly } from "../not-permitted.ts";
import { type IssuePlaces, issuePlaces, validity } from "./issues.ts";
import { head, type Page, saidLine, saving, sayNext } from "./page.ts";
import { KEY, keyOf } from "./shapes.ts";

export interface Definition {
  kind: Extract<Kind, "offers" | "slots" | "content">;
  /** `offer`. */
  noun: string;
  /** Undefined: it is a new one. */
  key: string | undefined;
  /** What a new one begins with. */
  first: unknown;
  hrefOf(key: string): string;
  /** Where the list of all is, and its title. */
  back: readonly [href: string, title: string];
  form(
    value: unknown,
    changed: (next: unknown) => void,
    places: IssuePlaces,
    key: () => string,
  ): HTMLElement | undefined;
  /** Saves what it needs and is not there yet. */
  before?(key: string, value: unknown): Promise<Saved>;
  /** What was not saved is given up. */
  forget?(): void;
  /** Why it may not be removed; undefined: it may. */
  keeps?(): string | undefined;
  /** Below the form. */
  more?(key: string): Child;
}

/** Not saved: by draft, kind and key; of a new one by what it begins with. */
const kept = new Map<string, { value: unknown; was: unknown; called: string }>();

export function definitionPage(definition: Definition): Page {
  const { kind, noun, key: known, hrefOf, back } = definition;
  const all = (): Readonly<Record<string, unknown>> => definitions(kind);
  const stored = known === undefined ? undefined : all()[known];
  // A save may begin the draft that what is written afterwards belongs to.
  const keptAs = () => `${current()?.draft?.name ?? ""} ${kind} ${known ?? JSON.stringify(definition.first)}`;
  const left = kept.get(keptAs());
  let was = left ? left.was : stored;
  const isWriter = may("release:write");
  const said = saidLine();
  if (known !== undefined && stored === undefined)
    return {
      element: h(
        "div",
        {},
        backLink(back),
        head(known, said),
        h(
          "p",
          { class: "notice quiet" },
          `There is no ${noun} of this name in what is shown. It may be in a draft.`,
        ),
      ),
    };

  const name = h("input", {
    class: "input",
    attrs: { autocomplete: "off", spellcheck: "false", maxlength: 64, required: true },
    on: {
      change: () => {
        name.value = keyOf(name.value);
        if (kept.has(keptAs())) keep();
      },
    },
  });
  name.value = left?.called ?? "";
  const key = () => known ?? keyOf(name.value);
  const places = issuePlaces(() => `${kind}.${key()}`);
  const problem = h("div", { attrs: { role: "alert" } });
  const mark = h("span", {});
  const saveButton = button("Save to the draft", () => void store(), "primary");
  const unsaved = () => fill(mark, isWriter && chip("wait", "not saved"));
  const beside = besideJson(
    left ? left.value : (was ?? definition.first),
    (value, changed) => definition.form(value, changed, places, key),
    () => {
      unsaved();
      keep();
    },
  );
  if (left) {
    unsaved();
    fill(
      said,
      "Your changes from before are still here; they are not saved. ",
      button("Forget them", giveUp, "plain"),
    );
  }

  function keep(): void {
    const value = beside.value();
    if (isWriter && value !== undefined) kept.set(keptAs(), { value, was, called: name.value });
  }

  /** Draws the page anew, as the draft has it. */
  function giveUp(): void {
    kept.delete(keptAs());
    definition.forget?.();
    dispatchEvent(new HashChangeEvent("hashchange"));
  }

  async function store(): Promise<void> {
    const [value, chosen] = [beside.value(), key()];
    const wrong =
      value === undefined
        ? "The JSON is none: mend it first."
        : !KEY.test(chosen)
          ? "It needs a name of lower case letters, digits, - or _."
          : known === undefined && Object.hasOwn(all(), chosen)
            ? `There is ${noun === "offer" ? "an" : "a"} ${noun} of this name already.`
            : undefined;
    if (wrong !== undefined) {
      fill(problem, h("p", { class: "notice bad" }, wrong));
      if (!KEY.test(chosen)) name.focus();
      return;
    }
    const from = keptAs();
    saveButton.disabled = true;
    fill(problem);
    const saved = await saving(async () => {
      const first = (await definition.before?.(chosen, value)) ?? { ok: true };
      return first.ok ? save(kind, chosen, value, was) : first;
    });
    saveButton.disabled = false;
    if (!saved.ok) return refused(saved);
    kept.delete(from);
    const words = `Saved in the draft ${current()?.draft?.name ?? ""}. Visitors see it once the draft is published.`;
    if (known === undefined) {
      sayNext(words);
      location.replace(hrefOf(chosen));
      return;
    }
    was = value;
    fill(mark);
    fill(said, words);
    await check();
  }

  function refused({ detail, conflict }: Extract<Saved, { ok: false }>): void {
    fill(
      problem,
      h(
        "div",
        { class: "notice bad stack" },
        h("p", {}, detail),
        conflict && h("details", {}, h("summary", {}, "What it is now"), rawJson(conflict.theirs ?? null)),
        conflict &&
          h(
            "div",
            { class: "actions" },
            button("Take theirs", () => {
              sayNext("This is how it is now; what you had written is gone.");
              giveUp();
            }),
            button("Save mine in its place", () => {
              was = conflict.theirs;
              void store();
            }),
          ),
      ),
    );
  }

  async function remove(): Promise<void> {
    const reason = definition.keeps?.();
    if (reason !== undefined) {
      fill(problem, h("p", { class: "notice bad" }, reason));
      return;
    }
    const sure = await ask(element, {
      title: `Remove the ${noun} ${known}?`,
      text: "It is removed from the draft, and from what visitors see once the draft is published. Earlier versions keep it.",
      confirm: "Remove it",
      danger: true,
    });
    if (sure === undefined || known === undefined) return;
    const from = keptAs();
    const saved = await saving(() => save(kind, known, undefined, was));
    if (!saved.ok) return refused(saved);
    kept.delete(from);
    sayNext(`${known} is removed from the draft.`);
    location.hash = back[0];
  }

  const check = async () => places.show(await validity());
  const element = h(
    "div",
    { class: "definition" },
    backLink(back),
    head(
      known ?? `New ${noun}`,
      said,
      mark,
      known !== undefined && isWriter && button("Remove", () => void remove()),
    ),
    readOnly("release:write"),
    known === undefined &&
      h(
        "div",
        { class: "part-card" },
        field("Name", name, "What reports and the page's markup call it. It cannot be changed later."),
      ),
    places.general,
    beside.element,
    problem,
    isWriter &&
      h(
        "div",
        { class: "form-foot sticky" },
        h("a", { class: "button", attrs: { href: back[0] } }, "Back"),
        saveButton,
      ),
    known !== undefined && definition.more?.(known),
  );
  if (known !== undefined) void check();
  return { element };
}

const backLink = ([href, title]: Definition["back"]): HTMLElement =>
  h("a", { class: "back", attrs: { href } }, title);
