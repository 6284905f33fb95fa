/**
 * `POST /admin/api/previews`: a signed link to the site as somebody sees it, at some time, by some release. The link is all
 * there is: nothing is stored but the entries in the audit log, which name who made it, and whom it shows where it is of a
 * person. Mounted by src/operator.ts; what the link does is src/door/preview and src/slots/preview. docs/previews.md.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { localeSchema } from "#contracts/definitions/content";
import { namespaceSchema } from "#contracts/namespace_schema";
import { DEVICE_TYPES } from "#contracts/taxonomy";
import type { Clock } from "#core/clock";
import { Problem } from "#core/problem";
import { readBody } from "#core/read-body";
import { PREVIEW_PARAMETER } from "#door/preview/cookie";
import { MAX_TOKEN_CHARS, type PreviewTerms, packPreview } from "#door/preview/token";
import type { IdentityShards } from "#identity/shards";
import { profileStandings } from "#identity/snapshots";
import type { Actor } from "#privacy/actor";
import type { NewAuditEntry } from "#privacy/audit/entry";
import type { Keyring } from "#privacy/keys";
import { auditTarget } from "#privacy/lookup";
import { findRelease, type PreviewReleaseDeps, unknownSegments } from "#slots/preview/release";
import { unavailable } from "./access/guard.ts";
import { permissionsOf } from "./access/permissions.ts";
import { keySchema, keysOf, type WhomStores } from "./profile/whom.ts";
import type { ActorRoutes } from "./routes.ts";

export interface PreviewDeps extends PreviewReleaseDeps {
  identity: IdentityShards;
  keys: () => Promise<Keyring>;
  clock: Clock;
  audit: (entry: NewAuditEntry) => Promise<unknown>;
  /** Where whoever is named is looked up. */
  whom: () => Promise<WhomStores>;
  settings: {
    BASE_PATH: string;
    /** Empty: the Worker is not in front of the site. */
    ORIGIN: string;
    /** Sites that a link may lead to, where the Worker is not in front of them. */
    SOURCES: readonly { origins: readonly string[]; disabled?: boolean | undefined }[];
  };
}

const MAX_BODY_BYTES = 4_000;
const MAX_SEGMENTS = 20;
const MAX_PATH_CHARS = 500;
const DEFAULT_SECONDS = 3_600;
const MAX_SECONDS = 86_400;

const DRAFT = /^draft:\S{1,64}$/;
const key = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/);

export const previewSchema = z.strictObject({
  /** `stable`, `candidate`, a version, or `draft:<name>`. */
  release: z
    .union([
      z.enum(["stable", "candidate"]),
      z.int().min(1),
      z.string().regex(DRAFT, "must be stable, candidate, a version or draft:<name>"),
    ])
    .default("stable"),
  segments: z.array(key).max(MAX_SEGMENTS).default([]),
  profile: z
    .union([
      z.strictObject({ namespace: namespaceSchema, value: z.string().min(1).max(512) }),
      z.strictObject({ key: keySchema }),
    ])
    .optional(),
  at: z.iso.datetime({ offset: true }).optional(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "must be two capital letters")
    .optional(),
  device: z.enum(DEVICE_TYPES).optional(),
  locale: localeSchema.optional(),
  drafts: z.boolean().default(false),
  holdouts: z.boolean().default(false),
  /** Of the site; or a whole address of one of the sources' sites, where the Worker is not in front of it. */
  path: z.string().min(1).max(MAX_PATH_CHARS).default("/"),
  expires_in: z.int().min(60).max(MAX_SECONDS).default(DEFAULT_SECONDS),
});
type Asked = z.infer<typeof previewSchema>;

/** The routes, below `/admin/api`. */
export function previewRoutes(deps: PreviewDeps): ActorRoutes {
  const app: ActorRoutes = new Hono();
  const limit = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });

  app.post("/previews", limit, async (c) => {
    const asked = await readBody(c, previewSchema);
    const [actor, id, now] = [c.get("actor"), c.get("created"), deps.clock()];
    if (asked.profile && asked.segments.length > 0)
      throw new Problem(400, "invalid_body", "segments: a person is in their own.");
    const site = new URL(c.req.url).origin;
    const to = addressOf(asked.path, site, deps.settings);
    await requireKnown(asked, deps);
    const profile = asked.profile && (await personOf(asked.profile, { actor, id, now }, deps));
    const expiresAt = now + asked.expires_in * 1_000;
    const { country, device, locale, drafts, holdouts } = asked;
    const terms: PreviewTerms = {
      id,
      expiresAt,
      release: releaseOf(asked.release),
      segments: [...new Set(asked.segments)].sort(),
      profile,
      at: asked.at === undefined ? undefined : Date.parse(asked.at),
      country,
      device,
      locale,
      drafts,
      holdouts,
      to,
    };
    const token = await packPreview(await deps.keys(), terms);
    if (token.length > MAX_TOKEN_CHARS)
      throw new Problem(400, "invalid_body", "The link would be too long: name fewer segments.");
    const { ORIGIN, BASE_PATH } = deps.settings;
    const url = new URL(ORIGIN === "" ? `${BASE_PATH}/preview` : to, site);
    // Added as text: what the address asks for besides stays as it was written.
    url.search = `${url.search === "" ? "?" : `${url.search}&`}${PREVIEW_PARAMETER}=${token}`;
    return c.json({ url: url.href, expires_at: new Date(expiresAt).toISOString(), token_id: id }, 201);
  });

  return app;
}

/**
 * Where a link leads, without what follows a `#`: never to another's site.
 * @throws Problem 400 `invalid_path`
 */
function addressOf(path: string, site: string, { ORIGIN, SOURCES }: PreviewDeps["settings"]): string {
  const isPath = path.startsWith("/");
  const url = URL.canParse(path, site) ? new URL(path, site) : undefined;
  const origins = SOURCES.filter(({ disabled }) => !disabled).flatMap((source) => source.origins);
  const isOurs = url && (isPath ? url.origin === site : ORIGIN === "" && origins.includes(url.origin));
  if (!url || !isOurs || url.searchParams.has(PREVIEW_PARAMETER)) {
    throw new Problem(
      400,
      "invalid_path",
      "`path` is a path of this site, such as `/offers`; where the Worker is not in front of the site, also an address of a source's.",
    );
  }
  return isPath ? `${url.pathname}${url.search}` : `${url.origin}${url.pathname}${url.search}`;
}

const releaseOf = (asked: Asked["release"]): PreviewTerms["release"] =>
  typeof asked === "number" || asked === "stable" || asked === "candidate"
    ? asked
    : { draft: asked.slice("draft:".length) };

/** @throws Problem 404 `unknown_release`; 400 `unknown_segment` */
async function requireKnown({ release, segments }: Asked, deps: PreviewDeps): Promise<void> {
  const found = await findRelease(releaseOf(release), deps);
  // A draft that is not whole yet can be mended while it is looked at.
  if (!found.ok && found.why === "unknown") throw new Problem(404, "unknown_release", `${found.words}.`);
  const unknown = found.ok ? unknownSegments(found.release.document, segments) : [];
  if (unknown.length > 0)
    throw new Problem(400, "unknown_segment", `The release has no segment ${unknown.join(", ")}.`);
}

/**
 * The keys of the person, whom the audit log names before there is a link.
 * @throws Problem 403 `forbidden`; 400 `invalid_identifier`; 404 `unknown_person`; 503 `audit_unavailable`
 */
async function personOf(
  asked: NonNullable<Asked["profile"]>,
  { actor, id, now }: { actor: Actor; id: string; now: number },
  { identity, whom, audit }: PreviewDeps,
): Promise<readonly string[]> {
  const maySee = actor.personal && actor.sources === undefined;
  if (!maySee || !permissionsOf(actor.role).includes("person:read"))
    throw new Problem(
      403,
      "forbidden",
      "A preview as a person needs `person:read` and personal data of all sources.",
    );
  const stores = await whom();
  const named = await keysOf(asked, stores);
  const [first = ""] = named;
  const target = await auditTarget(stores.keys, first);
  const entry = { at: now, actor, action: "preview.person", target, detail: { preview: id } };
  await audit(entry).catch(unavailable);
  const { rows } = await profileStandings(identity, named);
  if (rows.size > 0) return named;
  throw new Problem(
    404,
    "unknown_person",
    "Nothing is stored of this person by itself; what a device claims has a key of its own, which `/profiles/find` names.",
  );
}

function tooLarge(): never {
  throw new Problem(413, "body_too_large", `The body may have at most ${MAX_BODY_BYTES} bytes.`);
}
