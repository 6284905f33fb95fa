/**
 * Trying a destination of the edited release on recent events, before it is published: what becomes of each now, what would
 * become of it, and which fields differ. Nothing is sent. Part of the release editor.
 */
import type { TriedEvent } from "#forward/mapping/dry-run";
import { call, problemInWords } from "./api.ts";
import { button, chip, fill, h } from "./dom.ts";
import { issuesNotice, parseJson } from "./issues-notice.ts";
import { rawJson } from "./json.ts";

/** @param written the document as it is edited */
export function destinationTry(written: () => string): HTMLElement {
  const destinations = () => destinationsIn(written());
  const which = h("select", { class: "input", attrs: { "aria-label": "Destination" } });
  const result = h("div", { attrs: { role: "status" } });
  const choose = () => {
    const keys = Object.keys(destinations());
    const chosen = which.value;
    fill(which, ...keys.map((key) => h("option", { attrs: { selected: key === chosen } }, key)));
  };
  which.addEventListener("focus", choose);
  const tryIt = button("Try on recent events", () => void run());
  choose();

  async function run(): Promise<void> {
    const definition = destinations()[which.value];
    if (definition === undefined) return choose();
    tryIt.disabled = true;
    const path = `destinations/${encodeURIComponent(which.value)}/dry-run`;
    const answer = await call<{ events: TriedEvent[] }>("POST", path, { definition });
    tryIt.disabled = false;
    if (answer.status === "ok") fill(result, tried(answer.body.events));
    else
      fill(
        result,
        issuesNotice(
          problemInWords(answer) ?? "",
          answer.status === "problem" ? answer.issues : [],
          which.value,
        ),
      );
  }

  return h("div", {}, h("div", { class: "publish" }, which, tryIt), result);
}

/** None where the document cannot be read: publishing says what is wrong with it. */
function destinationsIn(text: string): Record<string, unknown> {
  const parsed = parseJson(text);
  const { destinations } = Object("value" in parsed ? parsed.value : {}) as { destinations?: unknown };
  return Object(destinations) as Record<string, unknown>; // of anything but an object there are no keys
}

function tried(events: readonly TriedEvent[]): HTMLElement {
  const words =
    events.length === 0
      ? "No event of the last hours is kept."
      : `${events.filter(({ changed }) => changed.length > 0).length} of ${events.length} events would change. Nothing was sent.`;
  return h(
    "div",
    {},
    h("p", { class: "notice" }, words),
    ...events.map(({ event_id, name, before, after, changed }) =>
      h(
        "details",
        { class: "tried" },
        h(
          "summary",
          {},
          h("code", {}, name),
          " ",
          h("code", {}, event_id),
          before && made(before),
          made(after),
        ),
        changed.length > 0 && h("p", {}, "Changed: ", h("code", {}, changed.join(", "))),
        before && rawJson(before),
        rawJson(after),
      ),
    ),
  );
}

const made = (result: TriedEvent["after"]): HTMLElement =>
  result.status === "mapped"
    ? chip("good", "mapped")
    : result.status === "skipped"
      ? chip("quiet", "skipped", result.reason)
      : chip("bad", "failed", [result.code, result.detail].filter(Boolean).join(" "));
