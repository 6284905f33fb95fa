/** The operator's API as these tests ask it, an empty history of releases, and small releases that differ in one offer. */
import { env } from "cloudflare:workers";
import type { ReleaseInput } from "#contracts/definitions/release";
import { emptyRelease, holdRelease } from "#release/active";
import type { ReleaseChecks } from "#release/validate";
import { sanitizeHtml } from "#slots/sanitize";
import { RELEASE, request } from "../product.ts";

/** Of releases without destinations. */
export const CHECKS: ReleaseChecks = {
  destination: () => [],
  cms: () => [],
  template: () => [],
  sanitize: sanitizeHtml,
};

export type Json = Record<string, unknown>;

/** A request of the first token. */
export async function api(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Json }> {
  const response = await request(`/admin/api${path}`, {
    method,
    headers: { authorization: "Bearer admin_test", "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Json }; // every answer is an object
}

/** Nothing was ever published. */
export async function clear(): Promise<void> {
  const tables = ["releases", "release_moves", "release_drafts", "release_schedule"];
  await env.IDENTITY_0.batch(tables.map((table) => env.IDENTITY_0.prepare(`DELETE FROM ${table}`)));
  for (const { name } of (await env.EDGE.list({ prefix: "release:" })).keys) await env.EDGE.delete(name);
  holdRelease(env.EDGE, await emptyRelease(), Date.now());
}

/** A release with one slot, and one offer for everybody in it. */
export const offering = (
  name: string,
  content: { html: string } = { html: `<p>${name}</p>` },
): ReleaseInput => ({
  ...RELEASE,
  slots: { hero: {} },
  content: { [name]: content },
  offers: { [name]: { slot: "hero", content: name } },
});
