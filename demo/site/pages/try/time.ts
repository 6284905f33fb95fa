/** A segment that people leave by doing nothing: a window moves on without any event. */
import { html } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { CONSOLE, links, place } from "./place.ts";

export const time: Capability = {
  slug: "time",
  title: "Without an event",
  lede: "“Active in the last seven days” is true until it is not. People leave it at midnight a week after their last visit, though nothing happens then: for pages, for vendors, and in the history.",
  steps: [
    "Accept personal pages and reload: you are active.",
    "Nobody waits a week for a demo. Sign in with any address, and make a preview of this page in the console: as one person, by that address, at a time in eight days. It says what it says to everybody.",
    "The profile page says until when each value stays if nothing happens.",
  ],
  show: () => html`${place("try-active", "Welcome", "It has been a while, or it is the first time.")}
${links(["/login", "Sign in"], CONSOLE)}`,
  code: `"views_7d": { "event": "page_view", "agg": "count", "window": "7d" }
"active":   { "when": { "views_7d": { "$gte": 1 } } }`,
};
