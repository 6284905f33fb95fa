/**
 * Content of CMSs, wired to the Worker's bindings: for the schedule (background.ts), the webhooks (app.ts) and the operator's
 * API (operator.ts). Loaded by them when there is something to do.
 */
import { type ActiveRelease, activeRelease } from "#release/active";
import { documentsOf } from "#release/pick";
import { preparation } from "#slots/cms/prepare";
import { publishContent } from "#slots/cms/publish";
import { answerHook } from "#slots/cms/routes";
import type { ContentDeps } from "#slots/cms/schedule";
import { type Env, type Settings, stringBinding } from "./env.ts";

const clock = () => Date.now();

export const contentDeps = (env: Env, { DEV }: Settings, { document }: ActiveRelease): ContentDeps => ({
  db: env.IDENTITY_0,
  kv: env.EDGE,
  clock,
  fetch: (url, init) => fetch(url, init),
  secretOf: (name) => stringBinding(env, name),
  allowInsecure: DEV,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  ...preparation(() => document),
});

/** What the releases that hold now show of CMSs, brought to KV: asked after each publication. */
export async function bringContent(env: Env, settings: Settings): Promise<void> {
  const release = await activeRelease(env.EDGE, clock());
  await publishContent(documentsOf(release), contentDeps(env, settings, release));
}

/** `POST /hooks/cms/:adapter`. */
export async function contentHook(
  request: Request,
  named: { type: string; source: string | undefined },
  env: Env,
  settings: Settings,
  waitUntil: (work: Promise<unknown>) => void,
): Promise<Response> {
  const release = await activeRelease(env.EDGE, clock());
  const deps = { ...contentDeps(env, settings, release), waitUntil };
  return answerHook(request, named, documentsOf(release), deps);
}
