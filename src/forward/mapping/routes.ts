/**
 * A dry run in the admin API: what a draft of a destination would make of recent events. The app that mounts it checks who
 * asks, and puts the actor into the context: one who may see some sources is shown no event of another.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { type DestinationDefinition, destinationSchema } from "#contracts/definitions/destination";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Clock } from "#core/clock";
import { isDeeper } from "#core/depth";
import { Problem } from "#core/problem";
import { readBody } from "#core/read-body";
import type { Actor } from "#privacy/actor";
import { checkDestination } from "../check.ts";
import type { SecretOf } from "../secrets.ts";
import type { Issue } from "./check.ts";
import { dryRun } from "./dry-run.ts";
import { recentEvents } from "./recent.ts";

export interface MappingRoutesContext {
  bucket: R2Bucket;
  /** The release that holds now. */
  document: () => Promise<ReleaseDocument>;
  secretOf: SecretOf;
  clock: Clock;
  /** As when it is published: local development takes local addresses. */
  allowInsecure?: boolean;
}

const MAX_BODY_BYTES = 512_000;
const MAX_DEPTH = 64;
const MAX_EVENTS = 50;

export const destinationDryRunSchema = z.strictObject({
  /** A draft; without it the published definition is tried. */
  definition: z.unknown().optional(),
  /** Ids of recent events. */
  events: z.array(z.string().min(1).max(128)).min(1).max(MAX_EVENTS).optional(),
  /** Only events of this name. */
  name: z.string().max(64).optional(),
  limit: z.int().min(1).max(MAX_EVENTS).default(20),
});

/** The routes, to be mounted under `/admin/api`. */
export function mappingRoutes(
  context: MappingRoutesContext,
): Hono<{ Variables: { actor: Actor; created: string } }> {
  const app = new Hono<{ Variables: { actor: Actor; created: string } }>();

  app.post(
    "/destinations/:key/dry-run",
    bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }),
    async (c) => {
      const key = c.req.param("key");
      const asked = await readBody(c, destinationDryRunSchema);
      const document = await context.document();
      const published = Object.hasOwn(document.destinations, key) ? document.destinations[key] : undefined;
      const { secretOf } = context;
      const draft =
        asked.definition === undefined ? published : readDraft(key, asked.definition, context, document);
      if (!draft) throw new Problem(404, "unknown_destination", `The release has no destination "${key}".`);
      const { sources, personal } = c.get("actor");
      const wanted = { ids: asked.events, name: asked.name, limit: asked.limit, sources };
      const events = await recentEvents(context.bucket, wanted, context.clock());
      return c.json({
        events: await dryRun(events, { key, published, draft, document, secretOf, personal }),
      });
    },
  );

  return app;
}

/** @throws InvalidDestination where it could not be published */
function readDraft(
  key: string,
  given: unknown,
  { secretOf, allowInsecure }: MappingRoutesContext,
  document: ReleaseDocument,
): DestinationDefinition {
  const path = `destinations.${key}`;
  if (isDeeper(given, MAX_DEPTH))
    throw new InvalidDestination([{ path, message: `is nested deeper than ${MAX_DEPTH} levels` }]);
  const { data, error } = destinationSchema.safeParse(given);
  const issues = data
    ? checkDestination(key, data, secretOf, document, undefined, allowInsecure)
    : error.issues.map((issue) => ({ path: [path, ...issue.path].join("."), message: issue.message }));
  if (!data || issues.length > 0) throw new InvalidDestination(issues);
  return data;
}

/** A 422 that lists what publishing would say. */
class InvalidDestination extends Problem {
  readonly issues: Issue[];
  constructor(issues: Issue[]) {
    super(422, "invalid_destination", `The destination could not be published: ${issues.length} issue(s).`);
    this.issues = issues.slice(0, 100);
  }
  override toResponse(): Response {
    return super.toResponse({ issues: this.issues });
  }
}

function tooLarge(): never {
  throw new Problem(413, "body_too_large", `The body may have at most ${MAX_BODY_BYTES} bytes.`);
}
