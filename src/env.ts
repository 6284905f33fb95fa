/**
 * The Worker's bindings, and its settings read from them. A missing or malformed setting is named, never defaulted:
 * src/app.ts answers 503 with the list. Only src/app.ts and src/worker.ts see the whole Env; everything else is given
 * the one binding that it needs.
 */
import * as z from "zod";
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import type { Destination } from "#forward/destination-object";
import type { LiveTail } from "#lake/live-tail";

export interface Env {
  IDENTITY_0: D1Database;
  EDGE: KVNamespace;
  LAKE: R2Bucket;
  /** Messages are EventEnvelopes as JSON text: the door has serialised them to know their size. */
  EVENTS: Queue<string>;
  ANALYTICS: Queue<DeliveryEnvelope>;
  CRM: Queue<DeliveryEnvelope>;
  LIVE_TAIL: DurableObjectNamespace<LiveTail>;
  DESTINATION: DurableObjectNamespace<Destination>;
  ASSETS: Fetcher;
  BASE_PATH?: string;
  ORIGIN?: string;
  TRACE_SLOTS?: string;
  /** Seconds before the first retry of a delivery; doubled each time. */
  RETRY_BASE_SECONDS?: string;
  /** `1` only in local development: accepts the `ds_dev_country` cookie and plain-http cookies. */
  DEV?: string;
  /** Secret: 32 random bytes or more, base64. All keys are derived from it. */
  MASTER_SECRET?: string;
  /** Secret: the console's bearer token. */
  ADMIN_TOKEN?: string;
  /** Secret: JSON array of sources, see `sourceSchema`. */
  SOURCES?: string;
}

/** A site, app or server that sends events. A write key is public; a secret key proves the identifiers it sends. */
export const sourceSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/),
  writeKey: z.string().min(6).max(128).optional(),
  secretKey: z.string().min(6).max(128).optional(),
  /** Origins that browsers may send from, besides the Worker's own; `https://shop.example`, no path. */
  origins: z.array(z.url()).default([]),
  disabled: z.boolean().default(false),
  /** Segment's consent categories → our purposes; a category that is not listed grants nothing. */
  consentCategories: z.record(z.string(), z.enum(["analytics", "marketing", "personalization"])).default({}),
});
export type Source = z.infer<typeof sourceSchema>;

const flag = z
  .enum(["0", "1", ""])
  .default("0")
  .transform((v) => v === "1");

const settingsSchema = z
  .object({
    BASE_PATH: z
      .string()
      .regex(/^(\/[a-z0-9_-]+)*$/i, 'must be empty or like "/ds"')
      .default(""),
    ORIGIN: z.union([z.literal(""), z.url({ protocol: /^https?$/ })]).default(""),
    TRACE_SLOTS: z.coerce.number().min(0).max(1).default(0.01),
    RETRY_BASE_SECONDS: z.coerce.number().min(1).max(600).default(5),
    DEV: flag,
    MASTER_SECRET: z
      .string("is missing: set it with `wrangler secret put MASTER_SECRET`")
      .min(32, "must have 32 characters or more"),
    ADMIN_TOKEN: z
      .string("is missing: set it with `wrangler secret put ADMIN_TOKEN`")
      .min(8, "must have 8 characters or more"),
    SOURCES: z
      .string("is missing: set it with `wrangler secret put SOURCES`")
      .transform((text, ctx) => {
        try {
          return JSON.parse(text) as unknown; // checked by the pipe below
        } catch {
          ctx.addIssue({ code: "custom", message: "is not JSON" });
          return z.NEVER;
        }
      })
      .pipe(z.array(sourceSchema).min(1, "must list a source")),
  })
  .refine((s) => s.DEV || s.ORIGIN === "" || s.BASE_PATH !== "", {
    path: ["BASE_PATH"],
    message:
      "is required with ORIGIN, or Doorstep's own paths would shadow the site's (its /admin, for example)",
  });

export type Settings = z.infer<typeof settingsSchema>;
export type SettingsResult = { ok: true; settings: Settings } | { ok: false; problems: string[] };

const cache = new WeakMap<object, SettingsResult>();

/** Validated settings, or one line for each that is missing or malformed. Read once per isolate. */
export function readSettings(env: Env): SettingsResult {
  const known = cache.get(env);
  if (known) return known;
  const parsed = settingsSchema.safeParse(env);
  const result: SettingsResult = parsed.success
    ? { ok: true, settings: parsed.data }
    : { ok: false, problems: parsed.error.issues.map((i) => `${i.path.join(".")} ${i.message}`) };
  cache.set(env, result);
  return result;
}
