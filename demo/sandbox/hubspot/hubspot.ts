/**
 * The sandboxed HubSpot: contacts' batch upsert, batch read, search and permanent deletion behind a private-app
 * token, with the burst limit of a free or starter account (100 requests per 10 rolling seconds):
 * https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
 */
import type { DemoRequest, Reply } from "../../http.ts";
import { headerOf } from "../../http.ts";
import type { AnswerContext, Vendor, VendorReply } from "../vendor.ts";
import { parseJson } from "../vendor.ts";
import type { Contacts } from "./contacts.ts";
import { hubspotError, injectedFailure, invalid, rateLimited, unauthorized } from "./errors.ts";
import { purgeContact } from "./purge.ts";
import { readBatch } from "./read.ts";
import { searchContacts } from "./search.ts";
import { upsertBatch } from "./upsert.ts";

/** The private-app token that the sandbox accepts. Public on purpose: it protects nothing. */
const HUBSPOT_TOKEN = "pat-demo";

const BURST_LIMIT = 100;
const BURST_WINDOW_MS = 10_000;
const CONTACTS = "/hubspot/crm/v3/objects/contacts/";

type Call = (body: unknown, request: DemoRequest, context: AnswerContext) => Reply;

/** HubSpot over a contact store. */
export function createHubspot(contacts: Contacts): Vendor {
  let recentMs: number[] = [];
  const calls = new Map<string, Call>([
    ["batch/upsert", (body, _request, context) => upsertBatch(body, contacts, context)],
    ["batch/read", (body, _request, { now }) => readBatch(body, contacts, now)],
    ["search", (body, request) => searchContacts(body, request.body.length, contacts)],
    ["gdpr-delete", (body, _request, context) => purgeContact(body, contacts, context)],
  ]);

  return {
    owns: (path) => path.startsWith("/hubspot/"),
    supportsPartial: true,
    failure: injectedFailure,
    reset() {
      recentMs = [];
      contacts.clear();
    },
    answer(request, context): VendorReply {
      if (headerOf(request.headers, "authorization") !== `Bearer ${HUBSPOT_TOKEN}`) return unauthorized();

      const nowMs = context.now.getTime();
      recentMs = recentMs.filter((at) => at > nowMs - BURST_WINDOW_MS);
      const limits = {
        "x-hubspot-ratelimit-max": String(BURST_LIMIT),
        "x-hubspot-ratelimit-remaining": String(Math.max(0, BURST_LIMIT - recentMs.length - 1)),
        "x-hubspot-ratelimit-interval-milliseconds": String(BURST_WINDOW_MS),
      };
      if (recentMs.length >= BURST_LIMIT) return rateLimited(limits);
      recentMs.push(nowMs);

      const call = request.path.startsWith(CONTACTS)
        ? calls.get(request.path.slice(CONTACTS.length))
        : undefined;
      if (call === undefined)
        return hubspotError(404, { message: "resource not found", category: "OBJECT_NOT_FOUND" });
      if (request.method !== "POST")
        return hubspotError(405, { message: "HTTP 405 Method Not Allowed" }, { allow: "POST" });
      if (!/^application\/json\b/i.test(headerOf(request.headers, "content-type") ?? "")) {
        return hubspotError(415, { message: "HTTP 415 Unsupported Media Type" });
      }
      const body = parseJson(request.body);
      if (body === undefined)
        return invalid("Invalid input JSON on line 1, column 1: Unable to parse the body");
      const reply = call(body, request, context);
      return { ...reply, headers: { ...reply.headers, ...limits } };
    },
  };
}
