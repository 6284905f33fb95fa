/** What the server finds wrong with a document, listed by path, and JSON as an operator writes it. */
import type { Issue } from "./api.ts";
import { h } from "./dom.ts";

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

/** What an answer lists; nothing where it is another kind of answer. */
export const issuesOf = (answer: { status: string; issues?: Issue[] }): Issue[] => answer.issues ?? [];
