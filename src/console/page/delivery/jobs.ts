/** Jobs of one destination: replays of many failures and backfills, with their progress; and beginning a backfill. */
import { reasonInWords } from "../../wording.ts";
import { call, problemInWords } from "../api.ts";
import { ask } from "../ask.ts";
import { button, type Child, chip, fill, h, type Tone } from "../dom.ts";
import { keyedList } from "../keyed-list.ts";
import { may } from "../may.ts";
import { backfillForm } from "./backfill.ts";
import type { Panel } from "./failures.ts";
import { timeIn } from "./figures.ts";

/** As `GET /admin/api/jobs` lists it (src/forward/jobs/routes.ts). */
interface Job {
  id: string;
  kind: "replay" | "discard" | "backfill";
  state: "running" | "stopped" | "done" | "cancelled" | "failed";
  asked: {
    code?: string;
    name?: string;
    from?: string;
    to?: string;
    eventIds?: string[];
    perSecond?: number;
  };
  counts: Record<string, number>;
  actor: string;
  at?: string;
  /** 0 to 1. */
  progress?: number;
  created_at: string;
}

const TONES: Record<Job["state"], Tone> = {
  running: "info",
  stopped: "wait",
  done: "good",
  cancelled: "quiet",
  failed: "bad",
};
const CHANGES = [
  ["stop", "Stop", ["running"], "stopped"],
  ["resume", "Resume", ["stopped", "failed"], "running again"],
  ["cancel", "Cancel…", ["running", "stopped", "failed"], "cancelled"],
] as const;
const COUNTS: Record<string, string> = {
  events: "events looked at",
  queued: "queued",
  replayed: "replayed",
  discarded: "discarded",
  item_gone: "no longer kept",
  destination_removed: "the destination is no longer in the release",
};
const SHOWN = 10;

export function jobsPanel(key: string, say: (text: string) => void): Panel {
  const list = h("ul", { class: "causes" });
  const nothing = h("p", { class: "hint" });
  const place = h("div", {});
  const begin = button("Backfill…", () => (place.firstChild ? fill(place) : open()));
  const element = h(
    "div",
    { class: "stack" },
    h("div", { class: "said-here" }, nothing, may("delivery:operate") && begin),
    place,
    list,
  );
  const jobs = keyedList<Job>(
    list,
    ({ id }) => id,
    (job) => JSON.stringify(job),
    (job) => card(job),
  );

  function open(): void {
    const form = backfillForm(key, async (words) => {
      fill(place);
      say(words);
      begin.focus();
      await refresh();
    });
    fill(place, form);
    form.querySelector("input")?.focus();
  }

  async function refresh(): Promise<void> {
    const answer = await call<{ jobs: Job[] }>("GET", `jobs?destination=${encodeURIComponent(key)}`);
    if (answer.status !== "ok") return fill(nothing, problemInWords(answer));
    jobs.update(answer.body.jobs.slice(0, SHOWN));
    fill(
      nothing,
      answer.body.jobs.length === 0
        ? "No job yet. A backfill sends a destination what the lake has of the days before."
        : "Each minute a running job goes on.",
    );
  }

  function card(job: Job): HTMLElement {
    const { state, progress, counts, created_at, actor, at } = job;
    return h(
      "li",
      { class: "card cause", attrs: { "aria-label": inWords(job) } },
      h("div", { class: "card-head" }, h("h3", {}, inWords(job)), chip(TONES[state], state)),
      h(
        "p",
        { class: "hint" },
        `by ${actor} · `,
        timeIn(created_at),
        at !== undefined && " · at ",
        at !== undefined && timeIn(at),
      ),
      progress !== undefined &&
        h("progress", {
          attrs: { value: progress, max: 1, "aria-label": `${Math.floor(progress * 100)} % of the hours` },
        }),
      h("p", {}, countsInWords(counts)),
      may("delivery:operate") &&
        state !== "done" &&
        state !== "cancelled" &&
        h("div", { class: "card-foot" }, h("span", { class: "actions" }, ...controls(job))),
    );
  }

  const controls = (job: Job): Child[] =>
    CHANGES.filter(([, , from]) => (from as readonly string[]).includes(job.state)).map(
      ([change, label, , done]) =>
        button(label, () => void act(job, change, done), "", {
          "aria-label": `${label} ${inWords(job)}`,
          "data-id": `${job.id} ${change}`,
        }),
    );

  async function act(job: Job, change: string, done: string): Promise<void> {
    if (change === "cancel") {
      const sure = await ask(element, {
        title: "Cancel the job?",
        text: "What it has queued goes on its way; the rest is left as it is. A cancelled job cannot go on.",
        confirm: "Cancel it",
        danger: true,
      });
      if (sure === undefined) return;
    }
    const answer = await call("POST", `jobs/${encodeURIComponent(job.id)}/${change}`);
    if (answer.status === "ok") say(`The job is ${done}.`);
    if (answer.status === "problem") say(answer.detail);
    await refresh();
  }

  return { element, refresh };
}

/** Its name, such as `Backfill of 2026-11-01 to 2026-11-03`. */
function inWords({ kind, asked }: Job): string {
  const { from, to, code, name, eventIds = [] } = asked;
  if (kind !== "backfill" || !from || !to) {
    const of = [code && reasonInWords(code), name].filter(Boolean).join(", ");
    return `${kind === "replay" ? "Replay" : "Discard"} of ${of || "all failures"}`;
  }
  // The end is left out.
  const last = new Date(Date.parse(to) - 1).toISOString().slice(0, 10);
  const first = from.slice(0, 10);
  const days = first === last ? first : `${first} to ${last}`;
  return eventIds.length > 0 ? `Backfill of ${eventIds.length} missed on ${days}` : `Backfill of ${days}`;
}

function countsInWords(counts: Record<string, number>): string {
  const parts = Object.entries(counts).map(([name, n]) => {
    if (name === "destination_removed") return COUNTS[name];
    const words = name.startsWith("skipped:")
      ? `not sent: ${reasonInWords(name.slice("skipped:".length))}`
      : (COUNTS[name] ?? name.replaceAll("_", " "));
    return `${n.toLocaleString()} ${words}`;
  });
  return parts.length > 0 ? parts.join(" · ") : "Nothing yet.";
}
