/** All features of the draft that is shown: what each means in a sentence, and who uses it. */
import { empty, fill, h } from "../dom.ts";
import { current, onShown } from "../draft/store.ts";
import { may } from "../may.ts";
import { featureHref } from "./address.ts";
import { markChip, usesLine } from "./parts.ts";
import { publishedNow } from "./published.ts";
import { featureUses, markOf, tidy } from "./tidy.ts";
import type { Part } from "./view.ts";
import { featureInWords } from "./words.ts";

export function featureList(): Part {
  const cards = h("ul", { class: "cards wide-cards" });
  const none = h("div", {});
  const create = () =>
    may("release:write") &&
    h("a", { class: "button primary", attrs: { href: "#/segments/features/new" } }, "New feature");

  function draw(): void {
    const document = tidy(current()?.document ?? {});
    const before = tidy(publishedNow().document);
    const names = [...new Set([...Object.keys(document.features), ...Object.keys(before.features)])].sort();
    fill(
      none,
      names.length === 0 &&
        empty(
          "There are no features yet",
          "A feature is what is known of a person from what they do: how often they bought, what they read most.",
          create(),
        ),
    );
    fill(
      cards,
      ...names.map((name) => {
        const feature = document.features[name];
        const shown = feature ?? before.features[name];
        return h(
          "li",
          { class: "card" },
          h(
            "div",
            { class: "card-head" },
            h("h3", {}, feature ? h("a", { attrs: { href: featureHref(name) } }, name) : h("s", {}, name)),
            markChip(markOf(feature, before.features[name])),
          ),
          h("p", {}, shown && `${featureInWords(shown)}.`),
          h(
            "p",
            { class: "hint spaced" },
            "Used by ",
            usesLine(featureUses(feature ? document : before, name)),
          ),
        );
      }),
    );
  }

  draw();
  return {
    element: h(
      "div",
      {},
      h(
        "div",
        { class: "view-head" },
        h("h1", { attrs: { tabindex: "-1" } }, "Features"),
        h("span", { class: "grow" }),
        create(),
      ),
      h(
        "p",
        { class: "hint about" },
        "What segments and offers ask about. A new or changed feature starts to count when it is published.",
      ),
      none,
      cards,
    ),
    stop: onShown(draw),
  };
}
