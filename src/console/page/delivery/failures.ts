/** What failed for good at one destination, by its cause: each with the vendor's reasons, its failures, and what to do with all. */
import type { Failure } from "#forward/failures/store";
import { reasonInWords } from "../../wording.ts";
import { call, problemInWords } from "../api.ts";
import { ask } from "../ask.ts";
import { button, chip, empty, fill, h } from "../dom.ts";
import { keyedList } from "../keyed-list.ts";
import { may } from "../may.ts";
import { failureList } from "./failure-list.ts";
import { type Cause, timeIn } from "./figures.ts";

/** A cause, with reasons of the newest of its failures. */
interface Group extends Cause {
  details: string[];
}

const NEWEST = 100;
const REASONS = 3;

/** A part of a page that asks for its content when it is told to. */
export interface Panel {
  element: HTMLElement;
  refresh(): Promise<void>;
}

/** @param say tells the operator what a click has done @param begun a job has begun */
export function failuresPanel(key: string, say: (text: string) => void, begun: () => unknown): Panel {
  const list = h("ul", { class: "causes" });
  const nothing = h("div", {}, h("div", { class: "skeleton" }));
  const element = h("div", {}, list, nothing);
  const groups = keyedList<Group>(
    list,
    ({ code }) => code,
    (group) => JSON.stringify(group),
    (group) => card(group),
  );
  /** Lists that are open, by the cause: they outlive their card, which is drawn anew. */
  const open = new Map<string, ReturnType<typeof failureList>>();
  let asked = "";
  let details = new Map<string, string[]>();

  async function refresh(): Promise<void> {
    const answer = await call<{ causes: Cause[] }>("GET", "failures/causes");
    if (answer.status !== "ok")
      return fill(nothing, problemInWords(answer) && h("p", { class: "notice bad" }, problemInWords(answer)));
    const causes = answer.body.causes.filter(({ destination }) => destination === key);
    const content = JSON.stringify(causes);
    if (content !== asked) {
      details = causes.length > 0 ? await newestReasons(key) : new Map();
      asked = content;
    }
    // What is being written stays where it is.
    if (list.contains(document.activeElement) && list.querySelector("textarea") === document.activeElement)
      return;
    groups.update(causes.map((cause) => ({ ...cause, details: details.get(cause.code) ?? [] })));
    fill(
      nothing,
      causes.length === 0 &&
        empty(
          "No delivery to it has failed for good",
          "What the vendor refuses as it is, or after the last attempt, is listed here.",
        ),
    );
  }

  function card(group: Group): HTMLElement {
    const { code, failures, last } = group;
    const below = h("div", {}, open.get(code)?.element);
    const show = button(wordOf(), toggle, "", {
      "aria-expanded": String(open.has(code)),
      "aria-label": `Show the failures of ${reasonInWords(code)}`,
    });

    function toggle(): void {
      if (open.delete(code)) fill(below);
      else {
        const made = failureList(key, code, say, refresh);
        open.set(code, made);
        fill(below, made.element);
      }
      show.setAttribute("aria-expanded", String(open.has(code)));
      fill(show, wordOf());
    }
    function wordOf(): string {
      return open.has(code) ? "Hide" : "Show";
    }
    void open.get(code)?.refresh();

    return h(
      "li",
      { class: "card cause" },
      h(
        "div",
        { class: "card-head" },
        h("h3", {}, reasonInWords(code)),
        chip("bad", `${failures.toLocaleString()} failed`),
      ),
      h("p", { class: "hint" }, h("code", {}, code), " · last ", timeIn(last)),
      ...group.details.map((detail) => h("p", {}, detail)),
      h(
        "div",
        { class: "card-foot" },
        show,
        may("delivery:operate") &&
          h(
            "span",
            { class: "actions" },
            button("Replay all of this cause", () => void begin(group, "replay"), "primary"),
            button("Discard…", () => void begin(group, "discard")),
          ),
      ),
      below,
    );
  }

  async function begin({ code, failures }: Group, kind: "replay" | "discard"): Promise<void> {
    const what = deliveries(failures);
    if (kind === "discard") {
      const sure = await ask(element, {
        title: `Discard ${what}?`,
        text: `They are forgotten with their events: nobody can replay them any more. Their receipts stay. Cause: ${reasonInWords(code)}.`,
        confirm: "Discard them",
        danger: true,
      });
      if (sure === undefined) return;
    }
    const answer = await call("POST", "jobs", { kind, destination: key, code });
    if (answer.status === "ok")
      say(
        kind === "replay"
          ? `${what} will be replayed within a minute.`
          : `${what} will be discarded within a minute.`,
      );
    if (answer.status === "problem") say(answer.detail);
    await begun();
    await refresh();
  }

  return { element, refresh };
}

/** `1 delivery`, `2 deliveries`. */
const deliveries = (n: number): string => (n === 1 ? "1 delivery" : `${n.toLocaleString()} deliveries`);

/** What the vendor says of the newest failures, by their cause. */
async function newestReasons(key: string): Promise<Map<string, string[]>> {
  const answer = await call<{ failures: Failure[] }>(
    "GET",
    `failures?destination=${encodeURIComponent(key)}&limit=${NEWEST}`,
  );
  const reasons = new Map<string, string[]>();
  if (answer.status !== "ok") return reasons;
  for (const { code, detail } of answer.body.failures) {
    const known = reasons.get(code) ?? [];
    reasons.set(code, known);
    if (detail !== null && !known.includes(detail) && known.length < REASONS) known.push(detail);
  }
  return reasons;
}
