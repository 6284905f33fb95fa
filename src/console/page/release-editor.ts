/** Edits a release as JSON and publishes it with a note. Problems are listed by path; the text is never lost to one. */
import { call, type Issue } from "./api.ts";
import { button, fill, h } from "./dom.ts";

interface Editor {
  element: HTMLElement;
  focus(): void;
  /** The document as it is written now. */
  written(): string;
}

/** @param done called with the new version and when it is visible */
export function releaseEditor(document: unknown, done: (version: number, visible: string) => void): Editor {
  const text = h("textarea", {
    class: "editor",
    attrs: {
      spellcheck: "false",
      autocapitalize: "off",
      "aria-label": "Release document (JSON)",
      wrap: "off",
    },
  });
  text.value = JSON.stringify(document, null, 2);
  const note = h("input", {
    class: "input",
    attrs: { id: "release-note", maxlength: 500, placeholder: "What changes, and why", autocomplete: "off" },
  });
  const problems = h("div", { attrs: { role: "alert" } });
  const publish = button("Publish", () => void send(), "primary");

  async function send(): Promise<void> {
    const parsed = parseJson(text.value);
    if ("problem" in parsed) return fill(problems, issuesNotice(parsed.problem, [], "document"));
    publish.disabled = true;
    fill(publish, "Publishing…");
    fill(problems);
    const answer = await call<{ version: number; visible: string }>("POST", "releases", {
      document: parsed.value,
      note: note.value.trim(),
    });
    publish.disabled = false;
    fill(publish, "Publish");
    if (answer.status === "ok") done(answer.body.version, answer.body.visible);
    if (answer.status === "problem") fill(problems, issuesNotice(answer.detail, answer.issues, "document"));
    if (answer.status === "offline")
      fill(problems, issuesNotice("The Worker does not answer; nothing was published.", [], "document"));
  }

  const element = h(
    "div",
    { class: "release-editor" },
    text,
    problems,
    h("div", { class: "publish" }, h("label", { attrs: { for: "release-note" } }, "Note"), note, publish),
  );
  return { element, focus: () => text.focus({ preventScroll: true }), written: () => text.value };
}

/** What the server found. @param whole what an issue without a path is about */
export function issuesNotice(detail: string, issues: readonly Issue[], whole: string): HTMLElement {
  return h(
    "div",
    { class: "notice bad" },
    h("p", {}, detail),
    issues.length > 0 &&
      h(
        "ul",
        { class: "pairs" },
        ...issues.map((issue) =>
          h("li", {}, h("code", {}, issue.path || whole), h("span", {}, issue.message)),
        ),
      ),
  );
}

/** JSON as an operator wrote it, or what is wrong with it. */
export function parseJson(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { problem: `This is not JSON: ${error instanceof Error ? error.message : "unknown error"}` };
  }
}
