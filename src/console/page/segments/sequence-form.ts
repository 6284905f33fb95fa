/** The form of a sequence: steps in their order, each within a time after the one before; the last may be one that did not come. */
import { button, fill, h } from "../dom.ts";
import { choice, tick } from "../field.ts";
import { eventField, whereField, windowField } from "./event-parts.ts";
import type { FeatureForm } from "./feature-page.ts";

type Step = Record<string, unknown>;

const MAX_STEPS = 5;
const UNITS = [
  ["m", "minutes"],
  ["h", "hours"],
  ["d", "days"],
] as const;

export const sequenceForm: FeatureForm = (first, changed) => {
  let value = first;
  const steps: Step[] = (Array.isArray(first.sequence) ? first.sequence : []).map((step) => ({ ...step }));
  const place = h("div", { class: "stack" });
  const set = (part: Record<string, unknown> = {}) => {
    value = { ...value, ...part, sequence: steps.map((step) => ({ ...step })) };
    changed(value);
  };
  const redraw = () => {
    fill(
      place,
      ...steps.map(stepElement),
      steps.length < MAX_STEPS &&
        h(
          "div",
          {},
          button("Add a step", () => {
            const last = steps.at(-1);
            if (last) delete last.absent; // Only the last step may be one that did not come.
            steps.push({ event: "purchase", within: "1d" });
            set();
            redraw();
          }),
        ),
    );
  };

  function stepElement(step: Step, n: number): HTMLElement {
    const change = (part: Step) => {
      Object.assign(step, part);
      for (const [key, one] of Object.entries(part)) if (one === undefined) delete step[key];
      set();
    };
    const isLast = n > 0 && n === steps.length - 1;
    const absent = tick("It did not come: this is what the sequence waits for", () =>
      change({
        absent: absent.box.checked || undefined,
        ...(absent.box.checked && { within: step.within ?? "3h" }),
      }),
    );
    absent.box.checked = step.absent === true;
    const where = typeof step.where === "object" && step.where !== null ? { ...step.where } : undefined;
    const wherePlace = h("div", {});
    const drawWhere = (now: Record<string, unknown> | undefined) =>
      fill(
        wherePlace,
        whereField(String(step.event), now, (next) => change({ where: next })),
      );
    drawWhere(where);
    return h(
      "section",
      { class: "condition-group", attrs: { "aria-label": `Step ${n + 1}` } },
      h("h3", {}, n === 0 ? "First, somebody" : "Then they"),
      h(
        "div",
        { class: "fields" },
        eventField("Did what", String(step.event), (event) => {
          change({ event, where: undefined });
          drawWhere(undefined);
        }),
        n > 0 && withinField(step.within, (within) => change({ within })),
      ),
      isLast && absent.element,
      wherePlace,
      steps.length > 2 &&
        h(
          "div",
          {},
          button(
            "Remove the step",
            () => {
              steps.splice(n, 1);
              if (n === 0 && steps[0]) delete steps[0].within;
              set();
              redraw();
            },
            "plain",
          ),
        ),
    );
  }

  redraw();
  return h(
    "div",
    { class: "stack" },
    place,
    windowField(String(value.window ?? "lifetime"), (window) => set({ window }), { session: false }),
  );
};

/** At most this long after the step before. */
function withinField(within: unknown, changed: (within: string | undefined) => void): HTMLElement {
  const [, n = "1", unit] = /^(\d+)([mhd])$/.exec(String(within ?? "")) ?? [];
  const amount = h("input", {
    class: "input",
    attrs: { type: "number", min: 1, max: 168, step: 1, value: n, "aria-label": "How long" },
    on: { input: () => tell() },
  });
  const list = choice([["", "at any time after it"] as const, ...UNITS], {
    name: "Within",
    changed: () => tell(),
  });
  list.element.value = unit ?? "";
  function tell(): void {
    amount.hidden = list.value() === "";
    changed(
      list.value() === ""
        ? undefined
        : `${Math.max(1, Math.round(Number(amount.value)) || 1)}${list.value()}`,
    );
  }
  amount.hidden = list.value() === "";
  return h(
    "fieldset",
    { class: "field" },
    h("legend", {}, "Within"),
    h("div", { class: "actions" }, amount, list.element),
  );
}
