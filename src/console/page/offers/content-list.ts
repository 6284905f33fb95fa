/** All content: the release's own, and what CMSs gave. */
import { call, problemInWords } from "../api.ts";
import { empty, fill, h } from "../dom.ts";
import { definitions } from "../draft/store.ts";
import { may } from "../may.ts";
import { readItems } from "./cms-items.ts";
import { cmsPart } from "./cms-part.ts";
import { table, usersOf } from "./content-parts.ts";
import { contentHref, head, type Page, saidLine, tabs } from "./page.ts";
import type { ContentInput } from "./shapes.ts";

export function contentList(): Page {
  const said = saidLine();
  const own = Object.entries(definitions("content"));
  const fromCms = h("div", { class: "stack" }, h("div", { class: "skeleton" }));

  async function refresh(): Promise<void> {
    const answer = await readItems();
    if (answer.status === "ok") fill(fromCms, cmsPart(answer.body, pull));
    else fill(fromCms, h("p", { class: "notice bad" }, problemInWords(answer)));
  }

  async function pull(source: string): Promise<void> {
    fill(said, `Reading ${source} …`);
    const answer = await call<{ problem: string | null; changed: number }>(
      "POST",
      `content/${encodeURIComponent(source)}/pull`,
    );
    fill(
      said,
      answer.status !== "ok"
        ? problemInWords(answer)
        : (answer.body.problem ??
            `${source} is read: ${answer.body.changed === 0 ? "nothing was new" : `${answer.body.changed} changed`}.`),
    );
    await refresh();
  }

  void refresh();
  return {
    element: h(
      "div",
      {},
      head(
        "Content",
        said,
        may("release:write") &&
          h("a", { class: "button primary", attrs: { href: "#/offers/content/+" } }, "New content"),
      ),
      tabs("content"),
      h("h2", {}, "Of the release"),
      own.length === 0 ? empty("There is none yet", "Content is what an offer shows.") : ownTable(own),
      h("h2", {}, "From CMSs"),
      fromCms,
    ),
  };
}

const ownTable = (own: readonly (readonly [string, ContentInput])[]): HTMLElement =>
  table(
    ["Content", "How it begins", "Kind", "Languages", "Shown by"],
    own.map(([key, { html, data, template, message, locales }]) =>
      h(
        "tr",
        {},
        h("td", {}, h("a", { attrs: { href: contentHref(key) } }, key)),
        h("td", { class: "begins" }, html === undefined ? JSON.stringify(data) : textOf(html)),
        h(
          "td",
          {},
          [html === undefined ? "data" : "HTML", template && "template", message && "message"]
            .filter(Boolean)
            .join(", "),
        ),
        h("td", {}, Object.keys(locales ?? {}).join(", ")),
        h("td", {}, ...usersOf(key)),
      ),
    ),
  );

/** About what it says, for a list: what looks like a tag is left out. Shown as text alone. */
const textOf = (html: string): string =>
  html
    .slice(0, 2_000)
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim()
    .slice(0, 90);
