/**
 * The answer to an access or portability request, as JSON or as a page, streamed part by part. Who may have it is checked
 * before (routes.ts, admin-routes.ts). Nothing between the browser and us may keep it.
 */
import type { ExportHead } from "#contracts/messages/subject_export";
import { DATA_HEADERS } from "#core/headers";
import { Problem } from "#core/problem";
import type { Keyring, VersionedKey } from "#privacy/keys";
import { wantsFragment as wantsPage } from "#slots/render";
import {
  PAGE_POLICY,
  pageEnd,
  pageOfDeliveries,
  pageOfEvents,
  pageOfHead,
  pageOfNone,
  pageOfQuarantined,
} from "./export-page.ts";
import { type Part, readParts } from "./parts.ts";
import { requestKey } from "./payload.ts";
import type { SubjectRequest } from "./request.ts";

/**
 * @param accept the request's header: a page where it names HTML before JSON; a portability answer is JSON alone
 * @param now epoch ms
 * @throws Problem 404 `no_results`; 410 `results_gone`
 */
export async function resultsOf(
  request: SubjectRequest,
  accept: string | null,
  { db, bucket, keys }: { db: D1Database; bucket: R2Bucket; keys: Keyring },
  now: number,
): Promise<Response> {
  if (request.type !== "access" && request.type !== "portability")
    throw new Problem(404, "no_results", "Only a request for access or portability has results.");
  if (request.status !== "completed")
    throw new Problem(404, "no_results", "There are no results: the request has not been completed.");
  const key =
    request.resultsUntil !== null && request.resultsUntil > now
      ? await requestKey(db, keys, request.id)
      : undefined;
  const first = key && (await firstPart(bucket, key, request.id));
  if (!first)
    throw new Problem(
      410,
      "results_gone",
      "The results were kept for some days and are deleted. Make a new request.",
    );
  const isPage = request.type === "access" && wantsPage(accept);
  const text = isPage ? pageText(first) : request.type === "access" ? accessText(first) : portableText(first);
  return new Response(streamOf(text), {
    headers: {
      ...PRIVATE,
      ...(isPage
        ? { "content-type": "text/html; charset=utf-8", "content-security-policy": PAGE_POLICY }
        : {
            "content-type": "application/json",
            "content-disposition": `attachment; filename="${request.type}-${request.id}.json"`,
          }),
    },
  });
}

/** Of every answer that is about one person. */
export const PRIVATE = {
  "cache-control": "private, no-store",
  vary: "Accept, Authorization, Cookie, X-Identity-Token",
  ...DATA_HEADERS,
  "referrer-policy": "no-referrer",
};

interface Opened {
  head: ExportHead;
  parts: AsyncGenerator<Part>;
}

/** Opened before the answer begins, so that what cannot be read is an error and not half a document. Undefined: it is gone. */
async function firstPart(bucket: R2Bucket, key: VersionedKey, id: string): Promise<Opened | undefined> {
  const parts = readParts(bucket, key, id);
  const { value } = await parts.next();
  return value?.kind === "head" ? { head: value.head, parts } : undefined;
}

function streamOf(texts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await texts.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await texts.return(undefined);
    },
  });
}

/** As accessSchema: three lists, one after the other, as the parts are ordered. */
async function* accessText({ head, parts }: Opened): AsyncGenerator<string> {
  yield JSON.stringify(head).slice(0, -1);
  let at = -1;
  let isFirst = true;
  function* open(list: number): Generator<string> {
    for (; at < list; isFirst = true) yield `${at++ < 0 ? "" : "]"},"${LISTED[at]}":[`;
  }
  for await (const part of parts) {
    if (part.kind === "head") continue;
    yield* open(LISTED.indexOf(part.kind));
    const items =
      part.kind === "events" ? part.events : part.kind === "deliveries" ? part.deliveries : part.quarantined;
    if (items.length === 0) continue;
    yield (isFirst ? "" : ",") + JSON.stringify(items).slice(1, -1);
    isFirst = false;
  }
  yield* open(LISTED.length - 1);
  yield "]}";
}

/** As portabilitySchema: what the person gave, or made by use; nothing that was concluded from it. */
async function* portableText({ head, parts }: Opened): AsyncGenerator<string> {
  const traits = head.traits.map(({ identifier: _, source: __, at: ___, ...trait }) => trait);
  const { version, request } = head;
  yield JSON.stringify({ format: "doorstep-portability", version, request, traits }).slice(0, -1);
  yield ',"events":[';
  let isFirst = true;
  for await (const part of parts) {
    if (part.kind !== "events" || part.events.length === 0) continue;
    const events = part.events.map(({ consent: _, routed: __, ...event }) => event);
    yield (isFirst ? "" : ",") + JSON.stringify(events).slice(1, -1);
    isFirst = false;
  }
  yield "]}";
}

/** In the order of the parts. */
const LISTED = ["events", "deliveries", "quarantined"] as const;

async function* pageText({ head, parts }: Opened): AsyncGenerator<string> {
  yield pageOfHead(head);
  let at = -1;
  for await (const part of parts) {
    if (part.kind === "head") continue;
    const index = LISTED.indexOf(part.kind);
    for (const kind of LISTED.slice(at + 1, index)) yield pageOfNone(kind);
    const isFirst = at < index;
    at = index;
    if (part.kind === "events") yield pageOfEvents(part.events, isFirst);
    if (part.kind === "deliveries") yield pageOfDeliveries(part.deliveries, isFirst);
    if (part.kind === "quarantined") yield pageOfQuarantined(part.quarantined, isFirst);
  }
  for (const kind of LISTED.slice(at + 1)) yield pageOfNone(kind);
  yield pageEnd();
}
