/** Cases of releases and drafts for test/worker/openapi.test.ts. They end with the release that they began with. */
import { env } from "cloudflare:workers";
import { scheduleStatement } from "#release/schedule-store";
import { RELEASE } from "../product.ts";
import type { Case } from "./case.ts";

const SCHEDULED = "00000000-0000-4000-8000-0000000000aa";
const REVISION = 5;
const AT = new Date(Date.now() + 86_400_000).toISOString();

/** A draft and something scheduled, as the cases name them. */
export async function makeReleases(): Promise<void> {
  const entry = { id: SCHEDULED, at: Date.parse(AT), version: 1, actor: "Docs", note: "", detail: null };
  await scheduleStatement(env.IDENTITY_0, entry).run();
  await env.IDENTITY_0.prepare("INSERT INTO release_drafts VALUES ('oa', ?1, 1, ?2, 'Docs', 1, '')")
    .bind(JSON.stringify(RELEASE), REVISION)
    .run();
}

/** @param headers an operator's @param document of version 1, the stable one */
export function releaseCases(headers: Record<string, string>, document: object): Case[] {
  const of = (operation: Case["operation"], status: number, more: Partial<Case> = {}): Case => ({
    operation,
    status,
    headers,
    ...more,
  });
  const api = "/admin/api";
  const draft = `${api}/drafts/oa`;
  const onDraft = (
    method: "get" | "put" | "post" | "patch" | "delete",
    then: string,
    status: number,
    more = {},
  ) => of(`${method} ${api}/drafts/{name}${then}`, status, { path: `${draft}${then}`, ...more });
  return [
    of(`get ${api}/releases/{version}`, 200, { path: `${api}/releases/1` }),
    of(`get ${api}/releases/{version}`, 404, { path: `${api}/releases/999` }),
    of(`get ${api}/releases/diff`, 200, { path: `${api}/releases/diff?from=1&to=draft:oa` }),
    of(`get ${api}/releases/diff`, 400, { path: `${api}/releases/diff?from=x&to=1` }),
    of(`get ${api}/releases/moves`, 200),
    of(`get ${api}/releases/moves`, 400, { path: `${api}/releases/moves?limit=0` }),
    of(`get ${api}/releases`, 400, { path: `${api}/releases?before=x` }),
    of(`post ${api}/releases/validate`, 200, { body: { document: {} } }),
    of(`post ${api}/releases/validate`, 400, { body: {} }),
    of(`post ${api}/releases/validate`, 413, { body: { document: { x: "x".repeat(2_000_000) } } }),
    of(`get ${api}/releases/schedule`, 200),
    of(`post ${api}/releases/schedule`, 201, { body: { version: 1, at: AT } }),
    of(`post ${api}/releases/schedule`, 400, { body: { version: 1, at: "2020-01-01T00:00:00Z" } }),
    of(`post ${api}/releases/schedule`, 404, { body: { version: 999, at: AT } }),
    ...[200, 409].map((status) =>
      of(`delete ${api}/releases/schedule/{id}`, status, { path: `${api}/releases/schedule/${SCHEDULED}` }),
    ),
    of(`delete ${api}/releases/schedule/{id}`, 404, { path: `${api}/releases/schedule/none` }),

    of(`get ${api}/drafts`, 200),
    onDraft("get", "", 200),
    onDraft("put", "", 200, { body: { revision: REVISION, document } }),
    onDraft("put", "", 409, { body: { revision: REVISION, document } }),
    onDraft("put", "", 400, { body: { document } }),
    onDraft("patch", "", 200, { body: { revision: REVISION + 1, remove: ["segments.loyal"] } }),
    onDraft("patch", "", 409, { body: { revision: REVISION, remove: ["segments.loyal"] } }),
    onDraft("patch", "", 400, { body: { revision: REVISION, remove: ["loyal"] } }),
    onDraft("get", "/diff", 200),
    onDraft("post", "/validate", 200),
    onDraft("post", "/rebase", 200, { body: { revision: REVISION + 2 } }),
    onDraft("post", "/rebase", 409, { body: { revision: REVISION } }),
    onDraft("post", "/publish", 201, { body: { note: "Canary", share: 0.1 } }),
    onDraft("get", "", 404),
    of(`post ${api}/releases`, 409, { body: { document } }),
    of(`post ${api}/releases/share`, 200, { body: { share: 0.5 } }),
    of(`post ${api}/releases/share`, 400, { body: { share: 5 } }),
    of(`post ${api}/releases/promote`, 200),
    of(`post ${api}/releases/promote`, 409),
    of(`post ${api}/releases`, 201, { body: { document, share: 1 } }),
    of(`post ${api}/releases/abort`, 200, { body: { note: "No" } }),
    of(`post ${api}/releases/abort`, 409),
    of(`post ${api}/releases/{version}/rollback`, 200, { path: `${api}/releases/1/rollback` }),
    of(`post ${api}/releases/{version}/rollback`, 409, { path: `${api}/releases/1/rollback` }),
    onDraft("put", "", 201, { body: { revision: 0 } }),
    onDraft("delete", "", 409, { path: `${draft}?revision=1` }),
    onDraft("delete", "", 200),
    onDraft("delete", "", 404),
  ];
}
