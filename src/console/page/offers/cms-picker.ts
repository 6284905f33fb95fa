/** Choosing a piece of content of a CMS: a search over titles, topics and ids. */
import { problemInWords } from "../api.ts";
import { button, chip, fill, h } from "../dom.ts";
import { field } from "../field.ts";
import { matches, type Piece, piecesOf, readItems, titleOf } from "./cms-items.ts";

const SHOWN = 12;

/** @param chosen as the offer names it @param choose called with what is picked */
export function cmsPicker(chosen: string, choose: (ref: string) => void): HTMLElement {
  const results = h("div", { class: "stack" }, h("div", { class: "skeleton" }));
  let pieces: Piece[] = [];
  let picked = chosen;
  const search = h("input", {
    class: "input",
    attrs: { type: "search", autocomplete: "off", placeholder: "Title, topic or id" },
    on: { input: () => draw() },
  });

  function draw(): void {
    const found = pieces.filter((piece) => matches(piece, search.value.trim()));
    fill(
      results,
      picked.startsWith("cms:") &&
        !pieces.some(({ ref }) => ref === picked) &&
        h(
          "p",
          { class: "notice wait" },
          `${picked} was not imported yet; until it is, the offer does not win.`,
        ),
      found.length === 0 &&
        h(
          "p",
          { class: "hint" },
          pieces.length === 0 ? "Nothing has been imported yet." : "Nothing like that was imported.",
        ),
      h(
        "ul",
        { class: "picks" },
        ...found.slice(0, SHOWN).map((piece) => {
          const isOn = piece.ref === picked;
          const published = piece.rows.filter(({ state }) => state === "published");
          return h(
            "li",
            {},
            button(
              h(
                "span",
                {},
                h("b", {}, titleOf(piece)),
                h(
                  "span",
                  { class: "hint block" },
                  `${piece.ref} · ${piece.rows.map(({ locale }) => locale).join(", ")}`,
                ),
              ),
              () => {
                picked = piece.ref;
                choose(picked);
                draw();
              },
              isOn ? "pick on" : "pick",
              { "aria-pressed": isOn ? "true" : "false" },
            ),
            published.length === 0 && chip("wait", "not published there"),
          );
        }),
      ),
      found.length > SHOWN && h("p", { class: "hint" }, `${found.length - SHOWN} more: search for them.`),
    );
  }

  void readItems().then((answer) => {
    if (answer.status !== "ok") {
      fill(results, h("p", { class: "notice bad" }, problemInWords(answer)));
      return;
    }
    pieces = piecesOf(answer.body.items);
    draw();
  });
  return h("div", { class: "stack" }, field("Search what was imported", search), results);
}
