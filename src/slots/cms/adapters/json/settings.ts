/** What a release says of a JSON source: where its parts lie. */
import * as z from "zod";
import { WEBHOOK_SECRET } from "../../signature.ts";

/** A dotted path (`data.items`) or a JSON pointer (`/data/items`). */
const path = z.string().max(200);

export const jsonSettings = z.strictObject({
  /** The list in an answer; empty: the answer is the list. */
  items: path.default(""),
  /** Address of the next page in an answer, of the same host; absent: one page is all. */
  next: path.optional(),
  /** Query parameter that takes the time since which changes are wanted; absent: all of it is read each time. */
  since: z.string().max(64).optional(),
  /** Address of single items, with `{id}` and `{locale}`; absent: a webhook that names ids reads all. */
  item_url: z.url({ protocol: /^https?$/ }).optional(),
  id: path.default("id"),
  title: path.default("title"),
  html: path.default("html"),
  data: path.default("data"),
  url: path.default("url"),
  topic: path.default("topic"),
  terms: path.default("terms"),
  changed_at: path.default("changed_at"),
  /** What an item has here says its language; where it has nothing, it is the one that was asked for. */
  locale: path.default("locale"),
  state: path.default("state"),
  /** Values at `state`, as texts, that mean draft, and those that mean published; any other: unpublished. */
  draft: z.array(z.string()).max(10).default(["draft"]),
  published: z.array(z.string()).max(10).default(["published", "true"]),
  /** `<address> <value of the Authorization header>`. */
  authorization: z.string().min(1).max(1_000).optional(),
  webhook_secret: z
    .string()
    .regex(WEBHOOK_SECRET, "must be whsec_ and the base64 of 24 to 64 bytes")
    .optional(),
});
export type JsonSettings = z.infer<typeof jsonSettings>;
