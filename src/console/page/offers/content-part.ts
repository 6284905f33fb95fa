/** What an offer shows: content of the release, a piece of a CMS, or new content that is written right here. */
import { chip, fill, h } from "../dom.ts";
import { definitions } from "../draft/store.ts";
import { choice, field } from "../field.ts";
import { cmsPicker } from "./cms-picker.ts";
import { contentForm, previewOf } from "./content-form.ts";
import type { PartOf } from "./offer-form.ts";
import { contentHref } from "./page.ts";
import { type ContentInput, contentOf, keyOf } from "./shapes.ts";

/** Content that is written with the offer, and saved with it. Lives as long as the page. */
export interface NewContent {
  key: string;
  value: ContentInput | undefined;
}

type Way = "release" | "cms" | "new";

export function contentPart({ offer, set, key, places }: PartOf, fresh: NewContent): HTMLElement {
  const place = h("div", { class: "stack" });
  const isFresh = () => fresh.value !== undefined && offer().content === fresh.key;
  const way = choice<Way>(
    [
      ["release", "Content that there is"],
      ["cms", "Something from the CMS"],
      ["new", "New content, written here"],
    ],
    { name: "What it shows", changed: () => change() },
  );
  way.element.value = isFresh() ? "new" : offer().content.startsWith("cms:") ? "cms" : "release";

  function change(): void {
    if (way.value() === "new") {
      fresh.key = freeName(key() || offer().slot || "offer");
      fresh.value = { html: "" };
      set({ content: fresh.key });
    } else fresh.value = undefined;
    draw();
  }

  function draw(): void {
    fill(place, way.value() === "new" ? written() : way.value() === "cms" ? picker() : existing());
  }

  const picker = () =>
    Object.keys(definitions("cms")).length === 0
      ? h("p", { class: "hint" }, "The release has no CMS. An engineer can connect one: docs/content.md.")
      : cmsPicker(offer().content, (ref) => set({ content: ref }));

  function existing(): HTMLElement {
    const all = definitions("content");
    const { content } = offer();
    const names = Object.keys(all);
    const looks = h("div", {});
    const select = h(
      "select",
      {
        class: "input",
        on: {
          change: () => {
            set({ content: select.value });
            show();
          },
        },
      },
      ...(names.includes(content) ? names : [content.startsWith("cms:") ? "" : content, ...names]).map(
        (name) => h("option", { attrs: { value: name } }, name || "choose …"),
      ),
    );
    select.value = content;
    const show = () => {
      const one = contentOf(all[select.value]);
      fill(
        looks,
        one && previewOf(one),
        one &&
          h(
            "p",
            {},
            h("a", { attrs: { href: contentHref(select.value) } }, "Edit this content"),
            one.template && chip("info", "template"),
          ),
      );
    };
    show();
    return h("div", { class: "stack" }, field("Content", select), looks);
  }

  function written(): HTMLElement {
    const name = h("input", {
      class: "input",
      attrs: { value: fresh.key, maxlength: 64, autocomplete: "off", spellcheck: "false" },
      on: {
        change: () => {
          fresh.key = freeName(keyOf(name.value) || "offer");
          name.value = fresh.key;
          set({ content: fresh.key });
        },
      },
    });
    return h(
      "div",
      { class: "stack" },
      field("Name of the content", name),
      contentForm(
        fresh.value,
        (next) => {
          fresh.value = contentOf(next);
          set({}); // the page knows that something is not saved
        },
        places,
        definitions("slots")[offer().slot]?.kind === "message",
      ),
    );
  }

  draw();
  return h("div", { class: "stack" }, way.element, place);
}

/** The name, or one like it that no content has. */
function freeName(name: string): string {
  const taken = definitions("content");
  let free = name;
  for (let n = 2; Object.hasOwn(taken, free); n++) free = `${name.slice(0, 60)}-${n}`;
  return free;
}
