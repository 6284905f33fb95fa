/** When an offer is on: from, until, days and hours in a time zone; said as a sentence, with the next times. */
import { fill, h } from "../dom.ts";
import { field, tick } from "../field.ts";
import type { PartOf } from "./offer-form.ts";
import {
  DAY_WORDS,
  localOf,
  momentInWords,
  nextWindows,
  scheduleInWords,
  stateAt,
} from "./schedule-words.ts";
import { type ScheduleInput, without } from "./shapes.ts";

const SHOWN = 3;

export function schedulePart({ offer, set }: PartOf): HTMLElement {
  const sentence = h("p", { class: "sentence", attrs: { role: "status" } });
  const controls = h("div", { class: "stack" });
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const always = tick("Only at certain times", () => {
    set({ schedule: always.box.checked ? { timezone: own } : undefined });
    draw();
  });
  always.box.checked = offer().schedule !== undefined;

  const schedule = (): ScheduleInput => offer().schedule ?? {};
  const change = (next: { [K in keyof ScheduleInput]?: ScheduleInput[K] | undefined }) => {
    set({ schedule: without({ ...schedule(), ...next }) as ScheduleInput }); // absent is undefined
    say();
  };

  function say(): void {
    const now = Date.now();
    const { schedule: given } = offer();
    const zone = given?.timezone ?? "UTC";
    const windows = given ? nextWindows(given, now, SHOWN) : [];
    fill(
      sentence,
      `${scheduleInWords(given)}.`,
      given && stateAt(given, now) === "ended" && " It is over.",
      windows.length > 0 &&
        h(
          "span",
          { class: "hint block" },
          windows[0]?.from === now ? "On now" : "On next",
          ": ",
          windows
            .map(({ from, to }, n) => {
              const until = to === undefined ? "" : ` until ${momentInWords(to, zone)}`;
              return n === 0 && from === now
                ? until.trim() || "without an end"
                : `${momentInWords(from, zone)}${until}`;
            })
            .join("; "),
        ),
    );
  }

  function draw(): void {
    fill(controls, ...(offer().schedule ? [times(), daysAndHours()] : []));
    say();
  }

  function times(): HTMLElement {
    const zone = h("input", {
      class: "input",
      attrs: {
        list: "time-zones",
        value: schedule().timezone ?? "UTC",
        autocomplete: "off",
        spellcheck: "false",
      },
      on: { change: () => change({ timezone: zone.value.trim() || "UTC" }) },
    });
    const zones = h(
      "datalist",
      { attrs: { id: "time-zones" } },
      ...["UTC", ...Intl.supportedValuesOf("timeZone")].map((name) =>
        h("option", { attrs: { value: name } }),
      ),
    );
    const moment = (which: "from" | "to") => {
      const input = h("input", {
        class: "input",
        attrs: { type: "datetime-local", value: localOf(schedule()[which], schedule().timezone ?? "UTC") },
        // A local time of the zone: it stays what the clocks there show, also where their daylight saving changes.
        on: {
          change: () =>
            change({ [which]: input.value === "" ? undefined : `${input.value}:00`.slice(0, 19) }),
        },
      });
      return input;
    };
    return h(
      "div",
      { class: "fields thirds" },
      field("From", moment("from"), "Empty: at once."),
      field("Until", moment("to"), "Empty: without an end."),
      field("Time zone", zone, `Yours is ${own}.`),
      zones,
    );
  }

  function daysAndHours(): HTMLElement {
    const days = new Set<string>(schedule().days ?? DAY_WORDS.map(([day]) => day));
    const boxes = DAY_WORDS.map(([day, name]) => {
      const one = tick(name, () => {
        if (one.box.checked) days.add(day);
        else days.delete(day);
        const list = DAY_WORDS.map(([key]) => key).filter((key) => days.has(key));
        change({ days: list.length === 0 || list.length === DAY_WORDS.length ? undefined : list });
      });
      one.box.checked = days.has(day);
      return one.element;
    });
    const time = (label: string, value: string) =>
      h("input", {
        class: "input",
        attrs: { type: "time", value, "aria-label": label },
        on: { change: () => writeHours() },
      });
    const from = time("From what time", schedule().hours?.from ?? "09:00");
    const to = time("Until what time", schedule().hours?.to ?? "17:00");
    const hours = tick("Only between", () => writeHours());
    hours.box.checked = schedule().hours !== undefined;
    function writeHours(): void {
      const isOn = hours.box.checked && from.value !== "" && to.value !== "";
      change({ hours: isOn ? { from: from.value.slice(0, 5), to: to.value.slice(0, 5) } : undefined });
    }
    return h(
      "div",
      { class: "stack" },
      h("div", { class: "day-ticks", attrs: { role: "group", "aria-label": "Days" } }, ...boxes),
      h(
        "div",
        { class: "hours" },
        hours.element,
        from,
        h("span", {}, "and"),
        to,
        h("span", { class: "hint" }, "over midnight where the second is earlier"),
      ),
    );
  }

  draw();
  return h("div", { class: "stack" }, always.element, controls, sentence);
}
