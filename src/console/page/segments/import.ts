/**
 * The import of a list: pasted or from a file, sent in parts, with how far it is and what of it names nobody. The file is
 * read here; the Worker keeps keyed hashes of its values and nothing else.
 */
import type { Imported } from "../../segments/lists-routes.ts";
import { count, reasonInWords } from "../../wording.ts";
import { call, problemInWords } from "../api.ts";
import { button, fill, h } from "../dom.ts";
import { choice, field } from "../field.ts";
import { addOwnNamespaces } from "../own-namespaces.ts";
import { readEntries } from "./read-list.ts";

/** Namespaces that name a person, in the order that lists have them. */
const NAMESPACES = [
  ["email", "e-mail addresses"],
  ["phone", "phone numbers"],
  ["customer_id", "customer ids"],
  ["user_id", "user ids"],
  ["crm_id", "CRM ids"],
  ["login_id", "login ids"],
] as const;
const MODES = [
  ["add", "Add these to the list"],
  ["replace", "Replace the whole list by these"],
  ["remove", "Take these off the list"],
] as const;

/** Entries of one request: so many are hashed and written well within the time that a request has. */
const PER_REQUEST = 20_000;
/** A list is replaced by one request: in parts, those who are still to come would leave it for a moment. */
const MAX_REPLACED = 100_000;

/** @param done called after an import */
export function importForm(list: string, done: () => void): HTMLElement {
  const text = h("textarea", {
    class: "input",
    attrs: { rows: 5, spellcheck: "false", autocomplete: "off", placeholder: "ida@example.com" },
  });
  const file = h("input", {
    class: "input",
    attrs: { type: "file", accept: ".csv,.txt,.tsv,text/csv,text/plain" },
    on: { change: () => void take() },
  });
  const namespace = choice<string>(NAMESPACES);
  void addOwnNamespaces(namespace.element);
  const mode = choice(MODES);
  const progress = h("progress", { attrs: { max: 1, value: 0, "aria-label": "Import", hidden: true } });
  const said = h("div", { attrs: { role: "status" } });
  const send = button("Import", () => void begin(), "primary");

  async function take(): Promise<void> {
    const [chosen] = file.files ?? [];
    if (chosen) text.value = await chosen.text();
  }

  async function begin(): Promise<void> {
    const known = new Set([...namespace.element.options].map(({ value }) => value));
    const { entries, lines } = readEntries(text.value, namespace.value(), known);
    const how = mode.value();
    const problem =
      entries.length === 0
        ? "Paste values first, one on each line, or choose a file."
        : how === "replace" && entries.length > MAX_REPLACED
          ? `A list is replaced by ${MAX_REPLACED.toLocaleString()} entries at most: replace it with the first of them, and add the others.`
          : undefined;
    if (problem !== undefined) {
      fill(said, h("p", { class: "notice bad" }, problem));
      return;
    }
    send.disabled = true;
    progress.hidden = false;
    await run(entries, lines, how);
    send.disabled = false;
    progress.hidden = true;
    file.value = "";
    done();
  }

  async function run(
    entries: ReturnType<typeof readEntries>["entries"],
    lines: number[],
    how: string,
  ): Promise<void> {
    const size = how === "replace" ? MAX_REPLACED : PER_REQUEST;
    const total = { added: 0, removed: 0, refused: 0 };
    const issues: Imported["issues"] = [];
    for (let from = 0; from < entries.length; from += size) {
      progress.value = from / entries.length;
      fill(
        said,
        h("p", { class: "hint" }, `${from.toLocaleString()} of ${entries.length.toLocaleString()} sent`),
      );
      const answer = await call<Imported>("POST", `lists/${encodeURIComponent(list)}`, {
        mode: how,
        entries: entries.slice(from, from + size),
      });
      if (answer.status !== "ok") {
        const before = from > 0 ? ` The first ${from.toLocaleString()} entries are imported.` : "";
        fill(said, h("p", { class: "notice bad" }, `${problemInWords(answer) ?? ""}${before}`));
        return;
      }
      total.added += answer.body.added;
      total.removed += answer.body.removed;
      total.refused += answer.body.refused;
      issues.push(
        ...answer.body.issues.map((one) => ({ ...one, line: lines[from + one.line - 1] ?? one.line })),
      );
    }
    fill(said, resultOf(total, issues));
    text.value = "";
  }

  return h(
    "div",
    { class: "stack" },
    field(
      "Who",
      text,
      "One value on each line, or a CSV whose heading says what its columns are (email, customer_id, …). Values are hashed on arrival and not kept.",
    ),
    h(
      "div",
      { class: "fields" },
      field("Or a file", file),
      field("Values without a heading are", namespace.element),
      field("What to do", mode.element),
    ),
    h("div", { class: "actions" }, send),
    progress,
    said,
  );
}

function resultOf(
  { added, removed, refused }: { added: number; removed: number; refused: number },
  issues: Imported["issues"],
): HTMLElement {
  return h(
    "div",
    { class: refused > 0 ? "notice wait" : "notice good" },
    h(
      "p",
      {},
      `${count(added, "identifier")} added, ${removed.toLocaleString()} taken away, ${refused.toLocaleString()} refused. Segments follow within 120 s.`,
    ),
    issues.length > 0 &&
      h(
        "ul",
        { class: "pairs refused" },
        ...issues.map(({ line, reason }) =>
          h("li", {}, h("b", {}, `Line ${line.toLocaleString()}`), h("span", {}, reasonInWords(reason))),
        ),
      ),
    refused > issues.length && h("p", {}, `And ${(refused - issues.length).toLocaleString()} more.`),
  );
}
