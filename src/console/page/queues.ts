/** How long the queues are, as `GET /admin/api/health` says. */
import { h } from "./dom.ts";
import { duration } from "./time.ts";

type Backlog = { messages: number; bytes: number; oldest_at?: string } | { error: string };
export interface Health {
  queues: Record<string, Backlog>;
  release: { version: number } | { error: string };
}

/** One card for each queue. */
export function queueStrip(health: Health, now = Date.now()): HTMLElement[] {
  return Object.entries(health.queues).map(([name, backlog]) => {
    if ("error" in backlog) {
      return h(
        "div",
        { class: "card stat" },
        h("span", { class: "stat-name" }, name),
        h("strong", { class: "unknown" }, "–"),
        h("span", { class: "hint", attrs: { title: backlog.error } }, "length unknown here"),
      );
    }
    const waits = backlog.oldest_at && backlog.messages > 0 ? now - Date.parse(backlog.oldest_at) : undefined;
    return h(
      "div",
      { class: "card stat" },
      h("span", { class: "stat-name" }, name),
      h("strong", {}, backlog.messages),
      h(
        "span",
        { class: "hint" },
        waits === undefined ? "messages waiting" : `waiting, for ${duration(Math.max(0, waits))}`,
      ),
    );
  });
}
