/** Writing a repair: a draft to edit, a dry run on up to twenty events that shows before and after, and its publication. */
import type { Tried } from "#collect/quarantine/dry-run";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { reasonInWords } from "../wording.ts";
import { call, type Issue } from "./api.ts";
import { button, chip, fill, h } from "./dom.ts";
import { issuesNotice, parseJson } from "./issues-notice.ts";

const SHOWN = 5;

/** @param selection the events of its cause @param key under which it is published, unless the operator says otherwise */
export function repairEditor(
  selection: () => object,
  draft: object,
  key: string,
  say: (text: string) => void,
): HTMLElement {
  const text = h("textarea", {
    class: "editor repair",
    attrs: { spellcheck: "false", autocapitalize: "off", "aria-label": "Repair (JSON)", wrap: "off" },
  });
  text.value = JSON.stringify(draft, null, 2);
  const name = h("input", {
    class: "input",
    attrs: { "aria-label": "Key in the release", autocomplete: "off" },
  });
  name.value = key;
  const result = h("div", { attrs: { role: "status" } });
  const tryIt = button("Dry run", () => void dryRun());
  const publish = button("Publish", () => void publishIt(), "primary");

  const show = (detail: string, issues: readonly Issue[] = []) =>
    fill(result, issuesNotice(detail, issues, "repair"));

  async function dryRun(): Promise<void> {
    const parsed = parseJson(text.value);
    if ("problem" in parsed) return show(parsed.problem);
    tryIt.disabled = true;
    const answer = await call<{ events: Tried[] }>("POST", "quarantine/dry-run", {
      cause: selection(),
      repair: parsed.value,
    });
    tryIt.disabled = false;
    if (answer.status === "problem") show(answer.detail, answer.issues);
    if (answer.status === "ok") fill(result, tried(answer.body.events));
  }

  /** Into the active release, beside everything that is there. */
  async function publishIt(): Promise<void> {
    const parsed = parseJson(text.value);
    if ("problem" in parsed) return show(parsed.problem);
    publish.disabled = true;
    const active = await call<{ document: ReleaseDocument }>("GET", "releases/active");
    if (active.status === "ok") {
      const { document } = active.body;
      const answer = await call<{ version: number }>("POST", "releases", {
        document: { ...document, repairs: { ...document.repairs, [name.value.trim()]: parsed.value } },
        note: `Repair ${name.value.trim()}`.slice(0, 500),
      });
      if (answer.status === "ok") {
        say(`Version ${answer.body.version} has the repair: replay the events now.`);
        fill(result);
      }
      if (answer.status === "problem") show(answer.detail, answer.issues);
    } else if (active.status === "problem") show(active.detail);
    publish.disabled = false;
  }

  return h(
    "div",
    { class: "repair-editor" },
    text,
    h("div", { class: "publish" }, tryIt, h("span", { class: "grow" }), name, publish),
    result,
  );
}

function tried(events: readonly Tried[]): HTMLElement {
  const passing = events.filter(({ result }) => result.passes).length;
  return h(
    "div",
    {},
    h(
      "p",
      { class: `notice ${passing === events.length ? "good" : "wait"}` },
      events.length === 0
        ? "No event of this cause is kept any more."
        : `${passing} of the ${events.length} tried would pass.`,
    ),
    ...events.slice(0, SHOWN).map(triedEvent),
  );
}

function triedEvent({ id, before, after, left, result }: Tried): HTMLElement {
  const old = new Map(before.fields.map((field) => [field.path, field.value]));
  const now = new Map(after.fields.map((field) => [field.path, field.value]));
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return h(
    "details",
    { class: "tried", attrs: { open: true } },
    h(
      "summary",
      {},
      h("code", {}, id),
      result.passes ? chip("good", "passes") : chip("bad", reasonInWords(result.code)),
    ),
    !result.passes &&
      h(
        "ul",
        { class: "pairs" },
        ...result.issues.map((i) => h("li", {}, h("code", {}, i.path), h("span", {}, i.message))),
      ),
    h(
      "table",
      { class: "compare" },
      h(
        "tbody",
        {},
        compared("event", before.name, after.name),
        ...paths.map((p) => compared(p, old.get(p), now.get(p))),
      ),
    ),
    left.length > 0 && h("p", { class: "hint" }, `Not kept, for want of consent: ${left.join(", ")}`),
  );
}

const compared = (path: string, before: string | undefined, after: string | undefined): HTMLElement =>
  h(
    "tr",
    { class: before === after ? "" : "changed" },
    h("th", { attrs: { scope: "row" } }, path),
    h("td", {}, before ?? "–"),
    h("td", {}, after ?? "–"),
  );
