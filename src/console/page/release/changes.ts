/** What a release or a draft changes: each definition with what is new, gone or other in it. */
import { chip, h, type Tone } from "../dom.ts";
import { rawJson } from "../json.ts";

/** As `GET /releases/diff` and its kin answer. */
export interface Change {
  kind: string;
  /** Null: the kind has no keys. */
  key: string | null;
  change: "added" | "removed" | "changed";
  paths?: { path: string; from?: unknown; to?: unknown }[];
  from?: unknown;
  to?: unknown;
}

const TONES: Record<Change["change"], Tone> = { added: "good", removed: "bad", changed: "info" };

/** The list; says so where nothing is changed. */
export function changeList(changes: readonly Change[]): HTMLElement {
  if (changes.length === 0) return h("p", { class: "hint" }, "Nothing is changed.");
  return h("div", { class: "parts" }, ...changes.map(one));
}

function one({ kind, key, change, paths = [], from, to }: Change): HTMLElement {
  return h(
    "details",
    { class: "part change" },
    h(
      "summary",
      {},
      h("span", { class: "part-name" }, kind),
      chip(TONES[change], change),
      h("span", { class: "part-keys" }, key ?? ""),
    ),
    change === "changed"
      ? h(
          "table",
          { class: "table" },
          h("thead", {}, h("tr", {}, ...["Where", "Before", "After"].map((text) => h("th", {}, text)))),
          h(
            "tbody",
            {},
            ...paths.map((part) =>
              h(
                "tr",
                {},
                h("td", {}, h("code", {}, part.path)),
                h("td", {}, shown(part.from)),
                h("td", {}, shown(part.to)),
              ),
            ),
          ),
        )
      : rawJson(change === "added" ? to : from),
  );
}

/** A value on one line; what is not there is a dash. */
const shown = (value: unknown): HTMLElement =>
  value === undefined ? h("span", { class: "hint" }, "–") : h("code", {}, JSON.stringify(value));
