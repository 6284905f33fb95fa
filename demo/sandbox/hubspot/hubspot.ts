/**
 * The sandboxed HubSpot: batch upsert and read of contacts, companies and deals, their associations, custom events, and
 * search and permanent deletion of contacts, behind a private-app token, with the burst limit of a free or starter
 * account (100 requests per 10 rolling seconds):
 * https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
 * A version is a month; the numbered ones before answer alike:
 * https://developers.hubspot.com/docs/api-reference/legacy/migration-guide
 */
import type { DemoRequest } from "../../http.ts";
import { headerOf, json } from "../../http.ts";
import type { AnswerContext, Vendor, VendorReply } from "../vendor.ts";
import { parseJson } from "../vendor.ts";
import { type Association, associate } from "./associations.ts";
import { type Contacts, createContacts } from "./contacts.ts";
import { hubspotError, injectedFailure, invalid, rateLimited, unauthorized } from "./errors.ts";
import { type Occurrence, sendEvents } from "./events.ts";
import { OBJECT_TYPES, type ObjectType } from "./properties.ts";
import { purgeContact } from "./purge.ts";
import { readBatch } from "./read.ts";
import { searchContacts } from "./search.ts";
import { upsertBatch } from "./upsert.ts";

/** The private-app token that the sandbox accepts. Public on purpose: it protects nothing. */
const HUBSPOT_TOKEN = "pat-demo";

const BURST_LIMIT = 100;
const BURST_WINDOW_MS = 10_000;
const TYPES = OBJECT_TYPES.join("|");
const OBJECTS = new RegExp(`^/hubspot/crm/(?:v3/objects|objects/2026-0[39])/(${TYPES})(?:/(.+))?$`);
const PAIRS = new RegExp(
  `^/hubspot/crm/(?:v4/associations|associations/2026-0[39])/(${TYPES})/(${TYPES})/batch/associate/default$`,
);
const EVENTS = /^\/hubspot\/events\/(?:v3|2026-0[39])\/send\/batch$/;

type Call = (body: unknown, request: DemoRequest, context: AnswerContext) => VendorReply;

/** What the portal has besides contacts. */
export type Crm = {
  companies: ReturnType<Contacts["all"]>;
  deals: ReturnType<Contacts["all"]>;
  associations: Association[];
  events: Occurrence[];
};

/** HubSpot over a contact store. */
export function createHubspot(contacts: Contacts): Vendor & { crm(): Crm } {
  let recentMs: number[] = [];
  const stores: Record<ObjectType, Contacts> = {
    contacts,
    companies: createContacts("companies", 20_001),
    deals: createContacts("deals", 30_001),
  };
  const associations = new Map<string, Association>();
  const events = new Map<string, Occurrence>();
  const isThere = (type: ObjectType, id: string) => stores[type].find("hs_object_id", id) !== undefined;

  const callOf = (path: string): Call | undefined => {
    const [, type, rest] = OBJECTS.exec(path) ?? [];
    const store = OBJECT_TYPES.find((one) => one === type);
    if (store !== undefined && rest === "batch/upsert")
      return (body, _request, context) => upsertBatch(body, stores[store], context);
    if (store !== undefined && rest === "batch/read")
      return (body, _request, { now }) => readBatch(body, stores[store], now);
    if (store === "contacts" && rest === "search")
      return (body, request) => searchContacts(body, request.body.length, contacts);
    if (store === "contacts" && rest === "gdpr-delete")
      return (body, _request, context) => purgeContact(body, contacts, context);
    const [, one, other] = PAIRS.exec(path) ?? [];
    const [from, to] = [one, other].map((name) => OBJECT_TYPES.find((known) => known === name));
    if (from && to)
      return (body, _request, context) => associate(body, [from, to], stores, associations, context);
    if (EVENTS.test(path)) return (body, _request, context) => sendEvents(body, events, context);
    return undefined;
  };

  return {
    owns: (path) => path.startsWith("/hubspot/"),
    supportsPartial: true,
    failure: injectedFailure,
    crm: () => ({
      companies: stores.companies.all(),
      deals: stores.deals.all(),
      // With a contact that is deleted for good, its associations are gone.
      associations: [...associations.values()].filter(
        ({ from, fromId, to, toId }) => isThere(from, fromId) && isThere(to, toId),
      ),
      events: [...events.values()],
    }),
    reset() {
      recentMs = [];
      for (const store of Object.values(stores)) store.clear();
      associations.clear();
      events.clear();
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

      const [, listed, rest] = OBJECTS.exec(request.path) ?? [];
      const store = OBJECT_TYPES.find((one) => one === listed);
      if (store !== undefined && rest === undefined && request.method === "GET") {
        const limit = Number(request.url.searchParams.get("limit") ?? 10);
        return json(200, { results: stores[store].all().slice(0, limit) }, limits);
      }
      const call = callOf(request.path);
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
