/**
 * The sandboxed Salesforce: logging in by both flows of servers, upserts of collections, queries, deletions and limits,
 * over one org. Two paths are the sandbox's own: `/salesforce/_app` gives what an integration needs to log in by JWT,
 * and `/salesforce/_records` lists or, by POST, makes records, as somebody in the org would.
 */
import { z } from "zod";
import type { DemoRequest, Reply } from "../../http.ts";
import { headerOf, json } from "../../http.ts";
import type { AnswerContext, Vendor } from "../vendor.ts";
import { parseJson } from "../vendor.ts";
import { expired, injectedFailure, refuse } from "./errors.ts";
import { createLogin } from "./login.ts";
import { OBJECTS } from "./org.ts";
import { runComposite, runQuery } from "./query.ts";
import { createStore } from "./store.ts";
import { RECORD_LIMIT, upsertRecords } from "./upsert.ts";

const DATA = /^\/salesforce\/services\/data\/v(\d+)\.0\/(.*)$/;
/** Upserts of collections came with version 46. */
const FIRST_VERSION = 46;
const DAILY_REQUESTS = 100_000;

const madeSchema = z.object({ object: z.string(), values: z.record(z.string(), z.unknown()) });

export function createSalesforce(): Vendor {
  const store = createStore();
  const login = createLogin();
  let requests = 0;

  const deleteRecords = ({ url }: DemoRequest): Reply => {
    const ids = url.searchParams.get("ids")?.split(",") ?? [];
    if (ids.length > RECORD_LIMIT) return refuse(400, "EXCEEDED_ID_LIMIT", "record limit reached");
    return json(
      200,
      ids.map((id) => {
        const isThere = store.byId(id) !== undefined;
        store.remove(id);
        if (isThere) return { id, success: true, errors: [] };
        return {
          id,
          success: false,
          errors: [{ statusCode: "ENTITY_IS_DELETED", message: "entity is deleted", fields: [] }],
        };
      }),
    );
  };

  const data = (path: string, request: DemoRequest, context: AnswerContext): Reply | undefined => {
    const { method, url } = request;
    const [, object, key] = /^composite\/sobjects\/(\w+)\/(\w+)$/.exec(path) ?? [];
    if (method === "GET" && path === "query") return runQuery(url.searchParams.get("q") ?? "", store);
    if (method === "GET" && path === "limits")
      return json(200, { DailyApiRequests: { Max: DAILY_REQUESTS, Remaining: DAILY_REQUESTS - requests } });
    if (method === "DELETE" && path === "composite/sobjects") return deleteRecords(request);
    if (!/^application\/json\b/i.test(headerOf(request.headers, "content-type") ?? "")) return undefined;
    const body = parseJson(request.body);
    if (body === undefined)
      return refuse(400, "JSON_PARSER_ERROR", "Unexpected character at [line:1, column:1]");
    if (method === "POST" && path === "composite") return runComposite(body, store);
    if (method === "PATCH" && object !== undefined && key !== undefined)
      return upsertRecords(object, key, body, store, context);
    return undefined;
  };

  const own = ({ path, method, body }: DemoRequest): Reply | undefined => {
    if (path === "/salesforce/_app") return json(200, login.app());
    if (path !== "/salesforce/_records") return undefined;
    const made = method === "POST" ? madeSchema.safeParse(parseJson(body)) : undefined;
    if (made === undefined) return json(200, store.all());
    if (!made.success || OBJECTS[made.data.object] === undefined)
      return json(400, { error: "no such object" });
    return json(201, store.insert(made.data.object, made.data.values));
  };

  return {
    owns: (path) => path.startsWith("/salesforce/"),
    supportsPartial: true,
    failure(kind) {
      // A session that has ended has ended for all further requests, too.
      if (kind === "unauthorized") login.end();
      return injectedFailure(kind);
    },
    reset() {
      store.clear();
      requests = 0;
    },
    answer(request, context) {
      const answered = own(request);
      if (answered !== undefined) return answered;
      if (request.path === "/salesforce/services/oauth2/token") {
        if (request.method !== "POST")
          return json(400, { error: "invalid_request", error_description: "must use HTTP POST" });
        return login.give(request, context.now);
      }
      if (!login.admit(request, context.now)) return expired();
      requests += 1;
      const [, version = "0", path = ""] = DATA.exec(request.path) ?? [];
      const reply = Number(version) >= FIRST_VERSION ? data(path, request, context) : undefined;
      const limits = { "sforce-limit-info": `api-usage=${requests}/${DAILY_REQUESTS}` };
      const found = reply ?? refuse(404, "NOT_FOUND", "The requested resource does not exist");
      return { ...found, headers: { ...found.headers, ...limits } };
    },
  };
}
