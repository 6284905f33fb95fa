/** The form of a backfill: which days, how fast, and whether what was sent there before goes again. */
import { call, problemInWords } from "../api.ts";
import { ask } from "../ask.ts";
import { button, fill, h } from "../dom.ts";
import { field, tick } from "../field.ts";

const DAY_MS = 86_400_000;
const PER_SECOND = 100;

const dayAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

/** @param done called with what was begun, or that nothing was */
export function backfillForm(key: string, done: (words: string) => void): HTMLElement {
  const day = (value: string) =>
    h("input", { class: "input", attrs: { type: "date", required: true, value, max: dayAgo(0) } });
  const from = day(dayAgo(7));
  const to = day(dayAgo(0));
  const perSecond = h("input", {
    class: "input",
    attrs: { type: "number", required: true, min: 1, max: 10_000, value: PER_SECOND },
  });
  const again = tick("Also what was meant for it when it came, and was sent, skipped or failed then");
  const problem = h("div", { attrs: { role: "alert" } });
  const begin = h("button", { class: "button primary", attrs: { type: "submit" } }, "Begin the backfill…");

  async function submit(): Promise<void> {
    const days = from.value === to.value ? `of ${from.value}` : `from ${from.value} to ${to.value}`;
    const sure = await ask(element, {
      title: `Backfill ${key}?`,
      text: [
        `${key} gets the events that the lake has ${days} (UTC), as if they came now: at most ${perSecond.value} a second.`,
        again.box.checked
          ? "Also those that it was sent before: under the same ids, so that a vendor who knows an id takes it once."
          : "Not those that were routed to it when they came.",
        "Consent, suppression and its filters are checked by what holds now.",
      ].join(" "),
      confirm: "Begin it",
    });
    if (sure === undefined) return;
    begin.disabled = true;
    const answer = await call("POST", "jobs", {
      kind: "backfill",
      destination: key,
      from: `${from.value}T00:00:00Z`,
      // The last day is in it whole.
      to: new Date(Date.parse(to.value) + DAY_MS).toISOString(),
      perSecond: perSecond.valueAsNumber,
      again: again.box.checked,
    });
    begin.disabled = false;
    if (answer.status === "ok") done(`The backfill ${days} begins within a minute.`);
    else fill(problem, h("p", { class: "notice bad" }, problemInWords(answer)));
  }

  const element = h(
    "form",
    {
      class: "card form",
      attrs: { "aria-label": "Backfill" },
      on: {
        submit: (event) => {
          event.preventDefault();
          void submit();
        },
      },
    },
    h(
      "div",
      { class: "fields" },
      field("First day (UTC)", from),
      field("Last day (UTC)", to),
      field("Events a second, at most", perSecond, "Its own limits hold besides."),
    ),
    again.element,
    problem,
    h(
      "div",
      { class: "form-foot" },
      button("Let it be", () => done("")),
      begin,
    ),
  );
  return element;
}
