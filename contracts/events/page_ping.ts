/** A visitor is still on the page and active. Sent at intervals: the sum of `engaged_seconds` is the time on the page. */
import * as z from "zod";
import { contentSchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    /** Since the last ping, or since the page was shown; not while nobody did anything or the tab was hidden. */
    engaged_seconds: behavioural(z.number().min(0).max(86_400)).optional(),
    /** The deepest that was reached, in per cent of the page's height. */
    max_scroll: behavioural(z.number().min(0).max(100)).optional(),
    content: contentSchema().optional(),
  }),
);

export const pagePing = {
  name: "page_ping",
  version: "1.0.0",
  description: "A visitor is still on the page and active.",
  get properties() {
    return properties();
  },
  examples: [{ title: "Half a minute of reading", properties: { engaged_seconds: 30, max_scroll: 60 } }],
} satisfies EventContract;
