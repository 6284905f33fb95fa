/**
 * The Worker's bindings, and its settings read from them. A missing or malformed setting is named, never defaulted:
 * src/app.ts answers 503 with the list. Only the files right in src/ see the whole Env; everything else is given
 * the one binding that it needs.
 */
import * as z from "zod";
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import { renameProblems } from "#core/paths";
import type { Destination } from "#forward/destination-object";
import type { LiveTail } from "#lake/live-tail";
import type { Visitor } from "#slots/visitor-object";
import { accessRolesSchema } from "./settings/access-roles.ts";
import { issuersSchema } from "./settings/identity-issuers.ts";
import { fromJson, jsonOr } from "./settings/json.ts";
import { MIN_SECRET_CHARS, otherSecretsSchema, versionProblems } from "./settings/master-secrets.ts";
import { sourcesSchema } from "./settings/sources.ts";

/** Further databases for identifiers: `IDENTITY_1`, `IDENTITY_2` … in a row; docs/deploy.md. */
type FurtherDatabases = { [name: `IDENTITY_${number}`]: D1Database | undefined };

export interface Env extends FurtherDatabases {
  /** The first database: all tables; identifiers and what lies beside them may be spread over further ones. */
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
  VISITOR: DurableObjectNamespace<Visitor>;
  /** One instance per subject request. */
  SUBJECT_REQUESTS: Workflow<{ id: string }>;
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
  /** Names this deployment in what seals are bound to: a seal of one tenant opens at no other. */
  TENANT?: string;
  /** Secret: JSON array of those who may sign who a visitor is; docs/identity-proof.md. */
  IDENTITY_ISSUERS?: string;
  /** Cloudflare Access before `/admin`: the team's domain, the application's audience, and who has which role; docs/access.md. */
  ACCESS_TEAM_DOMAIN?: string;
  ACCESS_AUD?: string;
  ACCESS_ROLES?: string;
  /** How long an erasure waits for work that was under way before it sweeps the stores once more. */
  ERASURE_SETTLE_SECONDS?: string;
  /** Gets a POST when a subject request is about to miss its deadline, or has. */
  ALERT_URL?: string;
  /** JSON list of versions that have leaked: their cookies are refused, and what they hashed is still found. */
  MASTER_SECRETS_REFUSED?: string;
  /** Secret: the console's first token, of role admin. */
  ADMIN_TOKEN?: string;
  /** Secret: JSON array of sources, see `sourceSchema`. */
  SOURCES?: string;
}

/** A number. Left blank it is not set: read as 0, it would turn a limit off without a word. */
const numberOr = (byDefault: number, schema: z.ZodType<number>) =>
  z.preprocess(
    (given) => (typeof given === "string" && given.trim() === "" ? undefined : given),
    schema.default(byDefault),
  );

const flag = z
  .enum(["0", "1", ""])
  .default("0")
  .transform((v) => v === "1");

const TEAM_DOMAIN = /^https:\/\/[a-z0-9-]{1,63}\.cloudflareaccess\.com$/;

const pathsSchema = () =>
  z.record(z.string(), z.string()).transform((renames, ctx) => {
    for (const [own, message] of Object.entries(renameProblems(renames)))
      ctx.addIssue({ code: "custom", path: [own], message });
    return renames;
  });

const MIN_TOKEN_CHARS = 16;
const TOO_SHORT = `must have ${MIN_TOKEN_CHARS} characters or more in production`;

const settingsSchema = z
  .object({
    BASE_PATH: z
      .string()
      .regex(/^(\/[a-z0-9_-]+)*$/i, 'must be empty or like "/ds"')
      .default(""),
    ORIGIN: z.union([z.literal(""), z.url({ protocol: /^https?$/ })]).default(""),
    TRACE_SLOTS: numberOr(0.01, z.coerce.number().min(0).max(1)),
    PATHS: jsonOr({}, pathsSchema),
    CLIENT_RATE: numberOr(100, z.coerce.number().min(0).max(1_000_000)),
    QUARANTINE_DAYS: numberOr(30, z.coerce.number().int().min(1).max(90)),
    RETRY_BASE_SECONDS: numberOr(5, z.coerce.number().min(1).max(600)),
    DEV: flag,
    MASTER_SECRET: z
      .string("is missing: set it with `wrangler secret put MASTER_SECRET`")
      .min(MIN_SECRET_CHARS, `must have ${MIN_SECRET_CHARS} characters or more`),
    MASTER_SECRET_VERSION: numberOr(1, z.coerce.number().int().min(1).max(999)),
    MASTER_SECRETS_BEFORE: jsonOr({}, () => otherSecretsSchema),
    MASTER_SECRETS_REFUSED: jsonOr([], () => z.array(z.int().min(1).max(999)).max(999)),
    TENANT: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "must be 1 to 63 of a-z, 0-9 and -")
      .default("doorstep"),
    IDENTITY_ISSUERS: jsonOr([], issuersSchema),
    ACCESS_TEAM_DOMAIN: z
      .union([
        z.literal(""),
        z.string().regex(TEAM_DOMAIN, 'must be like "https://team.cloudflareaccess.com"'),
      ])
      .default(""),
    ACCESS_AUD: z.string().default(""),
    ACCESS_ROLES: jsonOr({}, accessRolesSchema),
    ERASURE_SETTLE_SECONDS: numberOr(1_200, z.coerce.number().int().min(0).max(86_400)),
    ALERT_URL: z.union([z.literal(""), z.url({ protocol: /^https?$/ })]).default(""),
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
  .refine((s) => (s.ACCESS_TEAM_DOMAIN === "") === (s.ACCESS_AUD === ""), {
    path: ["ACCESS_AUD"],
    message: "goes with ACCESS_TEAM_DOMAIN: set both or neither",
  })
  .superRefine(({ DEV, IDENTITY_ISSUERS }, ctx) => {
    for (const [index, issuer] of IDENTITY_ISSUERS.entries())
      if (!DEV && "jwksUrl" in issuer && !issuer.jwksUrl.startsWith("https:"))
        ctx.addIssue({
          code: "custom",
          path: ["IDENTITY_ISSUERS", index, "jwksUrl"],
          message: "must begin with https: in production",
        });
  })
  .superRefine(({ DEV, ADMIN_TOKEN, SOURCES }, ctx) => {
    // On one's own machine short ones are handy; elsewhere they can be guessed.
    if (DEV) return;
    if (ADMIN_TOKEN.length < MIN_TOKEN_CHARS)
      ctx.addIssue({ code: "custom", path: ["ADMIN_TOKEN"], message: TOO_SHORT });
    const isShort = SOURCES.some(({ keys }) =>
      keys.some((own) => own.secret && own.key.length < MIN_TOKEN_CHARS),
    );
    if (isShort)
      ctx.addIssue({ code: "custom", path: ["SOURCES"], message: `has a secret key that ${TOO_SHORT}` });
  })
  .refine((s) => !s.MASTER_SECRETS_REFUSED.includes(s.MASTER_SECRET_VERSION), {
    path: ["MASTER_SECRETS_REFUSED"],
    message: "lists MASTER_SECRET_VERSION: make another secret the current one first",
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

/** The settings. @throws Error that names what is missing or malformed */
export function requireSettings(env: Env): Settings {
  const read = readSettings(env);
  if (!read.ok) throw new Error(`Doorstep is not configured: ${read.problems.join("; ")}`);
  return read.settings;
}

/** The databases that identifiers lie on: the first, and those further that are bound in a row. */
export function identityDatabases(env: Env): D1Database[] {
  const databases = [env.IDENTITY_0];
  for (;;) {
    const next = env[`IDENTITY_${databases.length}`];
    if (!next) return databases;
    databases.push(next);
  }
}

/** The queues that take what the door lets in, in the order in which they are tried. */
export const eventsQueues = (env: Env): Queue<string>[] =>
  [env.EVENTS, env.EVENTS_1, env.EVENTS_2, env.EVENTS_3].filter((queue) => queue !== undefined);

/** A secret that a release names. Doorstep's own are refused where they are read, in src/forward/secrets.ts. */
export function stringBinding(env: Env, name: string): string | undefined {
  const value: unknown = Reflect.get(env, name);
  return typeof value === "string" ? value : undefined;
}

/** A queue that the customer has bound for themself. Doorstep's own are none: what is in them has passed the door. */
export function queueBinding(env: Env, name: string): Pick<Queue<unknown>, "sendBatch"> | undefined {
  if (OWN_QUEUES.test(name)) return undefined;
  const value: unknown = Reflect.get(env, name);
  const isQueue = typeof value === "object" && value !== null && "sendBatch" in value && "send" in value;
  return isQueue ? (value as Queue<unknown>) : undefined; // no other binding has these methods
}

const OWN_QUEUES = /^(EVENTS(_\d+)?|ANALYTICS|CRM)$/;
