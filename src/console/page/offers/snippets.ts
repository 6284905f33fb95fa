/** The markup and the request that put a slot into a page, to be copied. */
import { button, fill, h } from "../dom.ts";
import type { SlotInput } from "./shapes.ts";

/** @param key of the slot: lower case letters, digits, - and _ alone */
export function snippets(key: string, kind: NonNullable<SlotInput["kind"]>, minHeight = 200): HTMLElement {
  const base = new URL(".", document.baseURI).href.replace(/\/$/, "");
  const script = (attributes = "") => `<script src="${base}/doorstep-slots.js" async${attributes}></script>`;
  const ways: (readonly [title: string, meaning: string, text: string])[] =
    kind === "message"
      ? [["On a page", "It shows over the page, as a banner or a dialog.", script(` data-messages="${key}"`)]]
      : [
          [
            "In a page that Doorstep fronts",
            "The page's server needs nothing else. Inside is what everybody sees when no offer wins.",
            `<section data-doorstep-slot="${key}">\n  <h2>What everybody sees</h2>\n</section>`,
          ],
          [
            "In a page from a cache",
            "The same page for everybody; the script fills it.",
            `<style>doorstep-slot { display: block; min-height: ${minHeight}px }</style>\n${script()}\n\n<doorstep-slot name="${key}">\n  <h2>What everybody sees</h2>\n</doorstep-slot>`,
          ],
        ];
  ways.push(["From anywhere else", "As JSON; with Accept: text/html as HTML.", `GET ${base}/slots/${key}`]);
  return h(
    "section",
    { class: "part-card", attrs: { "aria-label": "Into the page" } },
    h("h2", {}, "Into the page"),
    ...ways.map(([title, meaning, text]) =>
      h(
        "div",
        { class: "snippet" },
        h("div", { class: "between" }, h("h3", {}, title), copyButton(text, title)),
        h("p", { class: "hint" }, meaning),
        h("pre", { class: "json", attrs: { tabindex: "0" } }, text),
      ),
    ),
  );
}

/** Puts a text on the clipboard, and says so. @param what for those who hear the page */
export function copyButton(text: string, what: string): HTMLElement {
  const done = h("span", { class: "hint", attrs: { role: "status" } });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      fill(done, "Copied.");
    } catch {
      fill(done, "The browser does not let it: select it and copy.");
    }
  };
  return h(
    "span",
    { class: "actions" },
    done,
    button("Copy", () => void copy(), "", { "aria-label": `Copy: ${what}` }),
  );
}
