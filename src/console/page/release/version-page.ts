/** One version: what it changed, and all that is in it. */
import type { ReleaseInput } from "#contracts/definitions/release";
import { call, problemInWords } from "../api.ts";
import { fill, h } from "../dom.ts";
import { rawJson } from "../json.ts";
import { timeOf } from "../time.ts";
import { type Change, changeList } from "./changes.ts";
import type { OneRelease } from "./shapes.ts";

/** The page at `#/release/version/<n>`. */
export function versionPage(version: string): { element: HTMLElement; refresh(): Promise<void> } {
  const body = h("div", {}, h("div", { class: "skeleton" }));
  const element = h(
    "div",
    {},
    h("a", { class: "back", attrs: { href: "#/release" } }, "Release"),
    h("div", { class: "view-head" }, h("h1", { attrs: { tabindex: "-1" } }, `Version ${version}`)),
    body,
  );
  return {
    element,
    async refresh() {
      const found = await call<OneRelease>("GET", `releases/${encodeURIComponent(version)}`);
      if (found.status !== "ok") {
        fill(body, h("p", { class: "notice bad" }, problemInWords(found)));
        return;
      }
      const { parent, note, author, created_at, document } = found.body;
      const diff =
        parent === null
          ? undefined
          : await call<{ changes: Change[] }>("GET", `releases/diff?from=${parent}&to=${version}`);
      fill(
        body,
        h("p", { class: "hint" }, [note, author, timeOf(created_at).whole].filter(Boolean).join(" · ")),
        diff && h("h2", {}, `What it changed in version ${parent}`),
        diff?.status === "ok" ? changeList(diff.body.changes) : diff && problemInWords(diff),
        h("h2", {}, "All that is in it"),
        parts(document),
      );
    },
  };
}

/** One fold for each part of the document, with how much is in it. */
function parts(document: ReleaseInput): HTMLElement {
  return h(
    "div",
    { class: "parts" },
    ...Object.entries(document).map(([name, part = {}]) => {
      const keys = Object.keys(part);
      const single = SINGLE.has(name);
      return h(
        "details",
        { class: "part" },
        h(
          "summary",
          {},
          h("span", { class: "part-name" }, name),
          !single && h("span", { class: "part-count" }, keys.length),
          h("span", { class: "part-keys" }, single ? "" : keys.join(", ")),
        ),
        rawJson(part),
      );
    }),
  );
}

/** Kinds that are one definition, not many by key. */
const SINGLE = new Set(["policy", "identity", "profile", "catalogue", "decisioning"]);
