/** The entries of the audit log, newest first, of one action or one actor if wanted, and older ones on demand. */
import type { AuditEntry } from "#privacy/audit/chain";
import { call, problemInWords } from "../api.ts";
import { button, empty, fill, h } from "../dom.ts";
import { code } from "../steps.ts";
import { timeOf } from "../time.ts";

const LIMIT = 50;

export interface EntriesPanel {
  element: HTMLElement;
  reload: HTMLElement;
  refresh(): Promise<void>;
}

interface Page {
  entries: AuditEntry[];
  next: number | null;
}

/** @param loaded called with the seq of the newest entry */
export function entriesPanel(loaded: (newest: number) => void): EntriesPanel {
  const action = filter("Action", "access_token.create");
  const actor = filter("Actor's id", "root");
  const rows = h("tbody", {});
  const note = h("div", { attrs: { role: "status" } }, h("div", { class: "skeleton" }));
  const more = button("Show older ones", () => void older());
  const form = h(
    "form",
    {
      class: "filters audit-filters",
      on: {
        submit: (event) => {
          event.preventDefault();
          void refresh();
        },
      },
    },
    action.element,
    actor.element,
    h("button", { class: "button", attrs: { type: "submit" } }, "Filter"),
  );
  let next: number | null = null;
  let turn = 0;

  const query = (before: number | null) => {
    const wanted = new URLSearchParams({ limit: String(LIMIT) });
    if (before !== null) wanted.set("before", String(before));
    if (action.value()) wanted.set("action", action.value());
    if (actor.value()) wanted.set("actor", actor.value());
    return `audit?${wanted}`;
  };

  async function refresh(): Promise<void> {
    const own = ++turn;
    const answer = await call<Page>("GET", query(null));
    if (own !== turn) return;
    if (answer.status !== "ok") return failed(problemInWords(answer));
    fill(rows);
    show(answer.body);
    const isAll = !action.value() && !actor.value();
    if (isAll) loaded(answer.body.entries[0]?.seq ?? 0);
  }

  async function older(): Promise<void> {
    const own = ++turn;
    const answer = await call<Page>("GET", query(next));
    if (own !== turn) return;
    if (answer.status === "ok") show(answer.body);
    else failed(problemInWords(answer));
  }

  function show(page: Page): void {
    for (const entry of page.entries) {
      rows.appendChild(row(entry));
      action.known(entry.action);
      actor.known(entry.actor.id, entry.actor.name);
    }
    next = page.next;
    more.hidden = next === null;
    fill(note, rows.childElementCount === 0 && nothing(next !== null));
  }

  function failed(problem: string | undefined): void {
    fill(note, problem !== undefined && h("p", { class: "notice bad" }, problem));
  }

  more.hidden = true;
  return {
    reload: button("Refresh", () => void refresh()),
    element: h(
      "div",
      {},
      form,
      h("div", { class: "table-frame" }, table(rows), note),
      h("div", { class: "more" }, more),
    ),
    refresh,
  };
}

const nothing = (isMore: boolean): HTMLElement =>
  isMore
    ? empty("None of the newest entries is like that", "There are older ones: look on.")
    : empty("No entry is like that", "Leave the filters empty to see all.");

/** A field that offers what has been seen so far. */
function filter(
  label: string,
  placeholder: string,
): { element: HTMLElement; value(): string; known(value: string, name?: string): void } {
  const id = `audit-${label.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
  const options = h("datalist", { attrs: { id } });
  const seen = new Set<string>();
  const input = h("input", {
    class: "input",
    attrs: {
      type: "search",
      list: id,
      "aria-label": label,
      placeholder: `${label}, such as ${placeholder}`,
      maxlength: 200,
      autocomplete: "off",
    },
  });
  return {
    element: h("span", { class: "filter" }, input, options),
    value: () => input.value.trim(),
    known(value, name) {
      if (seen.has(value)) return;
      seen.add(value);
      options.appendChild(h("option", { attrs: { value } }, name ?? value));
    },
  };
}

function table(rows: HTMLElement): HTMLElement {
  const head: [label: string, kind: string][] = [
    ["Entry", "number"],
    ["Time", ""],
    ["Who", ""],
    ["Did what", ""],
    ["Detail", "wide"],
  ];
  return h(
    "table",
    { class: "audit" },
    h(
      "thead",
      {},
      h("tr", {}, ...head.map(([label, kind]) => h("th", { class: kind, attrs: { scope: "col" } }, label))),
    ),
    rows,
  );
}

const details = (detail: AuditEntry["detail"]): HTMLElement[] =>
  Object.entries(detail).map(([key, value]) =>
    h(
      "span",
      { class: "block" },
      h("span", { class: "hint" }, `${key.replaceAll("_", " ")} `),
      String(value),
    ),
  );

function row({ seq, at, actor, action, target, detail, hash }: AuditEntry): HTMLElement {
  const time = timeOf(at);
  return h(
    "tr",
    {},
    h("td", { class: "number", attrs: { title: `Hash ${hash}` } }, seq),
    h("td", {}, h("time", { attrs: { datetime: time.iso, title: time.whole } }, time.shown)),
    h(
      "td",
      { class: "name" },
      actor.name || actor.id,
      h("span", { class: "hint block", attrs: { title: actor.id } }, actor.role.replaceAll("_", " ")),
    ),
    h(
      "td",
      { class: "name" },
      code(action),
      h("code", { class: "hint block" }, target),
      h("span", { class: "narrow" }, ...details(detail)),
    ),
    h("td", { class: "wide details" }, ...details(detail)),
  );
}
