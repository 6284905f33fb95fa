/**
 * Calls of an org's REST API, with what may go wrong in one place. A token that has ended is replaced once, in the middle
 * of a batch too: the request that it was refused for is made again, those before it are not. No value of a person is
 * ever part of an address: queries travel in the body of a composite request.
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-composite-post.html
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-query.html
 */
import * as z from "zod";
import type { DeliveryOutcome } from "#core/outcome";
import { NOT_TRIED, type SendContext } from "../contract.ts";
import { readJson, refusal, request } from "../http.ts";
import { type Called, ISOLATION_REQUESTS, type IsolationBudget } from "../isolate.ts";
import { ENDS, passing, refusedBy } from "./answers.ts";
import type { Fields } from "./fields.ts";
import type { SalesforceSettings } from "./settings.ts";
import { type Access, accessOf } from "./token.ts";

/** Records of one request of a collection. */
export const BATCH_LIMIT = 200;

/** What all requests of one `send`, or of one erasure, share. */
export interface Session {
  context: SendContext<SalesforceSettings>;
  budget: IsolationBudget;
  access?: Access;
  /** Whether a token was refused and replaced: that happens once. */
  isRenewed: boolean;
}

export const openSession = (context: SendContext<SalesforceSettings>): Session => ({
  context,
  budget: { requests: ISOLATION_REQUESTS },
  isRenewed: false,
});

export interface Ask {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** After `/services/data/v67.0`. */
  path: string;
  body?: unknown;
  /** Names that a refusal may be told by. */
  fields?: readonly string[];
}

/** One request. `code` is Salesforce's own of a refusal. */
export type Asked = Called<unknown> & { code?: string };

export async function ask(session: Session, asked: Ask): Promise<Asked> {
  const { context } = session;
  if (context.signal.aborted) return { status: "refused", outcome: { status: "retry", code: NOT_TRIED } };
  if (!session.access) {
    const accessed = await accessOf(context);
    if (!accessed.ok) return { status: "refused", outcome: accessed.outcome, ends: true };
    session.access = accessed.access;
  }
  const first = await send(session, session.access, asked);
  if (first.code !== "INVALID_SESSION_ID" || session.isRenewed) return first;
  session.isRenewed = true;
  const again = await accessOf(context, session.access.token);
  if (!again.ok) return { status: "refused", outcome: again.outcome, ends: true };
  session.access = again.access;
  return send(session, again.access, asked);
}

async function send({ context }: Session, { token, instance }: Access, asked: Ask): Promise<Asked> {
  const { settings, fetch, now, signal } = context;
  const { method, path, body, fields } = asked;
  const sent = await request(
    fetch,
    `${instance}/services/data/v${settings.api_version}${path}`,
    {
      // `request` says POST where nothing is said.
      ...(method !== "POST" && { method }),
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(settings.allow_duplicates && { "sforce-duplicate-rule-header": "allowSave=true" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    },
    signal,
  );
  if (!sent.arrived) return { status: "refused", outcome: sent.outcome };
  const answer = await readJson(sent.response);
  const outcome = refusal(sent.response, now);
  if (!outcome) {
    if (answer.kind === "json") return { status: "answered", answer: answer.value };
    return { status: "refused", outcome: { status: "retry", code: answer.code } };
  }
  return refused(outcome, sent.response.status, answer.kind === "json" ? answer.value : undefined, fields);
}

/** What a refusal in Salesforce's own words comes to; without any the status decides. */
function refused(outcome: DeliveryOutcome, status: number, body: unknown, fields?: readonly string[]): Asked {
  const { code = status === 401 ? "INVALID_SESSION_ID" : undefined, field } = refusedBy(body, fields);
  const made = (made: DeliveryOutcome): Asked => ({
    status: "refused",
    outcome: made,
    ends: made.status === "unauthorized" || (code !== undefined && ENDS.has(code)),
    ...(code !== undefined && { code }),
  });
  const later = passing(code);
  if (later) return made("afterSeconds" in outcome ? { ...later, ...pick(outcome) } : later);
  if (outcome.status === "unauthorized")
    return made({ status: "unauthorized", detail: code ?? `http_${status}` });
  if (outcome.status !== "failed" || code === undefined) return made(outcome);
  return made({ status: "failed", code, ...(field !== undefined && { detail: field }) });
}

const pick = ({ afterSeconds }: Extract<DeliveryOutcome, { status: "retry" }>) =>
  afterSeconds === undefined ? {} : { afterSeconds };

const compositeSchema = z.object({
  compositeResponse: z.tuple([z.object({ body: z.unknown(), httpStatusCode: z.number() })]),
});
const recordsSchema = z.object({
  done: z.boolean(),
  records: z.array(z.record(z.string(), z.unknown())),
});
export interface Found {
  records: Record<string, unknown>[];
  /** False where there are more than one answer holds. */
  done: boolean;
}

/** Run a query. @param fields that it names, to tell a refusal by */
export async function query(
  session: Session,
  soql: string,
  fields: readonly string[],
): Promise<Called<Found> & { code?: string }> {
  const { api_version } = session.context.settings;
  const url = `/services/data/v${api_version}/query?q=${encodeURIComponent(soql.toWellFormed())}`;
  const asked = await ask(session, {
    method: "POST",
    path: "/composite",
    body: { allOrNone: false, compositeRequest: [{ method: "GET", referenceId: "found", url }] },
  });
  if (asked.status === "refused") return asked;
  const parsed = compositeSchema.safeParse(asked.answer);
  if (!parsed.success) return { status: "refused", outcome: { status: "retry", code: "answer_unexpected" } };
  const [{ body, httpStatusCode }] = parsed.data.compositeResponse;
  const outcome = refusal(new Response(null, { status: httpStatusCode }), session.context.now);
  if (outcome) {
    const made = refused(outcome, httpStatusCode, body, fields);
    if (made.status === "refused") return made;
  }
  const found = recordsSchema.safeParse(body);
  if (!found.success) return { status: "refused", outcome: { status: "retry", code: "answer_unexpected" } };
  return { status: "answered", answer: found.data };
}

/** A list of texts as SOQL takes it: `('a','b')`. */
export const quoted = (values: readonly string[]): string =>
  `(${values.map((value) => `'${value.replace(/[\\']/g, "\\$&").replace(/[\n\r\t\f\b]/g, " ")}'`).join(",")})`;

/** A record's value of a field: Salesforce takes a name in any case, and gives it in its own. */
export const valueNamed = (record: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(record, name)
    ? record[name]
    : Object.entries(record).find(([own]) => own.toLowerCase() === name.toLowerCase())?.[1];

/** Values of these fields, as far as a record has any that JSON carries plainly. */
export function valuesOf(record: Readonly<Record<string, unknown>>, names: readonly string[]): Fields {
  const out: Fields = {};
  for (const name of names) {
    const value = valueNamed(record, name);
    if (value === null || ["string", "number", "boolean"].includes(typeof value))
      out[name] = value as Fields[string];
  }
  return out;
}
