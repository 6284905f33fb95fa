/** Several slots decided together: exclusion groups, caps and schedules. */
import { html } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { place } from "./place.ts";

const own = (slot: string, name: string) => place(slot, name, "The page's own content.");

export const decisions: Capability = {
  slug: "decisions",
  title: "Decisions",
  lede: "All slots of a page are decided at once. Of the offers in one exclusion group a page shows at most one; a capped offer steps back after so many views; a schedule follows a city's own clock.",
  steps: [
    "The spring sale wants the first two places, and gets the first alone: its two offers exclude each other.",
    "Accept personal pages in the banner and reload: the workshop comes to the second place twice a day, exactly, however many tabs there are. After that there is something else.",
    "On Saturdays and Sundays in Bratislava the third place speaks of the weekend.",
  ],
  show: () =>
    html`<div class="try__places">${[own("try-first", "First place"), own("try-second", "Second place"), own("try-third", "Third place")]}</div>`,
  code: `"spring-left":  { "slot": "try-first",  "priority": 50, "exclusionGroup": "sale", … }
"spring-right": { "slot": "try-second", "priority": 40, "exclusionGroup": "sale", … }
"workshop":     { "slot": "try-second", "priority": 30, "caps": [{ "count": 2, "per": "day", "exact": true }], … }
"weekend":      { "slot": "try-third",  "schedule": { "timezone": "Europe/Bratislava", "days": ["sat", "sun"] }, … }`,
};
