/** `POST /hooks/cms/:adapter`: content webhooks. Loaded by src/app.ts with the first of them. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { readText } from "#door/body";
import { takeHook } from "./hook.ts";
import type { ContentDeps } from "./schedule.ts";

/**
 * Take a webhook: 202 once it is known to be genuine; what it says is looked after behind the answer.
 * @param type name of the adapter @param source key of the source; absent: whichever the signature fits
 * @param documents of all releases that hold
 */
export async function answerHook(
  request: Request,
  { type, source }: { type: string; source: string | undefined },
  documents: readonly ReleaseDocument[],
  deps: ContentDeps & { waitUntil(work: Promise<unknown>): void },
): Promise<Response> {
  const body = await readText(request);
  const taken = await takeHook(
    { type, source, url: request.url, headers: request.headers, body },
    documents,
    deps,
  );
  deps.waitUntil(taken.work());
  return Response.json(
    { source: taken.source, visible: "everywhere within 120 s" },
    { status: 202, headers: { "cache-control": "no-store" } },
  );
}
