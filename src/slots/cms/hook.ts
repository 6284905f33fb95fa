/**
 * A CMS's webhook: what it says is only a hint or, signed, the item itself. The signature is checked before anything of the
 * body is read as JSON; the answer goes out first, and the import and the index come behind it, within the time that the
 * platform gives; what that misses, the schedule finds. Called by routes.ts.
 */
import type { CmsSource } from "#contracts/definitions/cms";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { isDeeper } from "#core/depth";
import { logError } from "#core/log";
import { Problem } from "#core/problem";
import type { CmsAdapter, Refusal } from "./contract.ts";
import { importFound } from "./import.ts";
import { publishContent } from "./publish.ts";
import { pullIds } from "./pull.ts";
import { readPulls } from "./pulls-store.ts";
import { type ContentDeps, pullOne, sourcesOf } from "./schedule.ts";
import { readSource } from "./settings.ts";

export interface HookRequest {
  /** Name of the adapter. */
  type: string;
  /** Key of the source; absent: whichever source of this type the signature fits. */
  source?: string | undefined;
  url: string;
  headers: Headers;
  body: string;
}

const MAX_IDS = 100;
const MAX_DEPTH = 64;

/**
 * @returns what is to be done behind the answer
 * @throws Problem 400 `invalid_json`, `too_deep`, `invalid_timestamp`; 401 `invalid_signature`; 404 `unknown_cms`
 */
export async function takeHook(
  request: HookRequest,
  documents: readonly ReleaseDocument[],
  deps: ContentDeps,
): Promise<{ source: string; work: () => Promise<void> }> {
  const signed = await whoSigned(request, documents, deps);
  const { key, source, adapter, settings } = signed;
  const body = parse(request.body);
  const ask = { source, settings, locale: source.defaultLocale };
  const { ids, found } = adapter.hook({ body, headers: request.headers }, ask);
  const work = async () => {
    if (found) {
      const how = { draftsBeside: adapter.draftsBeside, pushed: true };
      await importFound(key, source, found, how, { db: deps.db, now: deps.clock(), prepare: deps.prepare });
    }
    if (ids && ids.length <= MAX_IDS) {
      const problem = await pullIds(key, source, ids, deps);
      if (problem !== null)
        console.warn(`content of ${key} could not be pulled after its webhook: ${problem}`);
    } else if (ids || !found) {
      await pullOne(key, source, (await readPulls(deps.db)).get(key), { full: ids !== undefined }, deps);
    }
    await publishContent(documents, deps);
  };
  return {
    source: key,
    work: () => work().catch((error: unknown) => logError("a webhook's work failed", error)),
  };
}

interface Signed {
  key: string;
  source: CmsSource;
  adapter: CmsAdapter;
  settings: unknown;
}

async function whoSigned(
  { type, source: wanted, url, headers, body }: HookRequest,
  documents: readonly ReleaseDocument[],
  { secretOf, allowInsecure, clock }: ContentDeps,
): Promise<Signed> {
  let refusal: Refusal;
  for (const [key, source] of sourcesOf(documents)) {
    if (source.type !== type || (wanted !== undefined && wanted !== key)) continue;
    const read = readSource(source, secretOf, allowInsecure);
    refusal = read.ok
      ? await read.adapter.verify({ url, headers, body }, read.settings, clock())
      : "signature_missing";
    if (read.ok && refusal === undefined)
      return { key, source, adapter: read.adapter, settings: read.settings };
  }
  if (refusal === undefined)
    throw new Problem(404, "unknown_cms", "The active release has no such source of content.");
  if (refusal === "timestamp_invalid")
    throw new Problem(400, "invalid_timestamp", "The webhook was signed too long ago, or in the future.");
  throw new Problem(401, "invalid_signature", "The webhook is not signed with the secret of this source.");
}

function parse(text: string): unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Problem(400, "invalid_json", "The body is not valid JSON.");
  }
  if (isDeeper(body, MAX_DEPTH))
    throw new Problem(400, "too_deep", `The body is nested deeper than ${MAX_DEPTH} levels.`);
  return body;
}
