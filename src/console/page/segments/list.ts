/** All segments of the draft that is shown, and those that it removes: what each means, how many are in it, and who uses it. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { speedOf } from "#segments/speed";
import { conditionInWords } from "../condition/words.ts";
import { empty, fill, h } from "../dom.ts";
import { current, onShown } from "../draft/store.ts";
import { may } from "../may.ts";
import { facts } from "../steps.ts";
import { dateOf } from "../time.ts";
import { hrefOf } from "./address.ts";
import { historyBars, markChip, speedLine, usesLine } from "./parts.ts";
import { publishedNow } from "./published.ts";
import { markOf, segmentUses, type Tidy, tidy } from "./tidy.ts";
import type { Part } from "./view.ts";

export function segmentList(): Part {
  const count = h("p", { class: "hint about" });
  const cards = h("ul", { class: "cards wide-cards" });
  const none = h("div", {});
  const search = h("input", {
    class: "input search",
    attrs: { type: "search", placeholder: "Search", "aria-label": "Search segments" },
    on: { input: () => draw() },
  });

  function draw(): void {
    const { counted, document: published } = publishedNow();
    const document = tidy(current()?.document ?? {});
    const before = tidy(published);
    const names = [...new Set([...Object.keys(document.segments), ...Object.keys(before.segments)])].sort();
    const wanted = search.value.trim().toLowerCase();
    const found = names.filter((name) =>
      `${name} ${document.segments[name]?.description ?? ""}`.toLowerCase().includes(wanted),
    );
    fill(
      count,
      counted
        ? `${counted.people.toLocaleString()} people, counted on ${dateOf(counted.day)}. Each segment is counted every night.`
        : "People are counted every night; they have not been counted yet. A segment’s page says how many are in it now.",
    );
    fill(cards, ...found.map((name) => card(name, document, before)));
    fill(
      none,
      names.length === 0
        ? empty(
            "There are no segments yet",
            "A segment is a group of people who do the same: buy, read about winter, have left a cart.",
            may("release:write") &&
              h("a", { class: "button primary", attrs: { href: "#/segments/new" } }, "New segment"),
          )
        : found.length === 0 && empty("No segment is called so", "Search looks at names and descriptions."),
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
        h("h1", { attrs: { tabindex: "-1" } }, "Segments"),
        search,
        h("span", { class: "grow" }),
        may("release:write") &&
          h("a", { class: "button primary", attrs: { href: "#/segments/new" } }, "New segment"),
      ),
      count,
      none,
      cards,
    ),
    stop: onShown(draw),
  };
}

function card(name: string, document: Tidy, before: Tidy): HTMLElement {
  const segment = document.segments[name];
  const shown = segment ?? before.segments[name];
  const sizes = publishedNow().segments.get(name);
  const people = sizes?.people ?? null;
  const speed = speedOf((segment ? document : before) as ReleaseDocument, name); // it reads what Tidy has
  return h(
    "li",
    { class: "card segment-card" },
    h(
      "div",
      { class: "card-head" },
      h("h3", {}, segment ? h("a", { attrs: { href: hrefOf(name) } }, name) : h("s", {}, name)),
      markChip(markOf(segment, before.segments[name])),
    ),
    h("p", {}, shown?.description || conditionInWords(shown?.when) || "Everybody"),
    h(
      "div",
      { class: "segment-size" },
      h("b", {}, people === null ? "–" : people.toLocaleString()),
      h("span", { class: "hint" }, people === 1 ? "person" : "people"),
      historyBars(sizes?.history ?? []),
    ),
    facts([
      ["For", shown?.purpose],
      ["Effect", speedLine(speed)],
      ["Used by", usesLine(segmentUses(segment ? document : before, name))],
    ]),
  );
}
