/**
 * Segments in the operator's API: those of the active release with their sizes, how fast they take effect and what uses
 * them; what two have in common; and how many people one would have that is not published yet. Mounted by src/operator.ts,
 * behind access/guard.ts.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { conditionSchema } from "#contracts/definitions/condition";
import { featureSchema } from "#contracts/definitions/feature";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { Problem } from "#core/problem";
import { readBody } from "#core/read-body";
import { estimate } from "#ingest/count/estimate";
import { readCount } from "#ingest/count/store";
import { grantedSegments, type ProfileNow } from "#ingest/profiles";
import type { NewAuditEntry } from "#privacy/audit/entry";
import { activeRelease } from "#release/active";
import { validateRelease } from "#release/validate";
import { cutsOf } from "#segments/cuts";
import { EVERYBODY, overlapOf, sizesSince } from "#segments/sizes-store";
import { type Speed, speedOf } from "#segments/speed";
import { noteShown } from "../identity/deps.ts";
import type { ActorRoutes } from "../routes.ts";
import type { ListsDeps } from "./lists-routes.ts";
import { attributesIn, usesOf } from "./uses.ts";

export interface SegmentsDeps extends ListsDeps {
  /** Appends to the audit log. */
  audit: (entry: NewAuditEntry) => Promise<unknown>;
  /** In [0, 1). */
  random: () => number;
}

export interface SegmentShown {
  name: string;
  description: string;
  purpose: Purpose;
  /** How fast it takes effect in production. */
  speed: Speed;
  /** As the last nightly count found it; null: it has not been counted yet. */
  people: number | null;
  /** Of the last 30 days that were counted, newest first. */
  history: { day: string; people: number }[];
  uses: { offers: string[]; segments: string[]; destinations: string[] };
}

export interface Estimated {
  people: number;
  of: number;
  exact: boolean;
  margin: number;
  /** Profiles that were looked at. */
  looked: number;
  /** Features that nobody has anything of yet: they begin with what comes after they are published. */
  start_empty: string[];
  /** Only for whoever may see personal data; else null. */
  sample: { person: string; segments: string[]; features: Record<string, unknown> }[] | null;
  overlap: Record<string, number>;
}

const HISTORY_DAYS = 30;
const MAX_BODY_BYTES = 100_000;
/** A name that no segment of the release has. */
function draftName({ segments }: ReleaseDocument): string {
  let n = 0;
  while (Object.hasOwn(segments, `estimate-${n}`)) n++;
  return `estimate-${n}`;
}

export const estimateSchema = z.strictObject({
  when: conditionSchema,
  purpose: z.enum(PURPOSES).default("personalization"),
  features: z.record(z.string().max(64), featureSchema).default({}),
});
type EstimateBody = z.infer<typeof estimateSchema>;

/** The routes, below `/admin/api`. */
export function segmentsRoutes(deps: SegmentsDeps): ActorRoutes {
  const app: ActorRoutes = new Hono();
  const { db, kv, clock } = deps;

  app.get("/segments", async (c) => {
    const now = clock();
    const since = new Date(now - HISTORY_DAYS * DAY_MS).toISOString().slice(0, 10);
    const [{ document }, sizes] = await Promise.all([activeRelease(kv, now), sizesSince(db, since)]);
    const bySegment = Map.groupBy(sizes, ({ segment }) => segment);
    const [counted] = bySegment.get(EVERYBODY) ?? [];
    const segments = Object.keys(document.segments).map((name) =>
      segmentShown(document, name, bySegment.get(name) ?? [], bySegment.get(EVERYBODY) ?? []),
    );
    return c.json({
      counted: counted ? { day: counted.day, people: counted.people } : null,
      segments: segments.sort((a, b) => (a.name < b.name ? -1 : 1)),
    });
  });

  app.get("/segments/:key/overlap", async (c) => {
    const name = c.req.param("key");
    const { document } = await activeRelease(kv, clock());
    if (!Object.hasOwn(document.segments, name))
      throw new Problem(404, "unknown_segment", "The active release has no segment of this name.");
    const found = await overlapOf(db, name);
    return c.json({
      segment: name,
      day: found?.day ?? null,
      people: found?.people ?? null,
      overlap: found?.others ?? [],
    });
  });

  app.post("/segments/estimate", bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }), async (c) => {
    const body = await readBody(c, estimateSchema);
    const { document } = await activeRelease(kv, clock());
    const draft = draftName(document);
    const drafted = withDraft(document, draft, body);
    const [cuts, { count }] = await Promise.all([cutsOf(kv, drafted, clock()), readCount(db)]);
    const found = await estimate(drafted, draft, { cuts, known: count.done?.people }, deps);
    const actor = c.get("actor");
    const mayShow = actor.personal && actor.sources === undefined;
    if (mayShow)
      await noteShown(
        found.sample.map(({ root }) => root),
        actor,
        deps,
      );
    const asked = attributesIn(body.when);
    const answer: Estimated = {
      ...found,
      start_empty: Object.keys(body.features).filter(
        (name) => JSON.stringify(document.features[name]) !== JSON.stringify(body.features[name]),
      ),
      sample: mayShow
        ? found.sample.map((profile) => personShown(profile, draft, body.purpose, asked))
        : null,
    };
    return c.json(answer);
  });

  return app;
}

function segmentShown(
  document: ReleaseDocument,
  name: string,
  sizes: readonly { day: string; people: number }[],
  days: readonly { day: string }[],
): SegmentShown {
  const { description = "", purpose = "personalization" } = document.segments[name] ?? {};
  const byDay = new Map(sizes.map(({ day, people }) => [day, people]));
  // Of a day on which others were counted, and it is not in the count, nobody was in it: as long as it has been there.
  const first = sizes.at(-1)?.day;
  const history = days.flatMap(({ day }) =>
    first !== undefined && day >= first ? [{ day, people: byDay.get(day) ?? 0 }] : [],
  );
  const [newest] = days;
  return {
    name,
    description,
    purpose,
    speed: speedOf(document, name),
    people: newest ? (byDay.get(newest.day) ?? 0) : null,
    history,
    uses: usesOf(document, name),
  };
}

/** The release with the segment in it. @throws Problem 422 `invalid_segment`, with its issues */
function withDraft(
  document: ReleaseDocument,
  draft: string,
  { when, purpose, features }: EstimateBody,
): ReleaseDocument {
  const drafted = {
    ...document,
    features: { ...document.features, ...features },
    segments: { ...document.segments, [draft]: { when, purpose } },
  };
  // What destinations and content must satisfy, they have satisfied.
  const validation = validateRelease(drafted, {
    destination: () => [],
    cms: () => [],
    template: () => [],
    sanitize: (html) => html,
  });
  if (validation.ok) return validation.document;
  const own = [`segments.${draft}`, ...Object.keys(features).map((name) => `features.${name}`)];
  const issues = validation.issues.filter(({ path }) => own.some((one) => path.startsWith(one)));
  const [issue] = issues.length > 0 ? issues : validation.issues;
  throw new Problem(
    422,
    "invalid_segment",
    `${issue?.path.replace(`segments.${draft}.`, "")}: ${issue?.message}.`,
  );
}

/** One person as a sample shows them: what the condition asks about, and nothing that names them but their key. */
const personShown = (
  profile: ProfileNow,
  draft: string,
  purpose: Purpose,
  asked: ReadonlySet<string>,
): { person: string; segments: string[]; features: Record<string, unknown> } => ({
  person: profile.root,
  segments: grantedSegments(profile).filter((name) => name !== draft),
  features: Object.fromEntries(
    Object.entries({ ...profile.features[purpose], identity_state: profile.state }).filter(([name]) =>
      asked.has(name),
    ),
  ),
});

function tooLarge(): never {
  throw new Problem(413, "body_too_large", `The body may have at most ${MAX_BODY_BYTES} bytes.`);
}
