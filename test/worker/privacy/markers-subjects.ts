/** Requests of the marker test about persons: subject requests of everybody who may make one, and what operators write. */
import { introspectWorkflowInstance } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { mark } from "./markers.ts";
import { event, prose, traits } from "./markers-events.ts";
import { BROWSER, type World } from "./markers-world.ts";

const ALL = { analytics: "granted", marketing: "granted", personalization: "granted" };
const SERVER = { authorization: "Bearer sk_demo" };
const ROOT = { authorization: "Bearer admin_test" };

type Identity = { identity_type: string; identity_value: string };
const email = (identity_value: string): Identity => ({ identity_type: "email", identity_value });
const bodyOf = (type: string, identities: readonly Identity[], more: Record<string, unknown> = {}) => ({
  regulation: "gdpr",
  subject_request_id: crypto.randomUUID(),
  subject_request_type: type,
  submitted_time: "2026-11-22T10:00:00.000Z",
  subject_identities: identities,
  ...more,
});

const sender =
  (world: World) =>
  (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    world.request(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

/** Requests of each type for persons whom we know, worked off to their end; their ids. */
export async function plantInSubjectRequests(world: World): Promise<Record<string, string>> {
  const post = sender(world);
  const ids: Record<string, string> = {};
  for (const type of ["access", "portability", "opt_out", "erasure"]) {
    const address = mark.email(`${type}: whom it is about`);
    const known = { ...traits(`${type}: the person`), email: address };
    const bought = { order_id: `S-${type}`, value: 5, currency: "EUR" };
    const purchase = event("purchase", bought, {
      user_id: mark.email(`${type}: user_id`),
      traits: known,
      consent: ALL,
    });
    const broken = event("purchase", { value: mark.word(`${type}: a refused value`) }, { traits: known });
    await post("/events", { consent: ALL, events: [purchase, broken] }, SERVER);
    await world.drain();
    const callbacks = [`https://callback.example/${mark.email(`${type}: path of a callback`)}`];
    const identities = [
      email(address),
      { identity_type: "phone", identity_value: mark.phone(`${type}: phone`) },
      { identity_type: "user_id", identity_value: mark.email(`${type}: user id`) },
      { identity_type: "customer_id", identity_value: mark.word(`${type}: customer id`) },
    ];
    const body = bodyOf(type, identities, {
      status_callback_urls: callbacks,
      extensions: { note: mark.email(`${type}: a member that no request has`) },
    });
    ids[type] = body.subject_request_id;
    await using instance = await introspectWorkflowInstance(env.SUBJECT_REQUESTS, body.subject_request_id);
    await instance.modify(async (m) => {
      await m.disableSleeps();
      await m.disableRetryDelays();
    });
    const taken = await post("/privacy/requests", body, SERVER);
    if (taken.status !== 201) throw new Error(await taken.text());
    await instance.waitForStatus("complete");
    const path = `/privacy/requests/${body.subject_request_id}`;
    await post(path.replace(/\/[^/]+$/, ""), { ...body, regulation: "ccpa" }, SERVER);
    await world.request(path, { headers: { authorization: `Bearer ${mark.email(`${type}: a key`)}` } });
  }
  return ids;
}

/** Requests that nobody has verified, and those that are refused. */
export async function plantInRefusedRequests(world: World): Promise<void> {
  const post = sender(world);
  const ask = (body: unknown, headers: Record<string, string> = {}) =>
    post("/privacy/requests", body, { ...BROWSER, ...headers });
  await ask(bodyOf("access", [email(mark.email("unverified: whom it is about"))]));
  await ask(bodyOf("erasure", [{ identity_type: "email", identity_value: mark.word("no address") }]));
  await ask(bodyOf("access", [{ identity_type: mark.email("an identity's type"), identity_value: "x" }]));
  await ask(
    bodyOf("access", [
      { ...email(mark.email("an identity's value")), identity_format: mark.email("its format") } as Identity,
    ]),
  );
  await ask(bodyOf(mark.email("a request's type"), [email("nobody@example.com")]));
  await ask({ ...bodyOf("access", [email("nobody@example.com")]), subject_request_id: mark.email("an id") });
  await ask({ ...bodyOf("access", [email("nobody@example.com")]), submitted_time: mark.email("a time") });
  await ask(
    bodyOf("access", [email(mark.email("beside an unsafe callback"))], {
      status_callback_urls: [`http://127.0.0.1/${mark.email("an unsafe callback")}`],
    }),
  );
  await ask(bodyOf("access", [], { identity_token: mark.email("a token that is none") }));
  await ask(`{"subject_identities":[{"identity_value":"${mark.email("a body that breaks off")}"`);
  for (const path of ["", "/results"]) {
    const id = encodeURIComponent(mark.email(`an id in a path${path}`));
    await world.request(`/privacy/requests/${id}${path}`, {
      headers: { "x-identity-token": mark.email(`a token of a reader${path}`) },
    });
  }
}

/** What operators write, of persons whom they should not name. */
export async function plantInOperatorRequests(world: World): Promise<void> {
  const post = sender(world);
  const api = (path: string, body: unknown) => post(`/admin/api${path}`, body, ROOT);
  const made = async (place: string) => {
    const response = await api("/subject-requests", {
      type: "erasure",
      regulation: "gdpr",
      identities: [email(mark.email(`${place}: whom it is about`))],
      verified: false,
      note: prose(`${place}: a note`),
    });
    if (response.status !== 201) throw new Error(await response.text());
    return ((await response.json()) as { subject_request_id: string }).subject_request_id;
  };
  const waits = await made("an operator's request");
  await api(`/subject-requests/${waits}/extend`, { reason: prose("a reason to extend") });
  const cancelled = await made("a request that is cancelled");
  await api(`/subject-requests/${cancelled}/cancel`, { reason: prose("a reason to cancel") });
  const verified = await made("a request that is verified");
  await using instance = await introspectWorkflowInstance(env.SUBJECT_REQUESTS, verified);
  await instance.modify((m) =>
    m.mockStepError({ name: "find" }, new Error(mark.email("an error of a step"))),
  );
  await api(`/subject-requests/${verified}/verify`, { note: prose("a note of who verified") });
  for (const action of ["verify", "cancel", "extend", "retry"])
    await api(`/subject-requests/${mark.phone(`an id in the path of ${action}`)}/${action}`, { note: "x" });
  await api(`/access/tokens/${mark.phone("a token's id in a path")}/revoke`, {});
  await api(`/failures/${encodeURIComponent(mark.email("an item's id in a path"))}/replay`, {});
  await api(`/destinations/${mark.phone("a destination's key in a path")}/pause`, {});
  await api("/subject-requests", { type: mark.email("an operator's type"), identities: [] });
  for (const route of ["check", "lift"]) {
    const value = mark.email(`suppressions/${route}: value`);
    await api(`/suppressions/${route}`, { namespace: "email", value, reason: prose(`${route}: reason`) });
    await api(`/suppressions/${route}`, { namespace: mark.email(`${route}: namespace`), value: "x" });
  }
  await api("/suppressions/lift", {
    namespace: "email",
    value: mark.email("lift: value with a number for a reason"),
    reason: `Called from ${mark.phone("lift: a number as reason")}`,
  });
  await api("/suppressions/check", { namespace: "phone", value: mark.phone("check: phone") });
  await api("/consent/ledger", { namespace: "email", value: mark.email("ledger: value") });
  await api("/audit/restored", { reason: `Asked by ${mark.phone("restored: a number as reason")}` });
  await api("/access/tokens", { name: "x", role: mark.email("a token's role"), expires_in_days: 1 });
  for (const query of ["action", "actor", "before"])
    await world.request(`/admin/api/audit?${query}=${encodeURIComponent(mark.email(`audit: ${query}`))}`, {
      headers: ROOT,
    });
  await world.request(`/admin/api/subject-requests?status=${mark.word("a status")}`, { headers: ROOT });
}
