/** How often one visitor sees an offer: rows of a number and a time, each with what counting it costs. */
import { button, fill, h } from "../dom.ts";
import { choice, tick } from "../field.ts";
import type { PartOf } from "./offer-form.ts";
import type { CapInput } from "./shapes.ts";
import { costInWords, isExact, PERIODS, periodInWords } from "./words.ts";

const MOST = 1000;

export function capsPart({ offer, set }: PartOf): HTMLElement {
  const element = h("div", { class: "stack" });
  const caps = (): readonly CapInput[] => offer().caps ?? [];
  const write = (next: readonly CapInput[]) => {
    set({ caps: next.length === 0 ? undefined : [...next] });
    draw();
  };

  function row(cap: CapInput, n: number): HTMLElement {
    const replace = (change: Partial<CapInput>) =>
      write(caps().map((one, i) => (i === n ? { ...one, ...change } : one)));
    const count = h("input", {
      class: "input",
      attrs: { type: "number", min: 1, max: MOST, step: 1, value: cap.count, "aria-label": "How many times" },
      on: {
        change: () => replace({ count: Math.min(MOST, Math.max(1, Math.round(Number(count.value)) || 1)) }),
      },
    });
    const per = choice(
      PERIODS.map((name) => [name, periodInWords(name)] as const),
      {
        name: "In what time",
        changed: () => {
          const needs = isExact({ count: 1, per: per.value() });
          replace({ per: per.value(), ...(needs && { exact: true }) });
        },
      },
    );
    per.element.value = cap.per;
    const exact = tick("Exactly", () => replace({ exact: exact.box.checked }));
    exact.box.checked = isExact(cap);
    exact.box.disabled = isExact({ ...cap, exact: false });
    return h(
      "div",
      { class: "cap" },
      h(
        "div",
        { class: "cap-row" },
        h("span", {}, "At most"),
        count,
        h("span", {}, "times"),
        per.element,
        exact.element,
        button("Remove", () => write(caps().filter((_, i) => i !== n)), "plain", {
          "aria-label": `Remove the limit ${periodInWords(cap.per)}`,
        }),
      ),
      h("p", { class: "hint" }, costInWords(cap)),
    );
  }

  function draw(): void {
    const free = PERIODS.filter((per) => !caps().some((cap) => cap.per === per));
    const [next] = free;
    fill(
      element,
      caps().length === 0 && h("p", { class: "hint" }, "Without a limit: each time that it wins."),
      ...caps().map(row),
      next !== undefined &&
        h(
          "div",
          { class: "actions" },
          button("Add a limit", () =>
            write([
              ...caps(),
              { count: 3, per: next, ...(isExact({ count: 1, per: next }) && { exact: true }) },
            ]),
          ),
        ),
    );
  }

  draw();
  return element;
}
