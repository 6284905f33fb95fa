/** What the routes of releases and drafts read from an address, and how they show versions. */
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import type * as z from "zod";
import { Problem } from "#core/problem";
import { readBody } from "#core/read-body";
import { requireDraft, versionDocument } from "./drafts.ts";
import type { Pointer } from "./moves.ts";
import { MAX_RELEASE_BYTES, tooLarge, unknownRelease } from "./publish.ts";
import type { Scheduled } from "./schedule-store.ts";
import type { Version } from "./store.ts";

const MAX_LIMIT = 200;

/** Before each route that takes a body. @throws Problem 413 `release_too_large` */
export const limited = bodyLimit({
  maxSize: MAX_RELEASE_BYTES,
  onError: () => {
    throw tooLarge();
  },
});

/** A document by its name. @throws Problem 400 `invalid_version`, 404 `unknown_release`, `unknown_draft` */
export async function documentNamed(db: D1Database, name: string, now: Pointer): Promise<unknown> {
  if (name.startsWith("draft:")) return (await requireDraft(db, name.slice("draft:".length))).document;
  if (name === "stable") return versionDocument(db, now.stable);
  if (name === "candidate") {
    if (now.candidate === undefined) throw unknownRelease("that is a candidate now");
    return versionDocument(db, now.candidate);
  }
  if (!/^\d{1,9}$/.test(name))
    throw new Problem(
      400,
      "invalid_version",
      "A version is a number, `stable`, `candidate` or `draft:<name>`.",
    );
  return versionDocument(db, Number(name));
}

/** @throws Problem 404 `unknown_release` */
export function readVersionNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw unknownRelease("of this number");
}

/** @throws Problem 400 `invalid_limit`, `invalid_before` */
export function readPage(c: Context, byDefault: number): { limit: number; before: number } {
  const limit = c.req.query("limit") ?? String(byDefault);
  const before = c.req.query("before") ?? String(Number.MAX_SAFE_INTEGER);
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > MAX_LIMIT)
    throw new Problem(400, "invalid_limit", `\`limit\` must be a whole number from 1 to ${MAX_LIMIT}.`);
  if (!/^\d{1,16}$/.test(before))
    throw new Problem(400, "invalid_before", "`before` must be the `next` of an answer before.");
  return { limit: Number(limit), before: Number(before) };
}

/** A body in which everything may be left out, and which may itself be. @throws as readBody */
export const readOptional = async <T>(c: Context, schema: z.ZodType<T>): Promise<T> =>
  (await c.req.text()) === "" ? schema.parse({}) : readBody(c, schema);

export const versionView = (
  { version, note, author, createdAt, parent }: Version,
  { stable, candidate }: Pointer,
  scheduled: readonly Scheduled[],
) => ({
  version,
  note,
  author,
  created_at: new Date(createdAt).toISOString(),
  parent,
  state:
    version === stable
      ? "stable"
      : version === candidate
        ? "candidate"
        : scheduled.some((one) => one.version === version && one.state === "waiting")
          ? "scheduled"
          : "former",
});

export const scheduledView = ({ at, detail, state, ...entry }: Scheduled) => {
  const isWaiting = state === "waiting";
  return {
    ...entry,
    at: new Date(at).toISOString(),
    state,
    reason: isWaiting ? null : detail,
    force: isWaiting && detail === null,
  };
};
