/** What CMSs gave: how each source is doing, and its texts with their states, problems, and who shows them. */
import { button, type Child, chip, empty, fill, h, type Tone } from "../dom.ts";
import { choice, field } from "../field.ts";
import { may } from "../may.ts";
import {
  type CmsRow,
  type CmsSourceState,
  type ContentList,
  matches,
  piecesOf,
  titleOf,
} from "./cms-items.ts";
import { table, usersOf, when } from "./content-parts.ts";
import { contentHref } from "./page.ts";

const SHOWN = 50;

const STATES: Record<CmsRow["state"], Tone> = { published: "good", draft: "wait", unpublished: "quiet" };

/** @param pull reads a source now */
export function cmsPart(
  { sources, items, next }: ContentList,
  pull: (source: string) => Promise<void>,
): HTMLElement {
  if (sources.length === 0)
    return empty(
      "No CMS is connected",
      "With one in the release (an engineer: docs/content.md), its texts are pulled, checked and listed here.",
    );
  const pieces = piecesOf(items);
  const list = h("div", { class: "stack" });
  const search = h("input", {
    class: "input",
    attrs: { type: "search", autocomplete: "off", placeholder: "Title, topic or id" },
    on: { input: () => draw() },
  });
  const state = choice(
    [
      ["", "in any state"],
      ["published", "published"],
      ["draft", "drafts"],
      ["unpublished", "taken back"],
      ["issues", "with problems"],
    ],
    { changed: () => draw() },
  );
  function draw(): void {
    const wanted = state.value();
    const found = pieces.filter(
      (piece) =>
        matches(piece, search.value.trim()) &&
        (wanted === "" ||
          piece.rows.some((row) =>
            wanted === "issues"
              ? row.issues.length > 0
              : row.state === wanted || (wanted === "draft" && row.has_draft),
          )),
    );
    fill(
      list,
      table(
        ["Title", "Languages", "Changed", "Problems", "Shown by"],
        found.slice(0, SHOWN).map((piece) =>
          h(
            "tr",
            {},
            h(
              "td",
              {},
              h("a", { attrs: { href: contentHref(piece.ref) } }, titleOf(piece)),
              h("span", { class: "hint block" }, piece.ref),
            ),
            h(
              "td",
              {},
              h(
                "span",
                { class: "chips" },
                ...piece.rows.map((row) => chip(STATES[row.state], row.locale, row.state)),
              ),
            ),
            h(
              "td",
              {},
              when(
                piece.rows
                  .map(({ changed_at }) => changed_at ?? "")
                  .sort()
                  .at(-1) ?? "",
              ),
            ),
            h("td", {}, ...problemsOf(piece.rows)),
            h("td", {}, ...usersOf(piece.ref)),
          ),
        ),
      ),
      found.length === 0 && h("p", { class: "hint" }, "Nothing like that was imported."),
      (found.length > SHOWN || next !== null) && h("p", { class: "hint" }, "There is more: search for it."),
    );
  }
  draw();
  return h(
    "div",
    { class: "stack" },
    h("ul", { class: "cards" }, ...sources.map((source) => sourceCard(source, pull))),
    h("div", { class: "fields" }, field("Search", search), field("Only", state.element)),
    list,
  );
}

const problemsOf = (rows: readonly CmsRow[]): Child[] =>
  rows.flatMap(({ issues, locale }) =>
    issues.map(({ message, refused }) =>
      h(
        "span",
        { class: `field-issue ${refused ? "bad" : "wait"}` },
        `${locale}: ${message}${refused ? " (not taken: the last good version stays)" : ""}`,
      ),
    ),
  );

function sourceCard(
  { key, type, url, items, pulled_at, problem, unreadable, pull_minutes }: CmsSourceState,
  pull: (source: string) => Promise<void>,
): HTMLElement {
  return h(
    "li",
    { class: "card", attrs: { "aria-label": `Source ${key}` } },
    h(
      "div",
      { class: "card-head" },
      h("h3", {}, key),
      problem !== null
        ? chip("bad", "cannot be read")
        : pulled_at === null
          ? chip("quiet", "not read yet")
          : chip("good", "is read"),
    ),
    h("p", { class: "hint" }, `${type} · ${url}`),
    h("p", {}, `${items} texts, last read `, when(pulled_at ?? ""), `; every ${pull_minutes} min`),
    problem !== null && h("p", { class: "notice bad" }, problem, " What visitors see stays as it was."),
    unreadable.length > 0 &&
      h("p", { class: "notice wait" }, `Cannot be told apart: ${unreadable.join(", ")}`),
    may("release:write") &&
      h(
        "div",
        { class: "card-foot" },
        button("Read it now", () => void pull(key), "", { "aria-label": `Read ${key} now` }),
      ),
  );
}
