/**
 * The Worker's bindings, and its settings read from them. A missing or malformed setting is named, never defaulted:
 * src/app.ts answers 503 with the list. Only src/app.ts and src/worker.ts see the whole Env; everything else is given
 * the one binding that it needs.
 */
import * as z from "zod";
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import { renameProblems } from "#core/paths";
import type { Destination } from "#forward/destination-object";
import type { LiveTail } from "#lake/live-tail";

export interface Env {
  IDENTITY_0: D1Database;
  EDGE: KVNamespace;
  LAKE: R2Bucket;
  /** Messages are EventEnvelopes as JSON text: the door has serialised them to know their size. */
  EVENTS: Queue<string>;
  /** More queues with the consumer of EVENTS: tried in this order when one before refuses. */
  EVENTS_1?: Queue<string>;
  EVENTS_2?: Queue<string>;
  EVENTS_3?: Queue<string>;
  ANALYTICS: Queue<DeliveryEnvelope>;
  CRM: Queue<DeliveryEnvelope>;
  LIVE_TAIL: DurableObjectNamespace<LiveTail>;
  DESTINATION: DurableObjectNamespace<Destination>;
  ASSETS: Fetcher;
  /** Limits on collection, each counted in one Cloudflare location; an absent one limits nothing. docs/admission.md. */
  RATE_CLIENT?: RateLimit;
  RATE_WRITE_KEY?: RateLimit;
  RATE_SECRET_KEY?: RateLimit;
  BASE_PATH?: string;
  ORIGIN?: string;
  TRACE_SLOTS?: string;
  /** JSON object: own path → the path that it goes by, for example `{"/events":"/e"}`. */
  PATHS?: string;
  /** Requests per second that an isolate takes from one client without a secret key; 0 takes any number. */
  CLIENT_RATE?: string;
  /** Days that a rejected event is kept for repair. */
  QUARANTINE_DAYS?: string;
  /** Seconds before the first retry of a delivery; doubled each time. */
  RETRY_BASE_SECONDS?: string;
  /** `1` only in local development: accepts the `ds_dev_country` cookie and plain-http cookies. */
  DEV?: string;
  /** Secret: 32 random bytes or more, base64. All keys are derived from it. docs/keys.md. */
  MASTER_SECRET?: string;
  /** Number of MASTER_SECRET, one more with each rotation; 1 if not set. */
  MASTER_SECRET_VERSION?: string;
  /** Secret: JSON object of version → secret: all before MASTER_SECRET, and the next one while it is brought in. */
  MASTER_SECRETS_BEFORE?: string;
  /** Secret: the console's bearer token. */
  ADMIN_TOKEN?: string;
  /** Secret: JSON array of sources, see `sourceSchema`. */
  SOURCES?: string;
}

const keyText = z.string().min(6).max(128);
/** A key, or one with an end: `until` is the first moment at which it is refused. */
const keySchema = z.union(
  [
    keyText,
    z.strictObject({
      key: keyText,
      until: z.union([z.iso.datetime({ offset: true }), z.iso.date()]).optional(),
      disabled: z.boolean().default(false),
    }),
  ],
  'must be a key of 6 to 128 characters, or {"key", "until": "2027-01-31", "disabled"}',
);
/** One key, or several while they are rotated. */
const keysSchema = z
  .union([keySchema, z.array(keySchema).min(1).max(10)], {
    error:
      'must be a key of 6 to 128 characters, {"key", "until": "2027-01-31", "disabled"}, or a list of these',
  })
  .optional();

/** What becomes of a source's events that no contract names. */
const unknownEventsSchema = z
  .union(
    [
      z.literal("quarantine"),
      // Names that a field of the contract `custom` may have: with another, every such event would be refused.
      z.strictObject({
        accept: z
          .array(
            z
              .string()
              .regex(/^[A-Za-z]\w{0,63}$/, "must be a letter and then letters, digits and _, at most 64"),
          )
          .max(100),
      }),
    ],
    'must be "quarantine", or {"accept": ["a_field", …]}',
  )
  .default("quarantine");

/** Exactly what a browser sends as `Origin`, or it would match nothing. */
const originSchema = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'must be an origin as browsers send it, like "https://shop.example": no path, no slash at the end',
  );

/** A key as the door looks it up. */
export interface SourceKey {
  key: string;
  /** It proves the identifiers that it sends. */
  secret: boolean;
  /** Epoch ms from which on it is refused. */
  until?: number;
  disabled: boolean;
}

/** A site, app or server that sends events. A write key is public; a secret key proves the identifiers it sends. */
export const sourceSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/),
    writeKey: keysSchema,
    secretKey: keysSchema,
    /** Origins that browsers may send from, besides the Worker's own; `https://shop.example`, no path. */
    origins: z.array(originSchema).default([]),
    disabled: z.boolean().default(false),
    /** Segment's consent categories → our purposes; a category that is not listed grants nothing. */
    consentCategories: z
      .record(z.string(), z.enum(["analytics", "marketing", "personalization"]))
      .default({}),
    unknownEvents: unknownEventsSchema,
  })
  .transform((source) => ({
    ...source,
    keys: [...listed(source.writeKey, false), ...listed(source.secretKey, true)],
  }));
export type Source = z.infer<typeof sourceSchema>;

function listed(given: z.infer<typeof keysSchema>, secret: boolean): SourceKey[] {
  return [given ?? []].flat().map((entry) => {
    if (typeof entry === "string") return { key: entry, secret, disabled: false };
    const { key, until, disabled } = entry;
    return { key, secret, disabled, ...(until !== undefined && { until: Date.parse(until) }) };
  });
}

// A transform, unlike a refinement, runs only where every source is well-formed.
const sourcesSchema = z
  .array(sourceSchema)
  .min(1, "must list a source")
  .transform((sources, ctx) => {
    // A key that is both public and secret would make every visitor a proof; one of two sources, a guess.
    const seen = new Set<string>();
    for (const [index, { keys }] of sources.entries()) {
      for (const { key, secret } of keys) {
        if (seen.has(key)) {
          const path = [index, secret ? "secretKey" : "writeKey"];
          ctx.addIssue({ code: "custom", path, message: "lists a key that is listed before" });
        }
        seen.add(key);
      }
    }
    return sources;
  });

/** Parse the JSON of a setting; what it holds is checked by the schema that follows. */
const fromJson = (text: string, ctx: z.RefinementCtx): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    ctx.addIssue({ code: "custom", message: "is not JSON" });
    return z.NEVER;
  }
};

/** A number. Left blank it is not set: read as 0, it would turn a limit off without a word. */
const numberOr = (byDefault: number, schema: z.ZodType<number>) =>
  z.preprocess(
    (given) => (typeof given === "string" && given.trim() === "" ? undefined : given),
    schema.default(byDefault),
  );

const MIN_SECRET_CHARS = 32;

/** Version → secret. What it says of a mistake repeats nothing of it: the keys may be secrets put the wrong way round. */
const otherSecretsSchema = z.unknown().transform((given, ctx): Record<string, string> => {
  const refuse = (message: string) => {
    ctx.addIssue({ code: "custom", message });
    return z.NEVER;
  };
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return refuse('must be a JSON object of versions and secrets, like {"1": "…"}');
  const secrets: Record<string, string> = {};
  for (const [version, secret] of Object.entries(given)) {
    if (!/^[1-9]\d{0,2}$/.test(version)) return refuse("has a version that is no whole number from 1 to 999");
    if (typeof secret !== "string" || secret.length < MIN_SECRET_CHARS)
      return refuse(`must have ${MIN_SECRET_CHARS} characters or more for version ${version}`);
    secrets[version] = secret;
  }
  return secrets;
});

/** What is wrong with the versions of the master secret: one that is missing would make everything of its time unknown. */
function versionProblems(
  secret: string,
  current: number,
  others: Readonly<Record<string, string>>,
): string[] {
  const problems: string[] = [];
  for (let version = 1; version < current; version++)
    if (others[version] === undefined)
      problems.push(`lacks version ${version}, which comes before MASTER_SECRET_VERSION ${current}`);
  const seen = new Map([[secret, "MASTER_SECRET"]]);
  for (const [version, other] of Object.entries(others)) {
    if (Number(version) === current || Number(version) > current + 1)
      problems.push(
        `has version ${version}, which is neither before MASTER_SECRET_VERSION ${current} nor next`,
      );
    const same = seen.get(other);
    if (same) problems.push(`has the same secret for version ${version} as ${same}`);
    seen.set(other, `version ${version}`);
  }
  return problems;
}

const flag = z
  .enum(["0", "1", ""])
  .default("0")
  .transform((v) => v === "1");

const pathsSchema = z.record(z.string(), z.string()).transform((renames, ctx) => {
  for (const [own, message] of Object.entries(renameProblems(renames)))
    ctx.addIssue({ code: "custom", path: [own], message });
  return renames;
});

const settingsSchema = z
  .object({
    BASE_PATH: z
      .string()
      .regex(/^(\/[a-z0-9_-]+)*$/i, 'must be empty or like "/ds"')
      .default(""),
    ORIGIN: z.union([z.literal(""), z.url({ protocol: /^https?$/ })]).default(""),
    TRACE_SLOTS: numberOr(0.01, z.coerce.number().min(0).max(1)),
    PATHS: z
      .string()
      .default("")
      .transform((text, ctx) => (text.trim() === "" ? {} : fromJson(text, ctx)))
      .pipe(pathsSchema),
    CLIENT_RATE: numberOr(100, z.coerce.number().min(0).max(1_000_000)),
    QUARANTINE_DAYS: numberOr(30, z.coerce.number().int().min(1).max(90)),
    RETRY_BASE_SECONDS: numberOr(5, z.coerce.number().min(1).max(600)),
    DEV: flag,
    MASTER_SECRET: z
      .string("is missing: set it with `wrangler secret put MASTER_SECRET`")
      .min(MIN_SECRET_CHARS, `must have ${MIN_SECRET_CHARS} characters or more`),
    MASTER_SECRET_VERSION: numberOr(1, z.coerce.number().int().min(1).max(999)),
    MASTER_SECRETS_BEFORE: z
      .string()
      .default("")
      .transform((text, ctx) => (text.trim() === "" ? {} : fromJson(text, ctx)))
      .pipe(otherSecretsSchema),
    ADMIN_TOKEN: z
      .string("is missing: set it with `wrangler secret put ADMIN_TOKEN`")
      .min(8, "must have 8 characters or more"),
    SOURCES: z
      .string("is missing: set it with `wrangler secret put SOURCES`")
      .transform(fromJson)
      .pipe(sourcesSchema),
  })
  .refine((s) => s.DEV || s.ORIGIN === "" || s.BASE_PATH !== "", {
    path: ["BASE_PATH"],
    message:
      "is required with ORIGIN, or Doorstep's own paths would shadow the site's (its /admin, for example)",
  })
  .superRefine(({ MASTER_SECRET, MASTER_SECRET_VERSION, MASTER_SECRETS_BEFORE }, ctx) => {
    for (const message of versionProblems(MASTER_SECRET, MASTER_SECRET_VERSION, MASTER_SECRETS_BEFORE))
      ctx.addIssue({ code: "custom", path: ["MASTER_SECRETS_BEFORE"], message });
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

/** The queues that take what the door lets in, in the order in which they are tried. */
export const eventsQueues = (env: Env): Queue<string>[] =>
  [env.EVENTS, env.EVENTS_1, env.EVENTS_2, env.EVENTS_3].filter((queue) => queue !== undefined);

/** A secret that a release names. Doorstep's own are refused where they are read, in src/forward/secrets.ts. */
export function stringBinding(env: Env, name: string): string | undefined {
  const value: unknown = Reflect.get(env, name);
  return typeof value === "string" ? value : undefined;
}
