/**
 * The pieces that the sandbox page's panels are made of. All text goes in as text nodes, so a contact named `<script>` is
 * only a contact with an odd name.
 */

/** Makes an element; children are nodes or text, and null is left out. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** A time of day; its title is the whole. */
export const time = (at) =>
  make("time", { datetime: at, title: at }, new Date(at).toLocaleTimeString("en-GB"));
/** A word with a tone: `plain`, `good`, `warn` or `bad`. */
export const tag = (text, tone = "plain") => make("span", { class: `tag tag--${tone}` }, text);
/** What a panel shows where it has nothing. */
export const empty = (title, text) =>
  make("div", { class: "empty" }, make("strong", {}, title), make("p", {}, text));

/** A table with its headings. */
export function table(headings, rows) {
  const head = make(
    "thead",
    {},
    make(
      "tr",
      {},
      headings.map((heading) => make("th", { scope: "col" }, heading)),
    ),
  );
  return make("div", { class: "scroll" }, make("table", {}, head, make("tbody", {}, rows)));
}

/** One row of a table. */
export const row = (...cells) =>
  make(
    "tr",
    {},
    cells.map((cell) => make("td", {}, cell)),
  );
