/**
 * The destinations: whether each one takes events now, what waits for it, what failed for good and can be sent again,
 * and how long the queues are. Asks every five seconds while it is shown.
 */
import type { CircuitStatus } from "#forward/circuit";
import { listInWords } from "../wording.ts";
import { type Answer, call } from "./api.ts";
import { button, chip, empty, fill, h, type Tone } from "./dom.ts";
import { failuresTable } from "./failures.ts";
import { may } from "./may.ts";
import { readOnly } from "./not-permitted.ts";
import { poll } from "./polling.ts";
import { type Health, queueStrip } from "./queues.ts";
import type { View } from "./shell.ts";
import { timeOf } from "./time.ts";

/** One destination as `GET /admin/api/destinations` lists it (src/forward/routes.ts). */
interface DestinationStatus {
  key: string;
  title: string;
  queue: string;
  purposes: string[];
  enabled: boolean;
  /** How a person is deleted there, or why they cannot be. */
  erasure: string;
  status: CircuitStatus;
  /** Items that wait in R2; `more`: there are others that were not counted. */
  parked: { items: number; more: boolean };
}

const EVERY_MS = 5_000;

/** The view at `#/destinations`. */
export function destinationsView(): View {
  const queues = h("div", { class: "cards queues" });
  const rows = h("div", { attrs: { "aria-live": "off" } }, h("div", { class: "skeleton" }));
  const said = h("p", { class: "said", attrs: { role: "status" } });
  const failures = failuresTable((text) => fill(said, text));
  const element = h(
    "section",
    { class: "view" },
    h("div", { class: "view-head" }, h("h1", {}, "Destinations"), said),
    readOnly("delivery:operate"),
    rows,
    h("h2", {}, "Queues"),
    queues,
    h("h2", {}, "Failures"),
    failures.element,
  );
  const refreshing = poll(refresh, EVERY_MS);
  let drawn = "";

  async function refresh(): Promise<void> {
    const [list, health] = await Promise.all([
      call<{ destinations: DestinationStatus[] }>("GET", "destinations"),
      call<Health>("GET", "health"),
      failures.refresh(),
    ]);
    if (health.status === "ok") fill(queues, ...queueStrip(health.body));
    if (JSON.stringify(list) === drawn) return; // A button that has the focus stays where it is.
    drawn = JSON.stringify(list);
    draw(list);
  }

  function draw(answer: Answer<{ destinations: DestinationStatus[] }>): void {
    if (answer.status === "problem") fill(rows, h("p", { class: "notice bad" }, answer.detail));
    if (answer.status !== "ok") return;
    const { destinations } = answer.body;
    fill(
      rows,
      destinations.length === 0
        ? empty("The release has no destinations", "Add one to the release and publish it.")
        : h("ul", { class: "cards" }, ...destinations.map((destination) => card(destination, act))),
    );
  }

  async function act(destination: DestinationStatus, action: "pause" | "resume"): Promise<void> {
    const answer = await call("POST", `destinations/${encodeURIComponent(destination.key)}/${action}`);
    if (answer.status === "ok")
      fill(said, `${destination.key} is ${action === "pause" ? "paused" : "running again"}.`);
    if (answer.status === "problem") fill(said, answer.detail);
    await refreshing.now();
  }

  return { element, show: () => refreshing.start(), hide: () => refreshing.stop() };
}

function card(
  destination: DestinationStatus,
  act: (destination: DestinationStatus, action: "pause" | "resume") => Promise<void>,
): HTMLElement {
  const { key, title, queue, purposes, parked, erasure } = destination;
  const [tone, label, meaning] = stateOf(destination);
  const isPaused = destination.status.paused;
  const word = isPaused ? "Resume" : "Pause";
  return h(
    "li",
    { class: "card" },
    h("div", { class: "card-head" }, h("h3", {}, key), chip(tone, label)),
    h("p", { class: "hint" }, `${title} · ${queue} queue · needs ${listInWords(purposes)}`),
    h("p", {}, meaning),
    h("p", { class: "hint" }, h("b", {}, "Deletion "), erasure),
    h(
      "div",
      { class: "card-foot" },
      h(
        "span",
        { class: parked.items > 0 ? "figure" : "figure zero" },
        h("b", {}, `${parked.items}${parked.more ? "+" : ""}`),
        " parked",
      ),
      may("delivery:operate") &&
        button(word, () => void act(destination, isPaused ? "resume" : "pause"), isPaused ? "primary" : "", {
          "aria-label": `${word} ${key}`,
        }),
    ),
  );
}

function stateOf({ enabled, status }: DestinationStatus): [Tone, string, string] {
  if (!enabled) return ["quiet", "disabled", "The release switches it off: nothing is sent."];
  if (status.paused && status.reason === "unauthorized") {
    return [
      "bad",
      "paused",
      "It refuses our credentials. Correct them, then resume; items are parked until then.",
    ];
  }
  if (status.paused) return ["wait", "paused", "Items for it are parked until it is resumed."];
  if (status.circuit === "open") {
    const until = status.openUntil === undefined ? "soon" : `at ${timeOf(status.openUntil).shown}`;
    return ["bad", "circuit open", `It failed too often: items are parked, and it is tried again ${until}.`];
  }
  if (status.circuit === "half_open") {
    return ["wait", "recovering", "One batch is sent to see whether it works again."];
  }
  return ["good", "running", "Items are sent as they come."];
}
