/**
 * The bar above segments, offers, content and slots: whether one sees the stable release or a draft, how much the draft
 * changes, and the way to its review. Begins, opens and leaves drafts.
 */
import { call } from "../api.ts";
import { chip, fill, h } from "../dom.ts";
import { may } from "../may.ts";
import { begin, choose, current, type DraftHead, onShown } from "./store.ts";

/** With the one that is shown, which may be newer than the list. */
const namesWith = (drafts: readonly DraftHead[], shown: DraftHead | undefined): string[] => [
  ...new Set([...drafts, ...(shown ? [shown] : [])].map(({ name }) => name)),
];

const NEW = "+";
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** The bar. It keeps itself up to date as long as it is in the page. */
export function draftBar(): HTMLElement {
  const element = h("div", { class: "draft-bar", attrs: { role: "region", "aria-label": "Draft" } });
  const said = h("span", { class: "said", attrs: { role: "status" } });
  let drafts: DraftHead[] = [];

  const act = async (work: Promise<string | undefined>): Promise<void> => {
    const problem = await work;
    fill(said, problem ?? "");
    await list();
  };

  async function list(): Promise<void> {
    const answer = await call<{ drafts: DraftHead[] }>("GET", "drafts");
    if (answer.status === "ok") drafts = answer.body.drafts;
    draw();
  }

  function draw(): void {
    const shown = current();
    if (!shown) return;
    const { draft, stable } = shown;
    const select = h(
      "select",
      {
        class: "input",
        attrs: { "aria-label": "What you see and change" },
        on: { change: () => pick(select.value) },
      },
      h(
        "option",
        { attrs: { value: "" } },
        stable > 0 ? `Published, version ${stable}` : "Nothing published",
      ),
      ...namesWith(drafts, draft).map((name) => h("option", { attrs: { value: name } }, `Draft ${name}`)),
      may("release:write") && h("option", { attrs: { value: NEW } }, "New draft …"),
    );
    select.value = draft?.name ?? "";
    fill(
      element,
      select,
      draft
        ? chip("wait", "draft", `changed last by ${draft.author || "somebody"}`)
        : h(
            "span",
            { class: "hint" },
            may("release:write") ? "The first change begins a draft." : "Read only.",
          ),
      said,
      h("span", { class: "grow" }),
      draft &&
        h(
          "a",
          { class: "button primary", attrs: { href: `#/release/draft/${draft.name}` } },
          "Review and publish",
        ),
    );
  }

  function pick(value: string): void {
    if (value !== NEW) {
      void act(choose(value === "" ? null : value));
      return;
    }
    const name = prompt("Name of the draft (lower case letters, digits, -)")?.trim().toLowerCase() ?? "";
    if (NAME.test(name)) void act(begin(name));
    else {
      if (name !== "") fill(said, "A name has lower case letters, digits, - or _.");
      draw();
    }
  }

  onShown(draw);
  void list();
  return element;
}
