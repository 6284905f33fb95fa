/**
 * The release: the active document by its parts, an editor that publishes a new version with a note, and the history.
 * The server validates the whole document; what it finds is listed by path and nothing is published.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { call } from "./api.ts";
import { destinationTry } from "./destination-try.ts";
import { button, chip, empty, fill, h } from "./dom.ts";
import { rawJson } from "./json.ts";
import { may } from "./may.ts";
import { readOnly } from "./not-permitted.ts";
import { releaseEditor } from "./release-editor.ts";
import type { View } from "./shell.ts";
import { timeOf } from "./time.ts";

interface Active {
  version: number;
  document: ReleaseDocument;
}
interface Past {
  version: number;
  note: string;
  created_at: string;
}

/** The view at `#/release`. */
export function releaseView(): View {
  const body = h("div", {}, h("div", { class: "skeleton" }));
  const history = h("div", {});
  const said = h("p", { class: "said", attrs: { role: "status" } });
  const actions = h("div", { class: "actions" });
  const version = h("span", { class: "version" });
  const element = h(
    "section",
    { class: "view" },
    h(
      "div",
      { class: "view-head" },
      h("h1", {}, "Release"),
      version,
      said,
      h("span", { class: "grow" }),
      actions,
    ),
    readOnly("release:write"),
    body,
    h("h2", {}, "History"),
    history,
  );
  let editing = false;

  async function refresh(): Promise<void> {
    const [active, past] = await Promise.all([
      call<Active>("GET", "releases/active"),
      call<{ releases: Past[] }>("GET", "releases"),
    ]);
    if (active.status === "ok") {
      fill(version, active.body.version > 0 ? `Version ${active.body.version}` : "Nothing published");
      if (!editing) view(active.body);
    } else if (active.status === "problem") fill(body, h("p", { class: "notice bad" }, active.detail));
    if (past.status === "ok") {
      fill(history, historyOf(past.body.releases, active.status === "ok" ? active.body.version : 0));
    } else if (past.status === "problem") fill(history, h("p", { class: "notice bad" }, past.detail));
  }

  function view(active: Active): void {
    editing = false;
    fill(actions, may("release:write") && button("Edit", () => edit(active)));
    fill(body, parts(active.document));
  }

  function edit(active: Active): void {
    editing = true;
    fill(said);
    fill(
      actions,
      button("Discard", () => view(active)),
    );
    const editor = releaseEditor(active.document, (published, visible) => {
      fill(said, `Version ${published} is published: visible ${visible}.`);
      editing = false;
      void refresh();
    });
    fill(body, editor.element, destinationTry(editor.written));
    editor.focus();
  }

  return { element, show: () => void refresh(), hide: () => {} };
}

/** One fold for each part of the document, with how much is in it. */
function parts(document: ReleaseDocument): HTMLElement {
  return h(
    "div",
    { class: "parts" },
    ...Object.entries(document).map(([name, part = {}]) => {
      const keys = Object.keys(part);
      const single = name === "policy";
      return h(
        "details",
        { class: "part", attrs: { open: false } },
        h(
          "summary",
          {},
          h("span", { class: "part-name" }, name),
          !single && h("span", { class: "part-count" }, keys.length),
          h(
            "span",
            { class: "part-keys" },
            single ? Object.keys(document.policy.regimes).join(", ") : keys.join(", "),
          ),
        ),
        rawJson(part),
      );
    }),
  );
}

function historyOf(releases: readonly Past[], active: number): HTMLElement {
  if (releases.length === 0) {
    return empty(
      "Nothing was published yet",
      "Until then every purpose is denied and every slot keeps the page's own content.",
    );
  }
  return h(
    "ol",
    { class: "history" },
    ...releases.map((release) => {
      const time = timeOf(release.created_at);
      return h(
        "li",
        {},
        h("span", { class: "history-version" }, release.version),
        h("span", { class: "history-note" }, release.note || h("span", { class: "hint" }, "no note")),
        release.version === active && chip("good", "active"),
        h("time", { attrs: { datetime: time.iso, title: time.whole } }, time.shown),
      );
    }),
  );
}
